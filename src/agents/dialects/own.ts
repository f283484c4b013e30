import type { AgentCard, ListTasksResponse, Task, TaskPushNotificationConfig } from "@a2a-js/sdk";
import type { RequestOptions, Transport } from "@a2a-js/sdk/client";
import { WireRefusal } from "../refusal.ts";
import { type Answer, type Payload, readAnswer } from "./answers.ts";

/** What an agent is asked for over HTTP. */
export interface Ask {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: string;
  readonly accept: string;
  readonly body?: unknown;
}

/**
 * The part that wires of our own have in common: everything that they do not have is unsupported, as -32004. What goes wrong on the way
 * is told by throwing anything: the caller knows the status of the answer (`failure.ts`).
 */
export abstract class OwnTransport
  implements Omit<Transport, "sendMessage" | "sendMessageStream" | "getTask" | "cancelTask" | "resubscribeTask">
{
  abstract readonly protocolName: string;
  abstract readonly protocolVersion: string;
  readonly #fetch: typeof fetch;

  constructor(fetchImpl: typeof fetch) {
    this.#fetch = fetchImpl;
  }

  getExtendedAgentCard(): Promise<AgentCard> {
    return unsupported();
  }
  listTasks(): Promise<ListTasksResponse> {
    return unsupported();
  }
  createTaskPushNotificationConfig(): Promise<TaskPushNotificationConfig> {
    return unsupported();
  }
  getTaskPushNotificationConfig(): Promise<TaskPushNotificationConfig> {
    return unsupported();
  }
  listTaskPushNotificationConfig(): Promise<never> {
    return unsupported();
  }
  deleteTaskPushNotificationConfig(): Promise<void> {
    return unsupported();
  }

  /** The answer, whatever its status. */
  protected exchange({ method, url, accept, body }: Ask, options: RequestOptions | undefined): Promise<Response> {
    const headers = {
      ...options?.serviceParameters,
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      Accept: accept,
    };
    const signal = options?.signal;
    return this.#fetch(url, {
      method,
      headers,
      ...(signal && { signal }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

/** Throws where an answer is an error of the agent or nothing of A2A. */
export function payloadOf(answer: Answer | undefined): Payload {
  if (answer?.kind === "payload") return answer.payload;
  throw answer ? toWireRefusal(answer) : new Error("the answer is not A2A");
}

export function readPayloadText(text: string): Payload {
  return payloadOf(readAnswer(text));
}

export function taskOf(payload: Payload): Task {
  if (payload.$case === "task") return payload.value;
  throw new Error("the answer is not a task");
}

function toWireRefusal({ fields }: Extract<Answer, { kind: "error" }>): WireRefusal {
  const error = typeof fields.error === "object" && fields.error !== null ? fields.error : fields;
  const code = "code" in error && typeof error.code === "number" ? error.code : -32603;
  return new WireRefusal(code, "message" in error ? String(error.message) : "");
}

function unsupported(): Promise<never> {
  return Promise.reject(new WireRefusal(-32004, "not part of this protocol"));
}
