import { randomUUID } from "node:crypto";
import type { Part, SendMessageRequest, StreamResponse, Task, TaskPushNotificationConfig } from "@a2a-js/sdk";
import type { RequestOptions } from "@a2a-js/sdk/client";
import { isEventStream, type Payload, readAnswers } from "./answers.ts";
import type { Dialect } from "./dialect.ts";
import { OwnTransport, payloadOf, readPayloadText, taskOf } from "./own.ts";

/**
 * A2A 0.1 over JSON-RPC (specification v0.1.0, May 2025): `tasks/send` and `tasks/sendSubscribe`. The client makes the task's id, and
 * the messages have none; the message's id is taken for a new task, so that a repeated message is no second task.
 */
export const rpc01: Dialect = {
  key: "a2a-0.1",
  name: "0.1 JSON-RPC",
  binding: "JSONRPC",
  speaks: (version) => version.startsWith("0.1"),
  lists: false,
  open: async ({ endpoint, fetch }) => new Transport01(endpoint, fetch),
};

class Transport01 extends OwnTransport {
  readonly protocolName = "JSONRPC";
  readonly protocolVersion = "0.1";
  readonly #endpoint: string;

  constructor(endpoint: string, fetch: typeof globalThis.fetch) {
    super(fetch);
    this.#endpoint = endpoint;
  }

  async sendMessage(request: SendMessageRequest, options?: RequestOptions): Promise<Task> {
    const params = toParams(request);
    return withId(await this.#call("tasks/send", params, options), params.id);
  }

  async *sendMessageStream(request: SendMessageRequest, options?: RequestOptions) {
    const params = toParams(request);
    for await (const payload of this.#stream("tasks/sendSubscribe", params, options)) yield toResponse(payload, params.id);
  }

  async getTask({ id, historyLength }: { id: string; historyLength?: number | undefined }, options?: RequestOptions): Promise<Task> {
    return withId(await this.#call("tasks/get", { id, ...(historyLength !== undefined && { historyLength }) }, options), id);
  }

  async cancelTask({ id }: { id: string }, options?: RequestOptions): Promise<Task> {
    return withId(await this.#call("tasks/cancel", { id }, options), id);
  }

  async *resubscribeTask({ id }: { id: string }, options?: RequestOptions) {
    for await (const payload of this.#stream("tasks/resubscribe", { id }, options)) yield toResponse(payload, id);
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
function toParams({ message, configuration, metadata }: SendMessageRequest) {
  const merged = { ...metadata, ...message?.metadata };
  const push = configuration?.taskPushNotificationConfig;
  return {
    id: message?.taskId || message?.messageId || randomUUID(),
    ...(message?.contextId && { sessionId: message.contextId }),
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

/** Where the agent does not name its task, it is the one that was asked for. */
function toResponse(payload: Payload, id: string): StreamResponse {
  switch (payload.$case) {
    case "task":
      return { payload: { $case: "task", value: withId(payload.value, id) } };
    case "statusUpdate":
      return { payload: { $case: "statusUpdate", value: { ...payload.value, taskId: payload.value.taskId || id } } };
    case "artifactUpdate":
      return { payload: { $case: "artifactUpdate", value: { ...payload.value, taskId: payload.value.taskId || id } } };
    case "message":
      return { payload };
  }
}

function withId(task: Task, id: string): Task {
  return task.id === "" ? { ...task, id } : task;
}
