import { type Part, type SendMessageRequest, type StreamResponse, type Task, TaskState, type TaskStatus } from "@a2a-js/sdk";
import type { RequestOptions } from "@a2a-js/sdk/client";
import { parseBounded } from "../bounds.ts";
import { WireRefusal } from "../refusal.ts";
import { isEventStream } from "./answers.ts";
import { readUpdate, readUpdates, type Update } from "./brightsy-task.ts";
import type { Dialect } from "./dialect.ts";
import { OwnTransport } from "./own.ts";

/**
 * The REST tasks API of Brightsy (brightsy.ai/docs, "A2A"): a task is created, continued, polled, streamed and deleted. The task is the
 * conversation and goes on after `completed`.
 */
export const brightsy: Dialect = {
  key: "brightsy",
  name: "Brightsy tasks",
  binding: "BRIGHTSY",
  speaks: () => true,
  lists: false,
  open: async ({ endpoint, fetch }) => new BrightsyTransport(endpoint, fetch),
};

class BrightsyTransport extends OwnTransport {
  readonly protocolName = "BRIGHTSY";
  readonly protocolVersion = "1";
  readonly #tasks: string;

  constructor(endpoint: string, fetch: typeof globalThis.fetch) {
    super(fetch);
    this.#tasks = toTasks(endpoint.replace(/[?#].*$/, "").replace(/\/+$/, ""));
  }

  async sendMessage(request: SendMessageRequest, options?: RequestOptions): Promise<Task> {
    return (await this.#say(request, options)).task;
  }

  /** The task as it was taken, then what is streamed of it. Without a stream the caller has a task that it can poll. */
  async *sendMessageStream(request: SendMessageRequest, options?: RequestOptions) {
    const taken = await this.#say(request, options);
    yield toResponse(taken.task);
    if (!taken.ended) yield* this.#follow(taken.task, options);
  }

  async getTask({ id }: { id: string }, options?: RequestOptions): Promise<Task> {
    const response = await this.exchange({ method: "GET", url: this.#of(id), accept: "application/json" }, options);
    return readUpdate(parseBounded(await textOf(response, true)), id).task;
  }

  async cancelTask({ id }: { id: string }, options?: RequestOptions): Promise<Task> {
    const response = await this.exchange({ method: "DELETE", url: this.#of(id), accept: "application/json" }, options);
    await textOf(response, true);
    const task = readUpdate(undefined, id).task;
    return { ...task, status: { state: TaskState.TASK_STATE_CANCELED, message: undefined, timestamp: undefined } };
  }

  async *resubscribeTask({ id }: { id: string }, options?: RequestOptions): AsyncGenerator<StreamResponse, void, undefined> {
    const response = await this.exchange({ method: "GET", url: `${this.#of(id)}/stream`, accept: "text/event-stream" }, options);
    if (!response.ok || !isEventStream(response.headers))
      return yield toResponse(readUpdate(parseBounded(await textOf(response, true)), id).task);
    for await (const { task } of readUpdates(response, id)) yield toResponse(task);
  }

  async #say({ message, metadata }: SendMessageRequest, options: RequestOptions | undefined): Promise<Update> {
    const id = message?.taskId ?? "";
    const content = (message?.parts ?? []).flatMap(toContent);
    const merged = { ...metadata, ...message?.metadata };
    const body = { message: { role: "user", content }, ...(Object.keys(merged).length > 0 && { metadata: merged }) };
    const url = id === "" ? this.#tasks : this.#of(id);
    const response = await this.exchange({ method: "POST", url, accept: "application/json", body }, options);
    const update = readUpdate(parseBounded(await textOf(response, id !== "")), id);
    if (update.task.id === "") throw new Error("the answer names no task");
    // That a task is complete without a word is what it was before this message.
    return update.bare ? { ...update, ended: false, task: { ...update.task, status: working } } : update;
  }

  async *#follow(task: Task, options: RequestOptions | undefined): AsyncGenerator<StreamResponse, void, undefined> {
    const response = await this.exchange({ method: "GET", url: `${this.#of(task.id)}/stream`, accept: "text/event-stream" }, options);
    // The message is taken: what the stream cannot tell, a look at the task can.
    if (!response.ok || !isEventStream(response.headers)) return void (await response.body?.cancel());
    for await (const update of readUpdates(response, task.id)) {
      yield toResponse(update.bare ? await this.getTask(task, options) : update.task);
      if (update.ended) return;
    }
  }

  #of(id: string): string {
    return `${this.#tasks}/${encodeURIComponent(id)}`;
  }
}

/** The documentation shows text alone; a file is written as in A2A 0.1, which the shape of its text is that of. */
function toContent(part: Part): readonly unknown[] {
  const { content, filename, mediaType } = part;
  if (content?.$case === "text") return [{ type: "text", text: content.value }];
  if (content?.$case !== "raw" && content?.$case !== "url") return [];
  const where = content.$case === "raw" ? { bytes: Buffer.from(content.value).toString("base64") } : { uri: content.value };
  return [{ type: "file", file: { ...(filename && { name: filename }), ...(mediaType && { mimeType: mediaType }), ...where } }];
}

/** From the address of the card, of the tasks, of what both are under, or of the agent. */
function toTasks(address: string): string {
  const base = address.replace(/\/(card|tasks)$/, "");
  return base === address && !address.endsWith("/a2a") ? `${address}/a2a/tasks` : `${base}/tasks`;
}

const working: TaskStatus = { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: undefined };

/** `known`: the request names a task, so that 404 means that it is gone (expired or cleaned up), not that the address is wrong. */
async function textOf(response: Response, known: boolean): Promise<string> {
  const text = await response.text();
  if (response.ok) return text;
  if ((known && response.status === 404) || /task not found/i.test(text)) throw new WireRefusal(-32001, "task not found");
  throw new Error("the answer is not 2xx");
}

function toResponse(task: Task): StreamResponse {
  return { payload: { $case: "task", value: task } };
}
