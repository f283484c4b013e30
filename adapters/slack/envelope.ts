import { z } from "zod";
import { asObject, type Payload } from "./payload.ts";

/** What Slack says over a socket. https://docs.slack.dev/apis/events-api/using-socket-mode */
export type SocketMessage =
  /** The socket is ready. */
  | { readonly kind: "hello" }
  /** Slack is about to leave; what it asks for depends on the reason. */
  | { readonly kind: "disconnect"; readonly reason: string }
  /** Something that wants an acknowledgement. Without a payload: nothing that could be read, and sending it again would not help. */
  | { readonly kind: "envelope"; readonly id: string; readonly payload?: Payload; readonly retry?: number; readonly wantsAnswer: boolean };

const messageSchema = z.object({
  type: z.string().optional(),
  reason: z.string().optional(),
  envelope_id: z.string().min(1).optional(),
  payload: z.unknown().optional(),
  retry_attempt: z.number().optional().catch(undefined),
  accepts_response_payload: z.boolean().optional().catch(undefined),
});

/** Undefined for what nobody has to answer. */
export function parseSocketMessage(text: string): SocketMessage | undefined {
  const parsed = messageSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { type, reason = "", envelope_id: id, retry_attempt: retry, accepts_response_payload: wantsAnswer = false } = parsed.data;
  if (type === "hello") return { kind: "hello" };
  if (type === "disconnect") return { kind: "disconnect", reason };
  if (id === undefined) return undefined;
  const payload = asObject(parsed.data.payload);
  return { kind: "envelope", id, wantsAnswer, ...(payload && { payload }), ...(retry !== undefined && { retry }) };
}

/** The acknowledgement of an envelope, with what the person is to see at once, if anything. */
export function toAck(id: string, answer: unknown): string {
  return JSON.stringify({ envelope_id: id, ...(answer !== undefined && { payload: answer }) });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no JSON, so nothing that Slack waits for an answer to
  }
}
