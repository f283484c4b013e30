import type {
  Artifact,
  CancelTaskRequest,
  GetTaskRequest,
  Message,
  Part,
  SendMessageRequest,
  SubscribeToTaskRequest,
  Task,
  TaskStatus,
} from "@a2a-js/sdk";
import type { RequestOptions } from "@a2a-js/sdk/client";
import { LegacyRestTransport } from "@a2a-js/sdk/compat/v0_3/client";
import { unnamed } from "../events.ts";
import type { Payload } from "./answers.ts";
import type { Dialect } from "./dialect.ts";
import { httpShape, mendAnswers } from "./mend.ts";

/** A2A 0.3 over HTTP+JSON, in the proto-JSON form that the 0.3 SDKs speak. */
export const rest03: Dialect = {
  key: "a2a-0.3-rest",
  name: "0.3 HTTP+JSON",
  binding: "HTTP+JSON",
  speaks: (version) => version.startsWith("0.3"),
  lists: false,
  open: async ({ endpoint, fetch }) => {
    const answered: Payload[] = [];
    const fetchImpl = mendAnswers(fetch, {
      isOurs: (url) => httpShape(url) !== undefined,
      write: (payload, _request, url) => {
        answered.push(payload);
        return writeAnswer(payload, url);
      },
    });
    return new WholeRestTransport({ endpoint, fetchImpl }, answered);
  },
};

/**
 * The SDK's transport, whose reader loses the names of files and the artifact flag `append` (without it each chunk of a stream takes the
 * place of the one before). It goes on checking the form; what is told is what the bridge itself has read, in the same order.
 */
class WholeRestTransport extends LegacyRestTransport {
  readonly #answered: Payload[];

  constructor(options: ConstructorParameters<typeof LegacyRestTransport>[0], answered: Payload[]) {
    super(options);
    this.#answered = answered;
  }

  override async sendMessage(params: SendMessageRequest, options?: RequestOptions) {
    const read = await super.sendMessage(params, options);
    const payload = this.#answered.shift();
    return payload?.$case === "task" || payload?.$case === "message" ? payload.value : read;
  }

  override async *sendMessageStream(params: SendMessageRequest, options?: RequestOptions) {
    for await (const read of super.sendMessageStream(params, options)) yield { payload: this.#answered.shift() ?? read.payload };
  }

  override async *resubscribeTask(params: SubscribeToTaskRequest, options?: RequestOptions) {
    for await (const read of super.resubscribeTask(params, options)) yield { payload: this.#answered.shift() ?? read.payload };
  }

  override async getTask(params: GetTaskRequest, options?: RequestOptions) {
    return this.#whole(await super.getTask(params, options));
  }

  override async cancelTask(params: CancelTaskRequest, options?: RequestOptions) {
    return this.#whole(await super.cancelTask(params, options));
  }

  #whole(read: Task): Task {
    const payload = this.#answered.shift();
    return payload?.$case === "task" ? payload.value : read;
  }
}

function writeAnswer(payload: Payload, url: string): unknown {
  if (payload.$case === "task") return httpShape(url) === "wrapped" ? { task: writeTask(payload.value) } : writeTask(payload.value);
  if (payload.$case === "message") return { message: writeMessage(payload.value) };
  if (payload.$case === "statusUpdate") {
    const { taskId, contextId, status } = payload.value;
    return { statusUpdate: { taskId, contextId, status: writeStatus(status) } };
  }
  const { taskId, contextId, artifact, append, lastChunk } = payload.value;
  return { artifactUpdate: { taskId, contextId, append, lastChunk, ...(artifact && { artifact: writeArtifact(artifact) }) } };
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
