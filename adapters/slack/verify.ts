import { createHmac, timingSafeEqual } from "node:crypto";

/** Seconds. A captured request is worth nothing after this long; one from the future is refused too. */
const tolerance = 300;

/** What of a request is signed. */
export interface Signed {
  readonly body: Uint8Array;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

/**
 * Whether Slack made this request with our signing secret within five minutes of `now` (milliseconds).
 * Compares in constant time. https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function isFromSlack(signed: Signed, signingSecret: string, now: number): boolean {
  const { timestamp, signature } = signed;
  if (timestamp === undefined || signature === undefined || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(now / 1000 - Number(timestamp)) > tolerance) return false;
  const expected = Buffer.from(toSignature(signed.body, timestamp, signingSecret));
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** The value of `x-slack-signature` for a body. */
export function toSignature(body: Uint8Array, timestamp: string, signingSecret: string): string {
  return `v0=${createHmac("sha256", signingSecret).update(`v0:${timestamp}:`).update(body).digest("hex")}`;
}
