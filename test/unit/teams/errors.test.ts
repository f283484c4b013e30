import { describe, expect, test } from "@jest/globals";
import { type Purpose, ServiceRefusal, streamEndOf, toDeliveryError } from "../../../adapters/teams/errors.ts";
import { toRefusal } from "../../../adapters/teams/exchange.ts";

const now = Date.parse("2026-11-20T10:00:00Z");
const answer = (status: number, code = "", message = "", headers: Record<string, string> = {}) =>
  toRefusal({ status, headers: new Headers(headers), text: JSON.stringify({ error: { code, message } }) }, now);
const kind = (status: number, code = "", purpose: Purpose = "post") => toDeliveryError(answer(status, code), "call", purpose).kind;
const connection = (code: string) => new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });

describe("what an answer of Teams means", () => {
  test.each([
    [403, "BotNotInConversationRoster", "threadGone"],
    [403, "ConversationBlockedByUser", "threadGone"],
    [403, "MessageWritesBlocked", "threadGone"],
    [404, "ConversationNotFound", "threadGone"],
    [404, "", "threadGone"],
    [403, "ForbiddenOperationException", "refused"],
    [400, "BadSyntax", "refused"],
    [401, "", "refused"],
    [413, "MessageSizeTooBig", "refused"],
    [412, "PreconditionFailed", "unavailable"],
    [408, "", "ambiguous"],
    [500, "", "ambiguous"],
    [503, "", "ambiguous"],
    [302, "", "refused"],
  ])("a post that ends with %s %s is %s", (status, code, expected) => {
    expect(kind(status, code)).toBe(expected);
  });

  test.each([
    [404, "ActivityNotFoundInConversation", "replacedGone"],
    [501, "", "replacedGone"],
    [405, "", "replacedGone"],
    [403, "MessageWritesBlocked", "replacedGone"],
    [403, "BotNotInConversationRoster", "threadGone"],
    [413, "MessageSizeTooBig", "refused"],
    [502, "", "ambiguous"],
  ])("an edit that ends with %s %s is %s", (status, code, expected) => {
    expect(kind(status, code, "edit")).toBe(expected);
  });

  test("a question that got no answer may be asked again", () => {
    expect(kind(500, "", "read")).toBe("unavailable");
    expect(toDeliveryError(connection("ECONNRESET"), "call", "read").kind).toBe("unavailable");
  });

  test("that one person cannot be written to says nothing about the thread", () => {
    expect(kind(403, "BotNotInConversationRoster", "create")).toBe("refused");
  });

  test.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "0.2" }, 200],
    [{ "retry-after": "Fri, 20 Nov 2026 10:00:05 GMT" }, 5_000],
    [{ "retry-after": "Fri, 20 Nov 2020 10:00:05 GMT" }, 100],
    [{ "retry-after": "soon" }, 4_000],
    [{ "retry-after": "999999999" }, 3_600_000],
    [{}, 4_000],
  ])("a rate limit with %j waits %s ms", (headers, retryAfterMs) => {
    const error = toDeliveryError(answer(429, "RateLimited", "", headers), "call", "post");
    expect(error).toMatchObject({ kind: "rateLimited", retryAfterMs });
  });

  test.each([
    ["Content stream was canceled by user.", "canceled"],
    ["Content stream finished due to exceeded streaming time.", "expired"],
    ["Content stream is not allowed on an already completed streamed message", "completed"],
    ["Content stream is not allowed", "refused"],
  ])("the end of a stream is known by its words: %s", (message, end) => {
    expect(streamEndOf(toDeliveryError(answer(403, "ContentStreamNotAllowed", message), "call", "post"))).toBe(end);
    expect(streamEndOf(answer(403, "Other", message))).toBeUndefined();
  });

  test("the words of the service are not passed on", () => {
    const error = toDeliveryError(answer(400, "BadSyntax", "the text 'secret' is bad"), "call", "post");
    expect(`${error.message} ${String(error.cause)}`).not.toContain("secret");
    const odd = toRefusal({ status: 400, headers: new Headers(), text: JSON.stringify({ error: { code: "a secret!", message: 7 } }) }, now);
    expect(odd).toBeInstanceOf(ServiceRefusal);
    expect(odd.message).toBe("HTTP 400");
    expect(toRefusal({ status: 502, headers: new Headers(), text: "<html>" }, now)).toMatchObject({ status: 502, code: "" });
  });

  test.each([
    ["ECONNREFUSED", "unavailable"],
    ["ENOTFOUND", "unavailable"],
    ["EBLOCKED", "refused"],
    ["ECONNRESET", "ambiguous"],
  ])("a post whose connection ended with %s is %s", (code, expected) => {
    expect(toDeliveryError(connection(code), "call", "post").kind).toBe(expected);
  });
});
