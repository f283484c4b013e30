import { describe, expect, test } from "@jest/globals";
import { isFromSlack, toSignature } from "../../../adapters/slack/verify.ts";

const secret = "8f742231b10e8888abcd99yyyzzz85a5";
const now = 1_700_000_000_000;
const body = new TextEncoder().encode('{"type":"event_callback","text":"日本語"}');
const signed = (seconds: number) => {
  const timestamp = String(now / 1000 + seconds);
  return { body, timestamp, signature: toSignature(body, timestamp, secret) };
};

describe("a request from Slack", () => {
  test("the documented example has the documented signature", () => {
    // https://docs.slack.dev/authentication/verifying-requests-from-slack
    const example =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    expect(toSignature(new TextEncoder().encode(example), "1531420618", secret)).toBe(
      "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    );
  });

  test.each([0, 299, -299])("is believed %i s from now", (seconds) => {
    expect(isFromSlack(signed(seconds), secret, now)).toBe(true);
  });

  test.each([301, -301, 3600])("is refused %i s from now", (seconds) => {
    expect(isFromSlack(signed(seconds), secret, now)).toBe(false);
  });

  test("is refused with another secret, another body, another time", () => {
    expect(isFromSlack(signed(0), "other", now)).toBe(false);
    expect(isFromSlack({ ...signed(0), body: new Uint8Array([1]) }, secret, now)).toBe(false);
    expect(isFromSlack({ ...signed(0), timestamp: String(now / 1000 + 1) }, secret, now)).toBe(false);
  });

  test.each([undefined, "", "v0=", "v0", "x", `v0=${"a".repeat(64)}`])("is refused with the signature %j", (signature) => {
    expect(isFromSlack({ ...signed(0), signature }, secret, now)).toBe(false);
  });

  test.each([undefined, "", "NaN", "1e9", "-1", "1700000000.5"])("is refused with the time %j", (timestamp) => {
    const signature = toSignature(body, timestamp ?? "", secret);
    expect(isFromSlack({ body, timestamp, signature }, secret, now)).toBe(false);
  });
});
