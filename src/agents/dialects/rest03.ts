import type { Artifact, Message, Part, SendMessageRequest, StreamResponse, SubscribeToTaskRequest, Task, TaskStatus } from "@a2a-js/sdk";
import type { RequestOptions } from "@a2a-js/sdk/client";
import { LegacyRestTransport } from "@a2a-js/sdk/compat/v0_3/client";
import { unnamed } from "../events.ts";
import { type Dialect, isVersion03 } from "./dialect.ts";
import { httpShape, mendAnswers } from "./mend.ts";

/** A2A 0.3 over HTTP+JSON, in the proto-JSON form that the 0.3 SDKs speak. */
export const rest03: Dialect = {
  name: "0.3 HTTP+JSON",
  speaks: (binding, version) => binding.toUpperCase() === "HTTP+JSON" && isVersion03(version),
  lists: false,
  open: async ({ endpoint, fetch }) =>
    new MendedRestTransport({
      endpoint,
      fetchImpl: mendAnswers(fetch, { isOurs: (url) => httpShape(url) !== undefined, write: writeAnswer }),
    }),
};

/** Carries `append` through the SDK's reader, which loses the flag but keeps metadata. */
const appendKey = "a2a-chat-bridge/append";

/** The SDK's transport with the artifact flag `append` that it loses: without it each chunk of a stream takes the place of the one before. */
class MendedRestTransport extends LegacyRestTransport {
  override async *sendMessageStream(params: SendMessageRequest, options?: RequestOptions) {
    for await (const response of super.sendMessageStream(params, options)) yield withAppend(response);
  }

  override async *resubscribeTask(params: SubscribeToTaskRequest, options?: RequestOptions) {
    for await (const response of super.resubscribeTask(params, options)) yield withAppend(response);
  }
}

function withAppend(response: StreamResponse): StreamResponse {
  const { payload } = response;
  if (payload?.$case !== "artifactUpdate" || payload.value.metadata?.[appendKey] !== true) return response;
  return { payload: { $case: "artifactUpdate", value: { ...payload.value, append: true } } };
}

function writeAnswer(payload: NonNullable<StreamResponse["payload"]>, _request: unknown, url: string): unknown {
  if (payload.$case === "task") return httpShape(url) === "wrapped" ? { task: writeTask(payload.value) } : writeTask(payload.value);
  if (payload.$case === "message") return { message: writeMessage(payload.value) };
  if (payload.$case === "statusUpdate") {
    const { taskId, contextId, status } = payload.value;
    return { statusUpdate: { taskId, contextId, status: writeStatus(status) } };
  }
  const { taskId, contextId, artifact, append, lastChunk } = payload.value;
  const metadata = append ? { [appendKey]: true } : undefined;
  return { artifactUpdate: { taskId, contextId, lastChunk, metadata, ...(artifact && { artifact: writeArtifact(artifact) }) } };
}

function writeTask(task: Task): unknown {
  const { id, contextId, status, artifacts, history } = task;
  return { id, contextId, status: writeStatus(status), artifacts: artifacts.map(writeArtifact), history: history.map(writeMessage) };
}

/** States and roles have the same numbers in the 0.3 and in the 1.0 protocol buffers. */
function writeStatus(status: TaskStatus | undefined): unknown {
  const { message, timestamp } = status ?? {};
  return { state: Math.max(status?.state ?? 0, 0), ...(message && { message: writeMessage(message) }), ...(timestamp && { timestamp }) };
}

function writeMessage(message: Message): unknown {
  const { messageId, contextId, taskId, role, parts } = message;
  return { messageId: messageId || unnamed, contextId, taskId, role, content: parts.map(writePart) };
}

function writeArtifact(artifact: Artifact): unknown {
  const { artifactId, name, description, parts } = artifact;
  return { artifactId, name, description, parts: parts.map(writePart) };
}

function writePart(part: Part): unknown {
  const { content, mediaType } = part;
  switch (content?.$case) {
    case "raw":
      return { file: { mimeType: mediaType, fileWithBytes: Buffer.from(content.value).toString("base64") } };
    case "url":
      return { file: { mimeType: mediaType, fileWithUri: content.value } };
    case "data":
      return { data: { data: content.value } };
    default:
      return { text: content?.value ?? "" };
  }
}
