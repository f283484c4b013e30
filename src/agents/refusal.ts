import { types } from "node:util";
import { A2AError, isJsonRpcError, isRestError } from "@a2a-js/sdk/errors";

/** An agent's own word that it did not do what it was asked. */
export interface Refusal {
  /** As JSON-RPC counts; where the wire gives a reason instead, the code of that reason. */
  readonly code: number | undefined;
  /** As in google.rpc.ErrorInfo, where the wire has one. */
  readonly reason: string | undefined;
  /** The agent's: to be looked at, never to be shown or logged. */
  readonly message: string;
}

/** A refusal that a transport of our own has read off its wire. */
export class WireRefusal extends Error {
  override readonly name = "WireRefusal";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A2A 1.0, section 5.4. */
const codeOfReason: ReadonlyMap<string, number> = new Map([
  ["TASK_NOT_FOUND", -32001],
  ["TASK_NOT_CANCELABLE", -32002],
  ["PUSH_NOTIFICATION_NOT_SUPPORTED", -32003],
  ["UNSUPPORTED_OPERATION", -32004],
  ["CONTENT_TYPE_NOT_SUPPORTED", -32005],
  ["INVALID_AGENT_RESPONSE", -32006],
  ["EXTENDED_AGENT_CARD_NOT_CONFIGURED", -32007],
  ["EXTENSION_SUPPORT_REQUIRED", -32008],
  ["VERSION_NOT_SUPPORTED", -32009],
  ["INVALID_PARAMS", -32602],
]);

/** From what a transport threw. In a stream the A2A error is the cause of a plain one. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!types.isNativeError(error)) return undefined;
  if (error instanceof WireRefusal) return { code: error.code, reason: undefined, message: error.message };
  if (isJsonRpcError(error)) return toRefusal(error.envelopeCode, undefined, error.message);
  // The SDK makes such an error of every answer that is not 2xx; only one with a reason, or one told in a stream, is the agent's own.
  if (isRestError(error) && (knownReason(error.reason) || error.statusCode < 300)) return toRefusal(undefined, error.reason, error.message);
  // The SDK's 0.3 HTTP+JSON transport puts codes it has no class for into the text, and makes plain errors of the others.
  const coded = /^REST error: .*\(Code: (-?\d+)\)/s.exec(error.message);
  if (coded) return toRefusal(Number(coded[1]), undefined, error.message);
  if (error instanceof A2AError && !isRestError(error) && error.reason !== "INVALID_AGENT_RESPONSE" && error.reason !== "INVALID_PARAMS")
    return toRefusal(undefined, error.reason, error.message);
  return error.cause === undefined ? undefined : refusalOf(error.cause);
}

/** From the body of an answer that is not 2xx: a JSON-RPC envelope, a google.rpc.Status (1.0) or `{code, message}` (0.3). */
export function refusalIn(body: string | undefined): Refusal | undefined {
  const parsed = parse(body);
  const error = fieldsOf(parsed?.error) ?? parsed;
  if (!error || typeof error.code !== "number" || typeof error.message !== "string") return undefined;
  const details = [error.details, error.data].flatMap((list) => (Array.isArray(list) ? list : []));
  const reason = details.map((detail) => fieldsOf(detail)?.reason).find((value) => typeof value === "string");
  // In a google.rpc.Status the code is the HTTP status; without a reason it tells nothing about A2A.
  if (error.code > 0 && reason === undefined) return undefined;
  return toRefusal(error.code < 0 ? error.code : undefined, reason, error.message);
}

/** Whether a message was refused because its task takes no more: told by words alone in 0.2 and 0.3. */
export function isAboutClosedTask({ message }: Refusal): boolean {
  return /terminal|final state|already (been )?(completed|finished|closed|ended)/i.test(message);
}

function toRefusal(code: number | undefined, given: unknown, message: string): Refusal {
  const reason = knownReason(given);
  return { code: code ?? codeOfReason.get(reason ?? ""), reason, message };
}

/** Only what has the form of a reason (google.rpc.ErrorInfo): it goes into logs, and an agent may put anything there. */
function knownReason(reason: unknown): string | undefined {
  return typeof reason === "string" && /^[A-Z][A-Z0-9_]{0,62}$/.test(reason) && reason !== "INTERNAL_ERROR" ? reason : undefined;
}

function parse(body: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    return fieldsOf(JSON.parse(body ?? ""));
  } catch {
    return undefined; // not JSON: the status alone decides
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : undefined;
}
