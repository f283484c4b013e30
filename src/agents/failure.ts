import { types } from "node:util";
import { AgentError, type AgentErrorKind } from "../model/errors.ts";
import type { CallFacts } from "./call.ts";
import { brokenWithin, explainCode, explainKind, explainStatus, silentFor, tooLong, webPage } from "./explain.ts";
import { toNetworkError } from "./network.ts";
import type { Meaning } from "./presets.ts";
import { isAboutClosedTask, type Refusal, refusalIn, refusalOf } from "./refusal.ts";

/** What was asked of the agent: a refusal means different things for each. */
export interface Asked {
  readonly operation: "send" | "get" | "subscribe" | "list" | "cancel" | "card" | "push";
  /** The message was sent into a task. */
  readonly withTask: boolean;
}

/** What an agent's own error codes mean. */
export type Meanings = Readonly<Record<number, Meaning>>;

/**
 * Translates whatever a call failed with, once, at the SDK's door. Only the network's errors are kept as causes: the SDK quotes what the
 * agent answered in its own, and that is content, which must not reach a log.
 */
export function toAgentError(error: unknown, facts: CallFacts, asked: Asked, meanings: Meanings = {}): AgentError {
  if (facts.ended === "tooLong")
    return new AgentError("protocol", "the answer is longer than allowed", {
      code: facts.answer?.status,
      explanation: tooLong(facts.limits.maxAnswerBytes),
    });
  const ours = ownError(error);
  if (ours) return ours;
  const because = facts.networkError === undefined ? {} : { cause: facts.networkError };
  if (facts.ended === "silent")
    return new AgentError("silent", "the agent was silent for too long", { ...because, explanation: silentFor(facts.limits.silenceMs) });
  if (facts.ended) return new AgentError(facts.started ? "broken" : "unreachable", "the call was given up by the caller", because);
  if (!facts.started) return new AgentError("unsupported", "the request cannot be put into this agent's protocol", because);
  const { answer } = facts;
  if (!answer) return toNetworkError(facts.networkError ?? error);
  if (answer.status < 200 || answer.status > 299) return statusError(error, answer, asked, meanings);
  const refusal = refusalOf(error);
  if (refusal) return refusalError(refusal, asked, answer, meanings);
  if (facts.networkError !== undefined)
    return new AgentError("broken", "the connection broke while the answer came", { ...because, explanation: brokenWithin });
  const page = /html/i.test(answer.headers.get("content-type") ?? "");
  return new AgentError("protocol", "the answer is not A2A", { code: answer.status, explanation: page ? webPage : explainKind.protocol });
}

/**
 * Whether the agent said, before it took the message, that it does not stream. `ownPath`: streams have an address of their own, which may
 * be missing.
 */
export function refusesStreaming(error: unknown, facts: CallFacts, withTask: boolean, ownPath: boolean): boolean {
  if (!facts.answer || facts.ended) return false;
  const { status, body } = facts.answer;
  const refusal = refusalOf(error) ?? refusalIn(body);
  if (!refusal) return status === 501 || (ownPath && (status === 404 || status === 405));
  // Inkeep's own code for it is -32604.
  if (refusal.code === -32601 || refusal.code === -32604) return true;
  return refusal.code === -32004 && (!withTask || /stream/i.test(refusal.message)) && !isAboutClosedTask(refusal);
}

/** Ours may have come through the SDK's hands, which wraps what it does not know. */
function ownError(error: unknown): AgentError | undefined {
  for (let next = error, hops = 0; types.isNativeError(next) && hops < 8; next = next.cause, hops += 1)
    if (next instanceof AgentError) return next;
  return undefined;
}

type Answer = NonNullable<CallFacts["answer"]>;

function statusError(error: unknown, answer: Answer, asked: Asked, meanings: Meanings): AgentError {
  const { status, body } = answer;
  const message = `the agent answered with ${status}`;
  const more = { code: status, explanation: explainStatus(status) };
  const retryAfterMs = retryAfterOf(answer);
  const refusal = refusalIn(body) ?? refusalOf(error);
  if (refusal?.code !== undefined && meanings[refusal.code] !== undefined) return refusalError(refusal, asked, answer, meanings);
  if (status === 401 || status === 403) return new AgentError("unauthorized", message, more);
  if (status === 429 || (status === 503 && retryAfterMs !== undefined))
    return new AgentError("rateLimited", message, { ...more, retryAfterMs });
  if (refusal) return refusalError(refusal, asked, answer, meanings);
  // A gateway that gave up waiting may have passed the message on before.
  if (status >= 500 || status === 408) return new AgentError("broken", message, more);
  return new AgentError("refused", message, more);
}

function refusalError(refusal: Refusal, asked: Asked, answer: Answer, meanings: Meanings): AgentError {
  const hidden = /toJson serializer/.test(refusal.message);
  const message = hidden ? withoutReason : `the agent refused with ${refusal.reason ?? refusal.code ?? "an error"}`;
  const code = refusal.code ?? answer.status;
  const meaning = refusal.code === undefined ? undefined : meanings[refusal.code];
  if (meaning) {
    const retryAfterMs = meaning.kind === "rateLimited" ? retryAfterOf(answer) : undefined;
    return new AgentError(meaning.kind, message, { code, retryAfterMs, explanation: meaning.explanation });
  }
  const kind = refusalKind(refusal, asked);
  return new AgentError(kind, message, { code, explanation: kind === "taskGone" ? explainKind.taskGone : explainCode(refusal.code) });
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
  const { code } = refusal;
  if (asked.operation !== "list" && code === -32001) return "taskGone";
  if (asked.operation === "send") {
    const closed = code === -32004 || isAboutClosedTask(refusal);
    return asked.withTask && closed ? "taskGone" : "refused";
  }
  const cannot = code === -32004 || code === -32601 || code === -32002 || code === -32003 || code === -32007;
  return cannot ? "unsupported" : "refused";
}

function retryAfterOf({ headers, at }: Answer): number | undefined {
  return parseRetryAfter(headers.get("retry-after"), headers.get("date"), at);
}

/**
 * Seconds or a date (RFC 9110, section 10.2.3), in milliseconds from when the answer was made; at most a day. `now` stands in for an
 * answer that does not say when that was.
 */
export function parseRetryAfter(value: string | null, date: string | null, now: number): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const seconds = Number(value);
  const made = date === null || Number.isNaN(Date.parse(date)) ? now : Date.parse(date);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - made;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 86_400_000) : undefined;
}
