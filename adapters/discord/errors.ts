import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { DeliveryError, type DeliveryErrorKind } from "../../src/model/errors.ts";
import { toBreak } from "../shared/broken.ts";

/** What a call was to do, for what an unknown outcome means depends on it. */
export type Purpose = "read" | "post" | "edit";

/** Discord's own numbers for what went wrong. https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
export const codes = {
  unknownChannel: 10_003,
  unknownGuild: 10_004,
  unknownMember: 10_007,
  unknownMessage: 10_008,
  unknownUser: 10_013,
  oldMessageEdits: 30_046,
  noAccess: 50_001,
  notOurMessage: 50_005,
  personClosed: 50_007,
  noPermission: 50_013,
  threadArchived: 50_083,
  threadExists: 160_004,
  threadLocked: 160_005,
} as const;

const gone: readonly number[] = [
  codes.unknownChannel,
  codes.unknownGuild,
  codes.unknownMessage,
  codes.noAccess,
  codes.personClosed,
  codes.noPermission,
  codes.threadArchived,
  codes.threadLocked,
];

/** A message that cannot be changed (so) has to be posted anew. */
const notReplaced: readonly number[] = [codes.unknownMessage, codes.oldMessageEdits, codes.notOurMessage];

/** Discord's number for a failure. Undefined for any other failure. */
export function discordCode(error: unknown): number | undefined {
  const cause = error instanceof DeliveryError ? error.cause : error;
  return cause instanceof DiscordAPIError ? Number(cause.code) : undefined;
}

/** The one place where the SDK's errors become decisions. The cause is kept; the message holds no content. */
export function toDeliveryError(error: unknown, call: string, purpose: Purpose): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof RateLimitError) {
    const retryAfterMs = Math.max(error.retryAfter, error.timeToReset, error.sublimitTimeout);
    return new DeliveryError("rateLimited", `${call}: Discord asks to wait`, { retryAfterMs, cause: error });
  }
  if (error instanceof DiscordAPIError) return fromPlatform(error, call, purpose);
  if (error instanceof HTTPError) return new DeliveryError(unknownOutcome(purpose), `${call}: HTTP ${error.status}`, { cause: error });
  const why = toBreak(error);
  if (why === "blocked") {
    return new DeliveryError("refused", `${call}: the address is not allowed (see outbound.allowPrivateNetworks)`, { cause: error });
  }
  if (why === "unreached") return new DeliveryError("unavailable", `${call}: Discord cannot be reached`, { cause: error });
  return new DeliveryError(unknownOutcome(purpose), `${call}: the call broke off`, { cause: error });
}

function fromPlatform(error: DiscordAPIError, call: string, purpose: Purpose): DeliveryError {
  const code = Number(error.code);
  const named = Number.isFinite(code) && code > 0;
  const message = `${call}: ${named ? code : `HTTP ${error.status}`}${remedy(error.status, code)}`;
  if (purpose === "edit" && notReplaced.includes(code)) return new DeliveryError("replacedGone", message, { cause: withoutBody(error) });
  if (gone.includes(code)) return new DeliveryError("threadGone", message, { cause: withoutBody(error) });
  return new DeliveryError(error.status === 408 ? unknownOutcome(purpose) : "refused", message, { cause: withoutBody(error) });
}

/** The SDK keeps what was sent beside the error; that must not come into a log. */
function withoutBody(error: DiscordAPIError): DiscordAPIError {
  error.requestBody = { files: undefined, json: undefined };
  return error;
}

function unknownOutcome(purpose: Purpose): DeliveryErrorKind {
  return purpose === "read" ? "unavailable" : "ambiguous";
}

function remedy(status: number, code: number): string {
  if (status === 401) return " (Discord does not accept discord.token: reset it in the developer portal and set the new one)";
  const lacking = code === codes.noAccess || code === codes.noPermission;
  return lacking ? " (the bot may not see or write there: give it the permissions of the install link)" : "";
}
