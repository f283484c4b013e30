import { randomUUID } from "node:crypto";
import type { Part, SendMessageRequest, StreamResponse, Task, TaskPushNotificationConfig } from "@a2a-js/sdk";
import type { RequestOptions } from "@a2a-js/sdk/client";
import { isEventStream, type Payload, readAnswers } from "./answers.ts";
import type { Dialect } from "./dialect.ts";
import { OwnTransport, payloadOf, readPayloadText, taskOf } from "./own.ts";

/**
 * A2A 0.1 over JSON-RPC (specification v0.1.0, May 2025): `tasks/send` and `tasks/sendSubscribe`. The client makes the id of the task, and
 * messages have none: the message's id is taken for a new task, so that a repeated message is no second task. The client makes the id
 * of the session too, since no event of a stream tells it.
 */
export const rpc01: Dialect = {
  key: "a2a-0.1",
  name: "0.1 JSON-RPC",
  binding: "JSONRPC",
  speaks: (version) => version.startsWith("0.1"),
  lists: false,
  open: async ({ endpoint, fetch, contexts }) => new Transport01(endpoint, fetch, contexts),
};

class Transport01 extends OwnTransport {
  readonly protocolName = "JSONRPC";
  readonly protocolVersion = "0.1";
  readonly #endpoint: string;
  readonly #sessions: boolean;

  constructor(endpoint: string, fetch: typeof globalThis.fetch, sessions: boolean) {
    super(fetch);
    this.#endpoint = endpoint;
    this.#sessions = sessions;
  }

  async sendMessage(request: SendMessageRequest, options?: RequestOptions): Promise<Task> {
    const params = toParams(request, this.#sessions);
    return withIds(await this.#call("tasks/send", params, options), params);
  }

  async *sendMessageStream(request: SendMessageRequest, options?: RequestOptions) {
    const params = toParams(request, this.#sessions);
    for await (const payload of this.#stream("tasks/sendSubscribe", params, options)) yield toResponse(payload, params);
  }

  async getTask({ id, historyLength }: { id: string; historyLength?: number | undefined }, options?: RequestOptions): Promise<Task> {
    return withIds(await this.#call("tasks/get", { id, ...(historyLength !== undefined && { historyLength }) }, options), { id });
  }

  async cancelTask({ id }: { id: string }, options?: RequestOptions): Promise<Task> {
    return withIds(await this.#call("tasks/cancel", { id }, options), { id });
  }

  async *resubscribeTask({ id }: { id: string }, options?: RequestOptions) {
    for await (const payload of this.#stream("tasks/resubscribe", { id }, options)) yield toResponse(payload, { id });
  }

  async #call(method: string, params: unknown, options: RequestOptions | undefined): Promise<Task> {
    const response = await this.#post(method, params, "application/json", options);
    return taskOf(readPayloadText(await response.text()));
  }

  async *#stream(method: string, params: unknown, options: RequestOptions | undefined): AsyncGenerator<Payload, void, undefined> {
    const response = await this.#post(method, params, "text/event-stream", options);
    if (!isEventStream(response.headers)) return yield readPayloadText(await response.text());
    for await (const answer of readAnswers(response)) yield payloadOf(answer);
  }

  async #post(method: string, params: unknown, accept: string, options: RequestOptions | undefined): Promise<Response> {
    const body = { jsonrpc: "2.0", id: randomUUID(), method, params };
    const response = await this.exchange({ method: "POST", url: this.#endpoint, accept, body }, options);
    if (response.ok) return response;
    throw new Error("the answer is not 2xx");
  }
}

/** Metadata stands in two places in 0.1, and agents look at either: what stands on the message goes with the request as well. */
function toParams({ message, configuration, metadata }: SendMessageRequest, sessions: boolean) {
  const merged = { ...metadata, ...message?.metadata };
  const push = configuration?.taskPushNotificationConfig;
  // A task that goes on has a session already, known or not.
  const sessionId = message?.contextId || (sessions && !message?.taskId ? randomUUID() : undefined);
  return {
    id: message?.taskId || message?.messageId || randomUUID(),
    ...(sessionId !== undefined && { sessionId }),
    message: { role: "user", parts: (message?.parts ?? []).map(toPart), ...(message?.metadata && { metadata: message.metadata }) },
    ...(push && { pushNotification: toPush(push) }),
    ...(Object.keys(merged).length > 0 && { metadata: merged }),
  };
}

function toPush({ url, token, authentication }: TaskPushNotificationConfig) {
  return {
    url,
    ...(token && { token }),
    ...(authentication && { authentication: { schemes: [authentication.scheme], credentials: authentication.credentials } }),
  };
}

function toPart({ content, filename, mediaType }: Part): unknown {
  const file = { ...(filename && { name: filename }), ...(mediaType && { mimeType: mediaType }) };
  switch (content?.$case) {
    case "raw":
      return { type: "file", file: { ...file, bytes: Buffer.from(content.value).toString("base64") } };
    case "url":
      return { type: "file", file: { ...file, uri: content.value } };
    case "data":
      return { type: "data", data: content.value };
    default:
      return { type: "text", text: content?.value ?? "" };
  }
}

interface Ids {
  readonly id: string;
  readonly sessionId?: string;
}

/** Where the agent does not name its task and session, they are those that were asked for. */
function toResponse(payload: Payload, ids: Ids): StreamResponse {
  switch (payload.$case) {
    case "task":
      return { payload: { $case: "task", value: withIds(payload.value, ids) } };
    case "statusUpdate":
      return { payload: { $case: "statusUpdate", value: { ...payload.value, ...toIds(payload.value, ids) } } };
    case "artifactUpdate":
      return { payload: { $case: "artifactUpdate", value: { ...payload.value, ...toIds(payload.value, ids) } } };
    case "message":
      return { payload };
  }
}

function toIds({ taskId, contextId }: { readonly taskId: string; readonly contextId: string }, { id, sessionId = "" }: Ids) {
  return { taskId: taskId || id, contextId: contextId || sessionId };
}

function withIds(task: Task, { id, sessionId = "" }: Ids): Task {
  return { ...task, id: task.id || id, contextId: task.contextId || sessionId };
}
