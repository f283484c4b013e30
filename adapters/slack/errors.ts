import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError } from "@slack/web-api";
import { DeliveryError, type DeliveryErrorKind } from "../../src/model/errors.ts";
import { toBreak } from "../shared/broken.ts";

/** What a call was to do, for what an unknown outcome means depends on it. */
export type Purpose = "read" | "post" | "edit";

/** Slack's own names for what went wrong. https://docs.slack.dev/reference/methods/chat.postMessage lists most of them. */
const kinds: Readonly<Record<string, DeliveryErrorKind>> = {
  channel_not_found: "threadGone",
  thread_not_found: "threadGone",
  not_in_channel: "threadGone",
  is_archived: "threadGone",
  channel_is_archived: "threadGone",
  message_not_found: "threadGone",
  cannot_reply_to_message: "threadGone",
  restricted_action_thread_locked: "threadGone",
  restricted_action_non_threadable_channel: "threadGone",
  ratelimited: "rateLimited",
  rate_limited: "rateLimited",
  service_unavailable: "unavailable",
  request_timeout: "unavailable",
  team_added_to_org: "unavailable",
  internal_error: "ambiguous",
  fatal_error: "ambiguous",
};

/** A message that cannot be changed (so) has to be posted anew. */
const notReplaced = ["message_not_found", "cant_update_message", "edit_window_closed", "msg_too_long", "msg_blocks_too_long"];

/** Slack's name for a failure, as in `{"ok":false,"error":"channel_not_found"}`. Undefined for any other failure. */
export function slackErrorName(error: unknown): string | undefined {
  const cause = error instanceof DeliveryError ? error.cause : error;
  if (!(cause instanceof WebAPIPlatformError)) return undefined;
  return /^\w{1,80}$/.test(cause.data.error) ? cause.data.error : undefined;
}

/** Whether Slack takes no such blocks. It sometimes counts more characters there than stand there; a text alone has more room. */
export function refusesBlocks(error: unknown): boolean {
  return ["msg_blocks_too_long", "invalid_blocks"].includes(slackErrorName(error) ?? "");
}

/** The one place where errors of Slack, and of the way there, become decisions. The cause is kept; the message holds no content. */
export function toDeliveryError(error: unknown, method: string, purpose: Purpose): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof WebAPIRateLimitedError) return rateLimited(method, error.retryAfter, error);
  if (error instanceof WebAPIPlatformError) return fromPlatform(error, method, purpose);
  if (error instanceof WebAPIHTTPError) return fromStatus(error, method, purpose);
  const why = toBreak(error);
  if (why === "blocked") {
    return new DeliveryError("refused", `${method}: the address is not allowed (see outbound.allowPrivateNetworks)`, { cause: error });
  }
  if (why === "unreached") return new DeliveryError("unavailable", `${method}: Slack cannot be reached`, { cause: error });
  return new DeliveryError(unknownOutcome(purpose), `${method}: the call broke off`, { cause: error });
}

function fromPlatform(error: WebAPIPlatformError, method: string, purpose: Purpose): DeliveryError {
  const name = slackErrorName(error);
  // Without its cause, whose message is all that came back.
  if (name === undefined) return new DeliveryError(unknownOutcome(purpose), `${method}: the answer is not Slack's`);
  if (purpose === "edit" && notReplaced.includes(name)) return new DeliveryError("replacedGone", `${method}: ${name}`, { cause: error });
  const kind = kinds[name] ?? "refused";
  if (kind === "rateLimited") return rateLimited(method, error.data.response_metadata?.retryAfter ?? 30, error);
  if (kind === "ambiguous") return new DeliveryError(unknownOutcome(purpose), `${method}: ${name}`, { cause: error });
  return new DeliveryError(kind, `${method}: ${name}${remedy(name, error.data)}`, { cause: error });
}

function fromStatus(error: WebAPIHTTPError, method: string, purpose: Purpose): DeliveryError {
  const kind = error.statusCode >= 400 && error.statusCode < 500 && error.statusCode !== 408 ? "refused" : unknownOutcome(purpose);
  return new DeliveryError(kind, `${method}: HTTP ${error.statusCode}`, { cause: error });
}

function rateLimited(method: string, seconds: number, cause: Error): DeliveryError {
  return new DeliveryError("rateLimited", `${method}: Slack asks to wait`, { retryAfterMs: seconds * 1000, cause });
}

function unknownOutcome(purpose: Purpose): DeliveryErrorKind {
  return purpose === "read" ? "unavailable" : "ambiguous";
}

function remedy(name: string, data: object): string {
  if (name === "missing_scope") {
    const named = "needed" in data && typeof data.needed === "string" && /^[\w:.,-]{1,200}$/.test(data.needed);
    const needed = named ? data.needed : "one more";
    return ` (the app needs the scope ${needed}: add it and install the app again)`;
  }
  const credentials = ["invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "app_uninstalled"];
  return credentials.includes(name) ? " (Slack does not accept slack.botToken any more: install the app again and set the new token)" : "";
}
