import { parseSseStream, type Task, TaskState } from "@a2a-js/sdk";
import { AgentError } from "../../model/errors.ts";
import { parseBounded } from "../bounds.ts";
import { readPayload } from "../read.ts";
import { type Fields, fieldsOf } from "./answers.ts";

/** A task of Brightsy's as it stands at one moment, its answer to the last message as artifacts. */
export interface Update {
  readonly task: Task;
  /** Nothing more is to come before the next message. */
  readonly ended: boolean;
  /** It has ended and does not say with which words. */
  readonly bare: boolean;
}

const maxEvents = 100_000;

const states: Readonly<Record<string, TaskState>> = {
  completed: TaskState.TASK_STATE_COMPLETED,
  failed: TaskState.TASK_STATE_FAILED,
  error: TaskState.TASK_STATE_FAILED,
  canceled: TaskState.TASK_STATE_CANCELED,
  cancelled: TaskState.TASK_STATE_CANCELED,
  rejected: TaskState.TASK_STATE_REJECTED,
  input_required: TaskState.TASK_STATE_INPUT_REQUIRED,
  requires_input: TaskState.TASK_STATE_INPUT_REQUIRED,
};

/** The documentation shows `{result: {final, task}}` for the stream alone; other places are tried as well. Never throws. */
export function readUpdate(body: unknown, id: string): Update {
  const outer = fieldsOf(body) ?? {};
  const result = fieldsOf(outer.result) ?? outer;
  const fields = fieldsOf(result.task) ?? result;
  const messages = toMessages(fields.messages);
  const answer = toAnswer(messages);
  const state = toState(fields.task_status ?? fieldsOf(fields.status)?.state ?? fields.status, messages, result.final === true);
  const task: Task = {
    id: toText(fields.id ?? fields.task_id ?? fields.taskId) || id,
    contextId: "",
    status: { state, message: undefined, timestamp: undefined },
    artifacts: answer.flatMap(toArtifact),
    history: [],
    metadata: undefined,
  };
  const ended = state !== TaskState.TASK_STATE_WORKING;
  return { task, ended, bare: state === TaskState.TASK_STATE_COMPLETED && messages.length === 0 };
}

/** Ends with the stream. Throws AgentError `protocol` when there is nothing of Brightsy's in it, or too much. */
export async function* readUpdates(response: Response, id: string): AsyncGenerator<Update, void, undefined> {
  let read = 0;
  let foreign = 0;
  for await (const { data } of parseSseStream(response)) {
    if (read + foreign > maxEvents) throw new AgentError("protocol", "a stream has too many events");
    const body = fieldsOf(parseBounded(data));
    if (body && isUpdate(body)) {
      read += 1;
      yield readUpdate(body, id);
    } else foreign += 1;
  }
  if (read === 0 && foreign > 0) throw new AgentError("protocol", "a stream holds no task");
}

function isUpdate(body: Fields): boolean {
  const result = fieldsOf(body.result) ?? body;
  const task = fieldsOf(result.task) ?? result;
  return task.task_status !== undefined || task.status !== undefined || task.messages !== undefined || result.final !== undefined;
}

/** A state that nobody knows is open, unless the agent says that this was the last word. A task that has not answered yet is not done. */
function toState(given: unknown, messages: readonly Fields[], final: boolean): TaskState {
  const name = toText(given).toLowerCase().replaceAll("-", "_");
  const known = Object.hasOwn(states, name) ? states[name] : undefined;
  const waits = messages.at(-1)?.role === "user";
  if (known === TaskState.TASK_STATE_COMPLETED && waits && !final) return TaskState.TASK_STATE_WORKING;
  if (known !== undefined) return known;
  return final && messages.length > 0 && !waits ? TaskState.TASK_STATE_COMPLETED : TaskState.TASK_STATE_WORKING;
}

function toMessages(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf).filter((entry) => entry !== undefined) : [];
}

/** A task holds the whole conversation: what stands after the person's last message. A list without one is taken for answers alone. */
function toAnswer(messages: readonly Fields[]): readonly Fields[] {
  const asked = messages.findLastIndex(({ role }) => role === "user");
  return asked < 0 ? messages.slice(-1) : messages.slice(asked + 1);
}

function toArtifact(message: Fields, index: number): Task["artifacts"] {
  if (["system", "tool"].includes(toText(message.role))) return [];
  const content = typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
  const read = readPayload({ kind: "message", role: "agent", content });
  if (read?.$case !== "message" || read.value.parts.length === 0) return [];
  const artifactId = toText(message.id) || `message-${index}`;
  return [{ artifactId, name: "", description: "", parts: read.value.parts, metadata: undefined, extensions: [] }];
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}
