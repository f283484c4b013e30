import { describe, expect, test } from "@jest/globals";
import { DiscordAPIError, HTTPError, RateLimitError } from "discord.js";
import { discordCode, type Purpose, toDeliveryError } from "../../../adapters/discord/errors.ts";

const refusal = (status: number, code: number) =>
  new DiscordAPIError({ code, message: "no" }, code, status, "POST", "https://discord.com/api", {
    files: undefined,
    body: { content: "a secret" },
  });
const kindOf = (error: unknown, purpose: Purpose = "post") => toDeliveryError(error, "post", purpose).kind;
const coded = (code: string) => Object.assign(new TypeError("fetch failed"), { code });

describe("an error of Discord becomes a decision", () => {
  test.each([
    [403, 50_001, "threadGone"],
    [403, 50_013, "threadGone"],
    [404, 10_003, "threadGone"],
    [400, 50_083, "threadGone"],
    [400, 50_035, "refused"],
    [401, 0, "refused"],
  ] as const)("HTTP %s, code %s", (status, code, kind) => {
    expect(kindOf(refusal(status, code))).toBe(kind);
  });

  test("a message that cannot be replaced is posted anew", () => {
    expect(kindOf(refusal(404, 10_008), "edit")).toBe("replacedGone");
    expect(kindOf(refusal(400, 30_046), "edit")).toBe("replacedGone");
    expect(kindOf(refusal(404, 10_008))).toBe("threadGone");
  });

  test("what nobody heard of is ambiguous when something was to be said, and nothing when it was only asked", () => {
    const broken = new HTTPError(502, "Bad Gateway", "POST", "https://discord.com/api", { files: undefined, body: undefined });
    for (const error of [broken, coded("ECONNRESET"), new DOMException("aborted", "AbortError")]) {
      expect(kindOf(error)).toBe("ambiguous");
      expect(kindOf(error, "read")).toBe("unavailable");
    }
  });

  test("a connection that was never made said nothing, and our own guard is a matter of the configuration", () => {
    expect(kindOf(coded("ECONNREFUSED"))).toBe("unavailable");
    expect(toDeliveryError(coded("EBLOCKED"), "post", "post")).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("outbound"),
    });
  });

  test("a rate limit says how long to wait", () => {
    const limit = {
      timeToReset: 100,
      limit: 5,
      method: "POST",
      hash: "",
      url: "",
      route: "",
      majorParameter: "",
      global: false,
      retryAfter: 7_000,
      sublimitTimeout: 0,
      scope: "user" as const,
    };
    expect(toDeliveryError(new RateLimitError(limit), "post", "post")).toMatchObject({ kind: "rateLimited", retryAfterMs: 7_000 });
  });

  test("what was sent does not stay with the error", () => {
    const error = toDeliveryError(refusal(400, 50_035), "post", "post");
    expect(JSON.stringify(error.cause)).not.toContain("secret");
    expect(discordCode(error)).toBe(50_035);
  });

  test("a token that is not accepted, and rights that are missing, name the remedy", () => {
    expect(toDeliveryError(refusal(401, 0), "post", "post").message).toContain("discord.token");
    expect(toDeliveryError(refusal(403, 50_013), "post", "post").message).toContain("permissions");
  });
});
