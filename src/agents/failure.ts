import { types } from "node:util";
import { A2AError, isJsonRpcError, isRestError } from "@a2a-js/sdk/errors";
import { AgentError, type AgentErrorKind } from "../model/errors.ts";
import type { CallFacts } from "./call.ts";

/** What was asked of the agent: a refusal means different things for each. */
export interface Asked {
  readonly operation: "send" | "get" | "subscribe" | "list" | "cancel";
  /** The message was sent into a task. */
  readonly withTask: boolean;
}

/** An agent's own word that it did not do what it was asked. */
interface Refusal {
  readonly code: number | undefined;
  /** As in google.rpc.ErrorInfo, where the wire has one. */
  readonly reason: string | undefined;
  readonly message: string;
}

/**
 * Translates whatever a call failed with, once, at the SDK's door. Only the network's errors are kept as causes: the SDK quotes what the
 * agent answered in its own, and that is content, which must not reach a log.
 */
export function toAgentError(error: unknown, facts: CallFacts, asked: Asked): AgentError {
  if (error instanceof AgentError) return error;
  const because = facts.networkError === undefined ? {} : { cause: facts.networkError };
  if (facts.ended === "silent") return new AgentError("silent", "the agent was silent for too long", because);
  if (facts.ended) return new AgentError(facts.started ? "broken" : "unreachable", "the call was given up by the caller", because);
  if (!facts.started) return new AgentError("unsupported", "the request cannot be put into this agent's protocol", because);
  const { answer } = facts;
  if (!answer) return networkError(facts.networkError ?? error, because);
  if (answer.status < 200 || answer.status > 299) return statusError(error, answer, asked);
  const refusal = refusalOf(error);
  if (refusal) return refusalError(refusal, asked, undefined);
  if (facts.networkError !== undefined) return new AgentError("broken", "the connection broke while the answer came", because);
  return new AgentError("protocol", "the answer is not A2A", { code: answer.status });
}

/** Whether the agent said, before it took the message, that it does not stream. */
export function refusesStreaming(error: unknown, facts: CallFacts, withTask: boolean): boolean {
  if (!facts.answer || facts.ended) return false;
  const { status, body } = facts.answer;
  const refusal = refusalOf(error) ?? refusalIn(body);
  if (!refusal) return status === 404 || status === 405 || status === 501;
  if (refusal.code === -32601) return true;
  const unsupported = refusal.code === -32004 || refusal.reason === "UNSUPPORTED_OPERATION";
  return unsupported && (!withTask || /stream/i.test(refusal.message)) && !aboutTerminalTask(refusal);
}

function statusError(error: unknown, answer: NonNullable<CallFacts["answer"]>, asked: Asked): AgentError {
  const { status, headers, body } = answer;
  const more = { code: status };
  const retryAfterMs = parseRetryAfter(headers.get("retry-after"), headers.get("date"));
  if (status === 401 || status === 403) return new AgentError("unauthorized", `the agent answered with ${status}`, more);
  if (status === 429 || (status === 503 && retryAfterMs !== undefined))
    return new AgentError("rateLimited", `the agent answered with ${status}`, { ...more, retryAfterMs });
  const refusal = refusalIn(body) ?? refusalOf(error);
  if (refusal) return refusalError(refusal, asked, status);
  if (status >= 500) return new AgentError("broken", `the agent answered with ${status}`, more);
  return new AgentError("refused", `the agent answered with ${status}`, more);
}

function refusalError(refusal: Refusal, asked: Asked, status: number | undefined): AgentError {
  const hidden = /toJson serializer/.test(refusal.message);
  const message = hidden ? withoutReason : `the agent refused with ${refusal.reason ?? refusal.code ?? "an error"}`;
  return new AgentError(refusalKind(refusal, asked), message, { code: refusal.code ?? status });
}

const withoutReason = "the agent refused without saying why";

/**
 * The 0.3.14 SDK's HTTP+JSON server answers every refusal of a stream with a 500 of its own making that hides the reason; it is in
 * other products too. Whether the task is gone must then be asked.
 */
export function hidesReason(error: unknown): error is AgentError {
  return error instanceof AgentError && error.message === withoutReason;
}

/**
 * A closed task is told in three ways: UnsupportedOperation (1.0, section 3.1.1), -32600 with "terminal state" (0.2 and 0.3), and
 * TaskNotFound once it has expired.
 */
