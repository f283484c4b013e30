import { createHmac } from "node:crypto";
import type { Clock } from "../../model/clock.ts";
import type { Envelope } from "./events.ts";
import type { Attempt, Line, Payload } from "./line.ts";

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

/** The way by signed requests, to wherever `url` leads now. */
export function httpLine(options: SendOptions, url: () => string | undefined): Line {
  return {
    isThere: () => url() !== undefined,
    async send(payload, retry) {
      const headers = retry ? { "x-slack-retry-num": String(retry.number), "x-slack-retry-reason": retry.reason } : {};
      return sendOnce(options, url() ?? "", toRaw(payload), { headers, contentType: contentTypes[payload.type] });
    },
  };
}

const form = "application/x-www-form-urlencoded";
const contentTypes = { events_api: "application/json", interactive: form, slash_commands: form } as const;

function toRaw({ type, body }: Payload): string {
  if (type === "events_api") return JSON.stringify(body);
  return new URLSearchParams(type === "interactive" ? { payload: JSON.stringify(body) } : body).toString();
}

/** Sends an event until it is taken or the attempts are used up, as Slack does (docs: Events API, errors and retries). */
export async function sendEvent(options: SendOptions, line: Line, envelope: Envelope): Promise<Delivered> {
  const statuses: number[] = [];
  let reason = "";
  for (const delay of [0, ...options.retryDelaysMs]) {
    if (delay > 0) await options.clock.sleep(delay, options.signal);
    if (!line.isThere() || options.signal.aborted) break;
    const retry = statuses.length > 0 ? { number: statuses.length, reason } : undefined;
    const attempt = await line.send({ type: "events_api", body: envelope }, retry);
    statuses.push(attempt.status);
    if ((attempt.status >= 200 && attempt.status < 300) || attempt.headers["x-slack-no-retry"] === "1") break;
    reason = attempt.status === 0 ? attempt.body : "http_error";
  }
  return { type: String(envelope.event.type), eventId: envelope.event_id, statuses };
}
