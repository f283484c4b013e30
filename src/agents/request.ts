import { SendMessageRequest } from "@a2a-js/sdk";
import type { AgentPolicy, AgentRequest, RequestFile } from "../model/agent.ts";
import { assertNever } from "../model/errors.ts";
import type { Json } from "../model/thread.ts";
import type { PushConfig } from "./config.ts";

export interface RequestOptions {
  readonly level: AgentPolicy["identity"]["level"];
  /** From the configuration; what the bridge says about the person wins over it. */
  readonly metadata: { readonly [key: string]: Json };
  readonly pushAuth: NonNullable<PushConfig["auth"]>;
  /** Whether the agent is to answer at once and the reply comes later. */
  readonly returnImmediately: boolean;
  /** Whether the agent takes push configs. */
  readonly push: boolean;
}

export const pushConfigId = "a2a-chat-bridge";

/** A message in the SDK's own form; the transport turns it into the agent's wire. */
export function toSendRequest(request: AgentRequest, options: RequestOptions): SendMessageRequest {
  const metadata = { ...options.metadata, ...request.metadata };
  const known = Object.keys(metadata).length > 0;
  return SendMessageRequest.fromJSON({
    message: {
      messageId: request.messageId,
      role: "ROLE_USER",
      parts: toParts(request),
      // The SDK attaches nothing to a message whose ids are undefined; empty ones are left off the wire.
      contextId: request.contextId ?? "",
      taskId: request.taskId ?? "",
      referenceTaskIds: request.referenceTaskIds ?? [],
      ...(known && options.level !== "request" && { metadata }),
    },
    configuration: {
      acceptedOutputModes: [],
      returnImmediately: options.returnImmediately,
      ...(options.push && request.push && { taskPushNotificationConfig: toPushConfig(request.push, options.pushAuth) }),
    },
    ...(known && options.level !== "message" && { metadata }),
  });
}

/** Files stand behind the text; a message may also be nothing but files (A2A 1.0, section 4.1.6). */
function toParts({ text, files = [] }: AgentRequest): readonly unknown[] {
  return [...(text === "" && files.length > 0 ? [] : [{ text }]), ...files.map(toFilePart)];
}

function toFilePart(file: RequestFile): unknown {
  const content = "url" in file ? { url: file.url } : { raw: Buffer.from(file.bytes).toString("base64") };
  return { ...content, filename: file.name, mediaType: file.mediaType };
}

/**
 * Senders present the token or the credentials, never both (seen in SDK 1.x), so exactly one is registered. The id is always the same:
 * with the next message of a task this config takes the place of the last one, instead of standing beside it.
 */
function toPushConfig(push: NonNullable<AgentRequest["push"]>, auth: RequestOptions["pushAuth"]): unknown {
  const id = pushConfigId;
  // A fixed address has no secret of its own.
  if (push.token === "") return { url: push.url };
  switch (auth) {
    case "token":
      return { id, url: push.url, token: push.token };
    case "bearer":
      return { id, url: push.url, authentication: { scheme: "Bearer", credentials: push.token } };
    case "basic":
      return {
        id,
        url: push.url,
        authentication: { scheme: "Basic", credentials: Buffer.from(`bridge:${push.token}`).toString("base64") },
      };
    case "jwt":
    case "none":
      return { id, url: push.url };
    default:
      return assertNever(auth);
  }
}
