import type { Clock } from "../../model/clock.ts";
import type { Login, TokenKind } from "./login.ts";

/** An activity as it goes to the bot. */
export type Activity = Readonly<Record<string, unknown>>;

/** One request as it went out and came back; status 0: no answer. */
export interface Attempt {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One activity and what became of it: the status of each attempt, 0 where there was no answer. */
export interface Delivered {
  readonly type: string;
  readonly id: string;
  readonly statuses: readonly number[];
}

/** How hostile tests bend a request: another token, other headers or content. */
export interface Bend {
  readonly token?: TokenKind;
  /** The service URL in the token; otherwise the simulator's own. */
  readonly serviceUrl?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

export interface SendOptions {
  readonly clock: Clock;
  readonly login: Login;
  readonly serviceUrl: () => string;
  /** What the token of every activity is, unless bent. */
  readonly token: TokenKind;
  /** How long Teams waits for an answer. */
  readonly answerMs: number;
  /** How often an activity is sent again. */
  readonly resends: number;
  /** After which end it is: only where no answer came in time, or after anything but success. */
  readonly resendAfter: "silence" | "failure";
  readonly signal: AbortSignal;
}

const silence = "no answer in time";

/** Sends once, with the token of the service. Never rejects. */
export async function sendOnce(options: SendOptions, url: string, raw: string, bend: Bend = {}): Promise<Attempt> {
  const token = await options.login.toBot(bend.token ?? options.token, bend.serviceUrl ?? options.serviceUrl());
  const headers = {
    "content-type": bend.contentType ?? "application/json; charset=utf-8",
    "user-agent": "Microsoft-SkypeBotApi (Microsoft-BotFramework/3.0)",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...bend.headers,
  };
  const timeout = AbortSignal.timeout(options.answerMs);
  try {
    const signal = AbortSignal.any([options.signal, timeout]);
    const response = await fetch(url, { method: "POST", headers, body: raw, redirect: "manual", signal });
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  } catch {
    return { status: 0, headers: {}, body: timeout.aborted ? silence : "connection failed" }; // all that the service would tell, too
  }
}

/** Sends an activity until it is answered or the attempts are used up: Teams sends again what was not answered within 15 seconds. */
export async function sendActivity(options: SendOptions, url: () => string | undefined, activity: Activity): Promise<Delivered> {
  const raw = JSON.stringify(activity);
  const statuses: number[] = [];
  for (let left = options.resends; left >= 0 && !options.signal.aborted; left -= 1) {
    const address = url();
    if (address === undefined) break;
    const { status, body } = await sendOnce(options, address, raw);
    statuses.push(status);
    if (isSuccess(status) || (options.resendAfter === "silence" && body !== silence)) break;
    if (body !== silence) await options.clock.sleep(100, options.signal);
  }
  return { type: String(activity.type), id: String(activity.id), statuses };
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
