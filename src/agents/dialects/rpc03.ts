import { type Artifact, type Message, type Part, Role, type StreamResponse, type Task, TaskState, type TaskStatus } from "@a2a-js/sdk";
import { LegacyJsonRpcTransport } from "@a2a-js/sdk/compat/v0_3/client";
import { unnamed } from "../events.ts";
import type { Dialect } from "./dialect.ts";
import { mendAnswers } from "./mend.ts";

/** A2A 0.3 over JSON-RPC. */
export const rpc03: Dialect = {
  key: "a2a-0.3-jsonrpc",
  name: "0.3 JSON-RPC",
  binding: "JSONRPC",
  speaks: (version) => version.startsWith("0.3"),
  lists: false,
  open: async ({ endpoint, fetch }) =>
    new LegacyJsonRpcTransport({
      endpoint,
      fetchImpl: mendAnswers(fetch, {
        isOurs: (_url, init) => typeof init?.body === "string" && ourMethods.test(init.body),
        write: (payload, request) => ({ jsonrpc: "2.0", id: request.id, result: writeResult(payload) }),
      }),
    }),
};

const ourMethods = /"method":"(message\/(send|stream)|tasks\/(get|cancel|resubscribe))"/;

function writeResult(payload: NonNullable<StreamResponse["payload"]>): unknown {
  switch (payload.$case) {
    case "task":
      return writeTask(payload.value);
    case "message":
      return writeMessage(payload.value);
    case "statusUpdate": {
      const { taskId, contextId, status } = payload.value;
      return { kind: "status-update", taskId, contextId, status: writeStatus(status), final: false };
    }
    case "artifactUpdate": {
      const { taskId, contextId, artifact, append, lastChunk } = payload.value;
      return { kind: "artifact-update", taskId, contextId, append, lastChunk, ...(artifact && { artifact: writeArtifact(artifact) }) };
    }
  }
}

function writeTask(task: Task): unknown {
  const { id, contextId, status, artifacts, history } = task;
  return {
    kind: "task",
    id,
    contextId,
    status: writeStatus(status),
    artifacts: artifacts.map(writeArtifact),
    history: history.map(writeMessage),
  };
}

function writeStatus(status: TaskStatus | undefined): unknown {
  const { message, timestamp } = status ?? {};
  return {
    state: states.get(status?.state ?? TaskState.TASK_STATE_UNSPECIFIED) ?? "unknown",
    ...(message && { message: writeMessage(message) }),
    ...(timestamp && { timestamp }),
  };
}

function writeMessage(message: Message): unknown {
  const { messageId, contextId, taskId, role, parts } = message;
  return {
    kind: "message",
    messageId: messageId || unnamed,
    contextId,
    taskId,
    role: role === Role.ROLE_USER ? "user" : "agent",
    parts: parts.map(writePart),
  };
}

function writeArtifact(artifact: Artifact): unknown {
  const { artifactId, name, description, parts } = artifact;
  return { artifactId, name, description, parts: parts.map(writePart) };
}

function writePart(part: Part): unknown {
  const { content, filename, mediaType } = part;
  const file = { ...(filename && { name: filename }), ...(mediaType && { mimeType: mediaType }) };
  switch (content?.$case) {
    case "raw":
      return { kind: "file", file: { ...file, bytes: Buffer.from(content.value).toString("base64") } };
    case "url":
      return { kind: "file", file: { ...file, uri: content.value } };
    case "data":
      return { kind: "data", data: content.value };
    default:
      return { kind: "text", text: content?.value ?? "" };
  }
}

const states: ReadonlyMap<TaskState, string> = new Map([
  [TaskState.TASK_STATE_SUBMITTED, "submitted"],
  [TaskState.TASK_STATE_WORKING, "working"],
  [TaskState.TASK_STATE_COMPLETED, "completed"],
  [TaskState.TASK_STATE_FAILED, "failed"],
  [TaskState.TASK_STATE_CANCELED, "canceled"],
  [TaskState.TASK_STATE_INPUT_REQUIRED, "input-required"],
  [TaskState.TASK_STATE_REJECTED, "rejected"],
  [TaskState.TASK_STATE_AUTH_REQUIRED, "auth-required"],
]);
