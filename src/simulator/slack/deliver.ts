import { createHmac } from "node:crypto";
import type { Clock } from "../../model/clock.ts";
import type { Envelope } from "./events.ts";

/** One request as it went out and came back; status 0: no answer. */
export interface Attempt {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One event and what became of it: the status of each attempt, 0 where there was no answer. */
export interface Delivered {
  readonly type: string;
  readonly eventId: string;
  readonly statuses: readonly number[];
}

/** How hostile tests bend a request: a false time, a false signature, other headers or content. */
export interface Bend {
  /** Seconds since 1970. */
  readonly timestamp?: number;
  readonly signature?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

export interface SendOptions {
  readonly clock: Clock;
  readonly secret: string;
  /** Waits before the second, third ... attempt. */
  readonly retryDelaysMs: readonly number[];
  /** How long Slack waits for an answer. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

/** Signs and sends once, as Slack signs requests (docs: verifying requests from Slack). Never rejects. */
export async function sendOnce(options: SendOptions, url: string, raw: string, bend: Bend = {}): Promise<Attempt> {
  const timestamp = String(bend.timestamp ?? Math.floor(options.clock.now() / 1000));
  const signature = bend.signature ?? `v0=${createHmac("sha256", options.secret).update(`v0:${timestamp}:${raw}`).digest("hex")}`;
  const headers = {
    "content-type": bend.contentType ?? "application/json",
    "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    "x-slack-request-timestamp": timestamp,
    "x-slack-signature": signature,
    ...bend.headers,
  };
  const timeout = AbortSignal.timeout(options.answerMs);
  try {
    const signal = AbortSignal.any([options.signal, timeout]);
    const response = await fetch(url, { method: "POST", headers, body: raw, redirect: "manual", signal });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  } catch {
    return { status: 0, headers: {}, body: timeout.aborted ? "http_timeout" : "connection_failed" }; // all that Slack tells, too
  }
}

/** Sends an event until it is taken or the attempts are used up, as Slack does (docs: Events API, errors and retries). */
export async function sendEvent(options: SendOptions, url: () => string | undefined, envelope: Envelope): Promise<Delivered> {
  const raw = JSON.stringify(envelope);
  const statuses: number[] = [];
  let reason = "";
  for (const delay of [0, ...options.retryDelaysMs]) {
    if (delay > 0) await options.clock.sleep(delay, options.signal);
    const address = url();
    if (address === undefined || options.signal.aborted) break;
    const retry = statuses.length > 0 ? { "x-slack-retry-num": String(statuses.length), "x-slack-retry-reason": reason } : {};
    const attempt = await sendOnce(options, address, raw, { headers: retry });
    statuses.push(attempt.status);
    if ((attempt.status >= 200 && attempt.status < 300) || attempt.headers["x-slack-no-retry"] === "1") break;
    reason = attempt.status === 0 ? attempt.body : "http_error";
  }
  return { type: String(envelope.event.type), eventId: envelope.event_id, statuses };
}
