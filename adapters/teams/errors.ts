import { DeliveryError, type DeliveryErrorKind } from "../../src/model/errors.ts";
import { causes, toBreak } from "../shared/broken.ts";

/** What a call was to do, for what an unknown outcome means depends on it. */
export type Purpose = "read" | "post" | "edit" | "create";

/** Why a stream takes no more text. https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux#error-codes */
export type StreamEnd = "canceled" | "expired" | "completed" | "refused";

/** The service's answer that is none of success. What it says in words is not kept. */
export class ServiceRefusal extends Error {
  override readonly name = "ServiceRefusal";
  readonly status: number;
  /** As in `{"error":{"code":"ConversationNotFound"}}`; empty where there was none. */
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  readonly streamEnd: StreamEnd | undefined;
  constructor(
    status: number,
    code: string,
    more: { readonly retryAfterMs: number | undefined; readonly streamEnd: StreamEnd | undefined },
  ) {
    super(code === "" ? `HTTP ${status}` : `HTTP ${status} ${code}`);
    this.status = status;
    this.code = code;
    this.retryAfterMs = more.retryAfterMs;
    this.streamEnd = more.streamEnd;
  }
}

/** https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages and .../bot-basics, "Status codes" */
const notThere = [
  "BotNotInConversationRoster",
  "BotDisabledByAdmin",
  "BotNotRegistered",
  "ConversationBlockedByUser",
  "ConversationNotFound",
  "MessageWritesBlocked",
  "UserBlocked",
];

/** How long to wait where a 429 does not say: beyond the longest of the short windows that Teams counts in. */
const unsaidWaitMs = 4_000;

/** The one place where an answer of the service, or none, becomes a decision. The cause is kept; the message holds no content. */
export function toDeliveryError(error: unknown, call: string, purpose: Purpose): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof ServiceRefusal) return fromRefusal(error, call, purpose);
  const why = toBreak(error);
  if (why === "blocked") {
    return new DeliveryError("refused", `${call}: the address is not allowed (see outbound.allowPrivateNetworks)`, { cause: error });
  }
  if (why === "unreached") return new DeliveryError("unavailable", `${call}: Teams cannot be reached`, { cause: error });
  return new DeliveryError(unknownOutcome(purpose), `${call}: the call broke off`, { cause: error });
}

/** Why the service takes no more of a stream, if that is what went wrong. */
export function streamEndOf(error: unknown): StreamEnd | undefined {
  return refusalOf(error)?.streamEnd;
}

/** The service's answer behind an error. */
export function refusalOf(error: unknown): ServiceRefusal | undefined {
  return causes(error).find((cause) => cause instanceof ServiceRefusal);
}

function fromRefusal(error: ServiceRefusal, call: string, purpose: Purpose): DeliveryError {
  const { status, code, retryAfterMs } = error;
  const message = `${call}: ${error.message}`;
  if (status === 429) {
    return new DeliveryError("rateLimited", `${call}: Teams asks to wait`, { retryAfterMs: retryAfterMs ?? unsaidWaitMs, cause: error });
  }
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  // Two calls for one conversation met; nothing was done.
  if (status === 412) return new DeliveryError("unavailable", message, { ...wait, cause: error });
  if (status === 408 || (status >= 500 && status !== 501))
    return new DeliveryError(unknownOutcome(purpose), message, { ...wait, cause: error });
  return new DeliveryError(toKind(status, code, purpose), `${message}${remedy(status)}`, { cause: error });
}

function toKind(status: number, code: string, purpose: Purpose): DeliveryErrorKind {
  if (status === 401 || status === 413) return "refused";
  if (purpose === "edit")
    return notThere.includes(code) && status === 403 && code !== "MessageWritesBlocked" ? "threadGone" : "replacedGone";
  // That a person cannot be written to alone says nothing about the thread.
  if (purpose === "create") return "refused";
  return notThere.includes(code) || status === 404 ? "threadGone" : "refused";
}

function remedy(status: number): string {
  return status === 401 ? " (Teams does not accept the bot's token: see teams.appId and its credentials)" : "";
}

function unknownOutcome(purpose: Purpose): DeliveryErrorKind {
  return purpose === "post" || purpose === "edit" ? "ambiguous" : "unavailable";
}
