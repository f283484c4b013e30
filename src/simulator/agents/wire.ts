import { z } from "zod";
import { filesOf, type SentFile } from "./sent-files.ts";

/** Which of the wires of A2A a simulated agent speaks. */
export interface Wire {
  readonly protocol: "1.0" | "0.3";
  readonly binding: "JSONRPC" | "HTTP+JSON";
}

/** What a send request holds, whatever its wire. */
export interface Sent {
  readonly messageId: string;
  readonly contextId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly text: string;
  readonly files: readonly SentFile[];
  readonly referenceTaskIds: readonly string[];
  readonly metadata: { readonly message: Metadata; readonly request: Metadata };
  readonly push?: { readonly url: string; readonly token?: string | undefined } | undefined;
}

export type Metadata = Readonly<Record<string, unknown>>;

/** Metadata is flat: an agent that looks for `userPrincipalName` does not search in depth. */
const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const strings = z.array(z.string());
const id = z.string().min(1);
const url = z.url({ protocol: /^https?$/ });
const any = z.record(z.string(), z.unknown());

/** A2A 1.0, sections 3.2.1, 4.1.4 and 4.1.6: both bindings carry the same JSON. */
const message10 = z.strictObject({
  messageId: id,
  contextId: id.optional(),
  taskId: id.optional(),
  role: z.literal("ROLE_USER"),
  parts: z
    .array(
      z.strictObject({
        text: z.string().optional(),
        raw: z.string().optional(),
        url: z.string().optional(),
        data: z.unknown().optional(),
        mediaType: z.string().optional(),
        filename: z.string().optional(),
        metadata: any.optional(),
      }),
    )
    .min(1),
  metadata: metadata.optional(),
  extensions: strings.optional(),
  referenceTaskIds: strings.optional(),
});
const push10 = z.strictObject({
  tenant: z.string().optional(),
  id: id.optional(),
  taskId: id.optional(),
  url,
  token: id.optional(),
  authentication: z.strictObject({ scheme: id, credentials: id.optional() }).optional(),
});
const params10 = z
  .strictObject({
    tenant: z.string().optional(),
    message: message10,
    configuration: z
      .strictObject({
        acceptedOutputModes: strings.optional(),
        taskPushNotificationConfig: push10.optional(),
        historyLength: z.int().min(0).optional(),
        returnImmediately: z.boolean().optional(),
      })
      .optional(),
    metadata: metadata.optional(),
  })
  .transform((sent) => toSent(sent.message, sent.message.parts, sent.metadata, sent.configuration?.taskPushNotificationConfig));

/** A2A 0.3, section 7.1.1 and 6.4 (JSON-RPC). */
const push03 = z.strictObject({
  id: id.optional(),
  url,
  token: id.optional(),
  authentication: z.strictObject({ schemes: strings.min(1), credentials: id.optional() }).optional(),
});
const message03 = z.strictObject({
  kind: z.literal("message"),
  messageId: id,
  contextId: id.optional(),
  taskId: id.optional(),
  role: z.literal("user"),
  parts: z
    .array(
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("text"), text: z.string(), metadata: any.optional() }),
        z.strictObject({ kind: z.literal("file"), file: any, metadata: any.optional() }),
        z.strictObject({ kind: z.literal("data"), data: any, metadata: any.optional() }),
      ]),
    )
    .min(1),
  metadata: metadata.optional(),
  extensions: strings.optional(),
  referenceTaskIds: strings.optional(),
});
const params03 = z
  .strictObject({
    message: message03,
    configuration: z
      .strictObject({
        acceptedOutputModes: strings.optional(),
        blocking: z.boolean().optional(),
        historyLength: z.int().min(0).optional(),
        pushNotificationConfig: push03.optional(),
      })
      .optional(),
    metadata: metadata.optional(),
  })
  .transform((sent) => toSent(sent.message, sent.message.parts, sent.metadata, sent.configuration?.pushNotificationConfig));

/** A2A 0.3 as HTTP+JSON, which is the JSON of its protobuf: `content` for parts, `pushNotification` for the webhook. */
const message03Rest = z.strictObject({
  messageId: id,
  contextId: id.optional(),
  taskId: id.optional(),
  role: z.literal("ROLE_USER"),
  content: z
    .array(z.strictObject({ text: z.string().optional(), file: any.optional(), data: any.optional(), metadata: any.optional() }))
    .min(1),
  metadata: metadata.optional(),
  extensions: strings.optional(),
});
const params03Rest = z
  .strictObject({
    message: message03Rest,
    configuration: z
      .strictObject({
        acceptedOutputModes: strings.optional(),
        blocking: z.boolean().optional(),
        historyLength: z.int().min(0).optional(),
        pushNotification: push03.optional(),
      })
      .optional(),
    metadata: metadata.optional(),
  })
  .transform((sent) => toSent(sent.message, sent.message.content, sent.metadata, sent.configuration?.pushNotification));

/**
 * Parses the parameters of a send. `problems` says what a strict agent would not take; then `sent` is what can be read all the same,
 * for an agent may be lenient and take the message. Without any messageId there is none.
 */
export function parseSent(wire: Wire, params: unknown): { readonly sent: Sent | undefined; readonly problems: readonly string[] } {
  const schema = wire.protocol === "1.0" ? params10 : wire.binding === "JSONRPC" ? params03 : params03Rest;
  const parsed = schema.safeParse(params);
  if (parsed.success) return { sent: parsed.data, problems: [] };
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "params"}: ${issue.message}`);
  return { sent: leniently.safeParse(params).data, problems };
}

const looseParts = z.array(z.object({ text: z.string().optional().catch(undefined) })).catch([]);
const leniently = z
  .object({
    message: z.object({
      messageId: id,
      contextId: id.optional().catch(undefined),
      taskId: id.optional().catch(undefined),
      parts: looseParts,
      content: looseParts,
      metadata: any.optional().catch(undefined),
      referenceTaskIds: strings.optional().catch(undefined),
    }),
    metadata: any.optional().catch(undefined),
  })
  .transform((sent) => toSent(sent.message, [...sent.message.parts, ...sent.message.content], sent.metadata, undefined));

interface AnyMessage {
  readonly messageId: string;
  readonly contextId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly metadata?: Metadata | undefined;
  readonly referenceTaskIds?: readonly string[] | undefined;
}

type AnyPart = { readonly text?: string | undefined } | { readonly kind: "file" | "data" };

function toSent(
  message: AnyMessage,
  parts: readonly AnyPart[],
  request: Metadata | undefined,
  push: { readonly url: string; readonly token?: string | undefined } | undefined,
): Sent {
  return {
    messageId: message.messageId,
    contextId: message.contextId,
    taskId: message.taskId,
    text: parts.map((part) => ("text" in part ? (part.text ?? "") : "")).join(""),
    files: filesOf(parts),
    referenceTaskIds: message.referenceTaskIds ?? [],
    metadata: { message: message.metadata ?? {}, request: request ?? {} },
    push,
  };
}
