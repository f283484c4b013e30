import {
  type Artifact,
  type Message,
  Role,
  type StreamResponse,
  type Task,
  type TaskArtifactUpdateEvent,
  TaskState,
  type TaskStatus,
} from "@a2a-js/sdk";
import type { AgentEvent } from "../model/agent.ts";
import type { ReplyPart } from "../model/reply.ts";
import { textOf, toOutputParts, toReplyParts } from "./parts.ts";

/** Stands for a messageId that the wire did not have, where the SDK wants one. It never becomes a mark. */
export const unnamed = "unnamed";

type Ids = { readonly taskId?: string; readonly contextId?: string; readonly mark?: string };
type Outcome = Extract<AgentEvent, { kind: "ended" }>["outcome"];

/**
 * What one thing that an agent sent says, in order. `withinTask`: a task was seen in the same stream; then a message is a piece of the
 * answer and the task's own state ends the turn. Otherwise a message is the whole answer (A2A 1.0, section 3.1.1).
 */
export function toEvents(response: StreamResponse, withinTask = false): readonly AgentEvent[] {
  const payload = response.payload;
  switch (payload?.$case) {
    case "task":
      return taskEvents(payload.value);
    case "message":
      return messageEvents(payload.value, withinTask);
    case "statusUpdate":
      return [statusEvent(payload.value.status, ids(payload.value.taskId, payload.value.contextId), [])];
    case "artifactUpdate":
      return artifactEvents(payload.value);
    case undefined:
      return [];
  }
}

/** A snapshot: each artifact as a whole, then the state. */
export function taskEvents(task: Task): readonly AgentEvent[] {
  const own = ids(task.id, task.contextId);
  const marked = { ...own, ...markOf(task.status) };
  const outputs = task.artifacts.map((artifact, index) => output(artifact, index, false, marked)).filter((event) => event.parts.length > 0);
  const said = new Set(outputs.map((event) => textOf(event.parts).trim()));
  return [...outputs, statusEvent(withFallback(task, outputs.length > 0), own, [...said])];
}

/** Whether the agent will say nothing more before it is asked. */
export function isSettled(event: AgentEvent): boolean {
  return event.kind === "ended" || event.kind === "inputRequired" || event.kind === "authRequired";
}

function messageEvents(message: Message, withinTask: boolean): readonly AgentEvent[] {
  const own = { ...ids(message.taskId, message.contextId), ...mark(message.messageId) };
  const parts = toOutputParts(message.parts);
  const artifact = own.mark ?? "message";
  const said: readonly AgentEvent[] = parts.length === 0 ? [] : [{ ...own, kind: "output", artifact, append: false, parts }];
  return withinTask ? said : [...said, { ...own, kind: "ended", outcome: "completed", parts: [] }];
}

function artifactEvents(update: TaskArtifactUpdateEvent): readonly AgentEvent[] {
  if (!update.artifact) return [];
  const event = output(update.artifact, 0, update.append, ids(update.taskId, update.contextId));
  return event.parts.length === 0 ? [] : [event];
}

function output(artifact: Artifact, index: number, append: boolean, own: Ids): Extract<AgentEvent, { kind: "output" }> {
  return { ...own, kind: "output", artifact: artifact.artifactId || `artifact-${index}`, append, parts: toOutputParts(artifact.parts) };
}

/** `said`: texts of the same snapshot's artifacts; a closing word that only repeats one of them is left out. */
function statusEvent(status: TaskStatus | undefined, task: Ids, said: readonly string[]): AgentEvent {
  const own = { ...task, ...markOf(status) };
  const parts = status?.message ? toReplyParts(status.message.parts) : [];
  switch (status?.state) {
    case TaskState.TASK_STATE_COMPLETED:
      return { ...own, kind: "ended", outcome: "completed", parts: unsaid(parts, said) };
    case TaskState.TASK_STATE_FAILED:
      return ended("failed", own, parts);
    case TaskState.TASK_STATE_CANCELED:
      return ended("canceled", own, parts);
    case TaskState.TASK_STATE_REJECTED:
      return ended("rejected", own, parts);
    case TaskState.TASK_STATE_INPUT_REQUIRED:
      return { ...own, kind: "inputRequired", parts };
    case TaskState.TASK_STATE_AUTH_REQUIRED:
      return { ...own, kind: "authRequired", parts };
    default:
      return working(own, parts);
  }
}

function ended(outcome: Outcome, own: Ids, parts: readonly ReplyPart[]): AgentEvent {
  return { ...own, kind: "ended", outcome, parts };
}

/** Submitted, working, and states that nobody knows: the task is open. */
function working(own: Ids, parts: readonly ReplyPart[]): AgentEvent {
  const text = textOf(parts);
  return text === "" ? { ...own, kind: "working" } : { ...own, kind: "working", text };
}

function unsaid(parts: readonly ReplyPart[], said: readonly string[]): readonly ReplyPart[] {
  return said.includes(textOf(parts).trim()) && parts.every((part) => part.kind === "text") ? [] : parts;
}

/** Some agents put the answer into the history alone: what the agent said last, after the person's last message. */
function withFallback(task: Task, hasOutput: boolean): TaskStatus | undefined {
  const status = task.status;
  if (!status || status.message || hasOutput) return status;
  const open = [TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING, TaskState.TASK_STATE_UNSPECIFIED, TaskState.UNRECOGNIZED];
  const last = task.history.at(-1);
  return open.includes(status.state) || last?.role !== Role.ROLE_AGENT ? status : { ...status, message: last };
}

function ids(taskId: string, contextId: string): Ids {
  return { ...(taskId && { taskId }), ...(contextId && { contextId }) };
}

function markOf(status: TaskStatus | undefined): Ids {
  const named = mark(status?.message?.messageId ?? "");
  return named.mark ? named : mark(status?.timestamp ?? "");
}

function mark(value: string): Ids {
  return value === "" || value === unnamed ? {} : { mark: value };
}
