import { describe, expect, test } from "@jest/globals";
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError } from "@slack/web-api";
import { type Purpose, slackErrorName, toDeliveryError } from "../../../adapters/slack/errors.ts";

const platform = (error: string, more: object = {}) => new WebAPIPlatformError({ ok: false, error, ...more });
const kind = (error: unknown, purpose: Purpose = "post") => toDeliveryError(error, "chat.postMessage", purpose).kind;
const connection = (code: string) => new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });

describe("what an error of Slack means", () => {
  test.each([
    ["channel_not_found", "threadGone"],
    ["not_in_channel", "threadGone"],
    ["is_archived", "threadGone"],
    ["thread_not_found", "threadGone"],
    ["ratelimited", "rateLimited"],
    ["service_unavailable", "unavailable"],
    ["internal_error", "ambiguous"],
    ["fatal_error", "ambiguous"],
    ["invalid_auth", "refused"],
    ["missing_scope", "refused"],
    ["invalid_blocks", "refused"],
    ["never_heard_of_it", "refused"],
  ])("a post that ends with %s is %s", (name, expected) => {
    expect(kind(platform(name))).toBe(expected);
  });

  test("a message that is gone or cannot hold the text is posted anew", () => {
    expect(kind(platform("message_not_found"), "edit")).toBe("replacedGone");
    expect(kind(platform("edit_window_closed"), "edit")).toBe("replacedGone");
    expect(kind(platform("msg_blocks_too_long"), "edit")).toBe("replacedGone");
  });

  test("a rate limit says how long to wait", () => {
    expect(toDeliveryError(new WebAPIRateLimitedError(7), "m", "post")).toMatchObject({ kind: "rateLimited", retryAfterMs: 7000 });
  });

  test("a scope that is missing is named with its remedy", () => {
    expect(toDeliveryError(platform("missing_scope", { needed: "users:read" }), "users.info", "read").message).toContain("users:read");
  });

  test("a lost connection leaves a write unknown and a read undone", () => {
    expect(kind(connection("ECONNRESET"))).toBe("ambiguous");
    expect(kind(connection("UND_ERR_SOCKET"), "edit")).toBe("ambiguous");
    expect(kind(connection("ECONNRESET"), "read")).toBe("unavailable");
    expect(kind(new DOMException("timed out", "TimeoutError"))).toBe("ambiguous");
  });

  test.each(["ECONNREFUSED", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT"])("%s means that nothing was said", (code) => {
    expect(kind(connection(code))).toBe("unavailable");
    const several = new AggregateError([Object.assign(new Error(code), { code })]);
    expect(kind(new TypeError("fetch failed", { cause: several }))).toBe("unavailable");
  });

  test("a server error leaves a write unknown, a client error refuses it", () => {
    expect(kind(new WebAPIHTTPError(503, "", {}))).toBe("ambiguous");
    expect(kind(new WebAPIHTTPError(503, "", {}), "read")).toBe("unavailable");
    expect(kind(new WebAPIHTTPError(403, "", {}))).toBe("refused");
  });

  test("a page in place of an answer is nobody's answer, and is not in the message", () => {
    const error = toDeliveryError(platform("<html>secret words</html>"), "chat.postMessage", "post");
    expect(error.kind).toBe("ambiguous");
    expect(`${error.stack}${String(error.cause)}`).not.toContain("secret");
    expect(slackErrorName(error)).toBeUndefined();
  });
});