function refusalKind(refusal: Refusal, asked: Asked): AgentErrorKind {
  const { code, reason } = refusal;
  if (asked.operation !== "list" && (code === -32001 || reason === "TASK_NOT_FOUND")) return "taskGone";
  const unsupported = code === -32004 || code === -32601 || reason === "UNSUPPORTED_OPERATION";
  if (asked.operation === "send") {
    const closed = (unsupported && code !== -32601) || aboutTerminalTask(refusal);
    return asked.withTask && closed ? "taskGone" : "refused";
  }
  const notCancelable = code === -32002 || reason === "TASK_NOT_CANCELABLE";
  return unsupported || notCancelable ? "unsupported" : "refused";
}

function aboutTerminalTask(refusal: Refusal): boolean {
  return /terminal|final state|already (been )?(completed|finished|closed|ended)/i.test(refusal.message);
}

/** From what the SDK threw. In a stream the A2A error is the cause of a plain one. */
function refusalOf(error: unknown): Refusal | undefined {
  if (!types.isNativeError(error)) return undefined;
  if (isJsonRpcError(error)) return { code: error.envelopeCode, reason: undefined, message: error.message };
  // The SDK makes such an error of every answer that is not 2xx; only one with a reason, or one told in a stream, is the agent's own.
  if (isRestError(error) && (knownReason(error.reason) || error.statusCode < 300))
    return { code: undefined, reason: knownReason(error.reason), message: error.message };
  // The SDK's 0.3 HTTP+JSON transport puts codes it has no class for into the text, and makes plain errors of the others.
  const coded = /^REST error: .*\(Code: (-?\d+)\)/s.exec(error.message);
  if (coded) return { code: Number(coded[1]), reason: undefined, message: error.message };
  if (error instanceof A2AError && !isRestError(error) && error.reason !== "INVALID_AGENT_RESPONSE" && error.reason !== "INVALID_PARAMS")
    return { code: undefined, reason: knownReason(error.reason), message: error.message };
  return error.cause === undefined ? undefined : refusalOf(error.cause);
}

/** From an answer's body: a JSON-RPC envelope, a google.rpc.Status (1.0) or `{code, message}` (0.3). */
function refusalIn(body: string | undefined): Refusal | undefined {
  const parsed = parse(body);
  const error = fieldsOf(parsed?.error) ?? parsed;
  if (!error || typeof error.code !== "number" || typeof error.message !== "string") return undefined;
  const details = [error.details, error.data].flatMap((list) => (Array.isArray(list) ? list : []));
  const reason = details.map((detail) => fieldsOf(detail)?.reason).find((value) => typeof value === "string");
  // In a google.rpc.Status the code is the HTTP status; without a reason it tells nothing about A2A.
  if (error.code > 0 && reason === undefined) return undefined;
  return { code: error.code < 0 ? error.code : undefined, reason: knownReason(reason), message: error.message };
}

function networkError(error: unknown, because: { readonly cause?: unknown }): AgentError {
  return neverLeft(error)
    ? new AgentError("unreachable", "the agent cannot be reached", because)
    : new AgentError("broken", "the connection broke before an answer came", because);
}

const refusedByNetwork = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "EHOSTDOWN",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "EBLOCKED",
]);
const certificate = /^(CERT_|ERR_TLS_CERT|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** Only errors of looking up, connecting, or trusting the other side are certain; for every other one bytes may have left. */
function neverLeft(error: unknown): boolean {
  for (let next: unknown = error, hops = 0; types.isNativeError(next) && hops < 8; next = next.cause, hops += 1) {
    const code = "code" in next && typeof next.code === "string" ? next.code : "";
    if (refusedByNetwork.has(code) || certificate.test(code)) return true;
    if ("syscall" in next && (next.syscall === "connect" || next.syscall === "getaddrinfo")) return true;
    if ("errors" in next && Array.isArray(next.errors) && next.errors.length > 0 && next.errors.every(neverLeft)) return true;
  }
  return false;
}

/** Seconds or a date (RFC 9110, section 10.2.3), in milliseconds from when the answer was made; at most a day. */
export function parseRetryAfter(value: string | null, date: string | null): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const seconds = Number(value);
  const made = Date.parse(date ?? "");
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - made;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 86_400_000) : undefined;
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
