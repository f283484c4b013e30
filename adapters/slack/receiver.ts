import type { Clock } from "../../src/model/clock.ts";
import type { HttpRoute, RawRequest, RawResponse } from "../../src/model/http.ts";
import type { Intake } from "./intake.ts";
import { type Payload, parsePayload } from "./payload.ts";
import { isFromSlack } from "./verify.ts";

const bodyLimit = 1024 * 1024;

export interface DoorOptions {
  readonly signingSecret: string;
  readonly clock: Clock;
  readonly intake: Intake;
}

/** The door for Slack's signed requests. 503 asks Slack to send an event again. */
export function createDoor({ signingSecret, clock, intake }: DoorOptions): HttpRoute {
  const handle = async ({ headers, body }: RawRequest): Promise<RawResponse> => {
    const signed = { body, timestamp: headers["x-slack-request-timestamp"], signature: headers["x-slack-signature"] };
    if (!isFromSlack(signed, signingSecret, clock.now())) return { status: 401 };
    const payload = parsePayload(headers["content-type"], body);
    if (!payload) return { status: 400 };
    const plain = answerAtOnce(payload);
    if (plain) return plain;
    const retry = headers["x-slack-retry-num"];
    const taken = await intake.take(payload, retry === undefined ? undefined : Number(retry));
    if (taken.kind === "later") return { status: 503 };
    if (taken.answer === undefined) return { status: 200 };
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(taken.answer) };
  };
  return { method: "POST", path: "/slack/events", bodyLimit, handle };
}

/** What Slack asks of the door itself. https://docs.slack.dev/reference/events/url_verification */
function answerAtOnce(payload: Payload): RawResponse | undefined {
  if (payload.type === "url_verification") {
    return { status: 200, headers: { "content-type": "text/plain" }, body: typeof payload.challenge === "string" ? payload.challenge : "" };
  }
  return payload.ssl_check === "1" ? { status: 200 } : undefined;
}
