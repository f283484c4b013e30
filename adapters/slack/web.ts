import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, type WebClient } from "@slack/web-api";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import { type Purpose, toDeliveryError } from "./errors.ts";
import type { SlackMethod } from "./manifest.ts";
import { type Payload, parseObject } from "./payload.ts";

/** Milliseconds for one call; Slack answers in far less, or not at all. */
const timeoutMs = 10_000;
/** Where Slack asks to wait and does not say how long. */
const pauseSeconds = 30;

/** Slack's Web API. Each call is made once: nothing is repeated or queued here. */
export interface Web {
  /** Makes one call. Rejects with a DeliveryError, which names the method and not what was sent. */
  call<M extends SlackMethod>(method: M, purpose: Purpose, args: Arguments<M>, signal: AbortSignal): Promise<Answer<M>>;
}

/** What a method takes and answers, as the SDK knows it. What comes back was not checked. */
type Arguments<M extends SlackMethod> = Parameters<Method<M>>[0];
type Answer<M extends SlackMethod> = ReturnType<Method<M>> extends Promise<infer Result> ? Result : never;
type Method<M extends SlackMethod> = Extract<At<WebClient, M>, (args: never) => unknown>;
type At<T, Path extends string> = Path extends `${infer Name}.${infer Rest}` ? At<Get<T, Name>, Rest> : Get<T, Path>;
type Get<T, Name> = Name extends keyof T ? T[Name] : never;

export interface WebOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/**
 * Without the SDK's client, for which a call costs more processor time than the request that it sends: it queues and repeats, prepares log
 * lines that nobody reads, and takes no signal. Its types and errors are used.
 */
export function createWeb(options: WebOptions): Web {
  const base = options.apiUrl.replace(/\/*$/, "/");
  const headers = {
    accept: "application/json",
    authorization: `Bearer ${options.token}`,
    "content-type": "application/x-www-form-urlencoded",
  };
  const send = async <M extends SlackMethod>(method: M, args: Arguments<M>, signal: AbortSignal) => {
    const body = toForm(args ?? {});
    const response = await options.fetch(base + method, { method: "POST", headers, body, redirect: "error", signal });
    return readAnswer(method, response);
  };
  return {
    async call(method, purpose, args, signal) {
      if (signal.aborted) throw new DeliveryError("unavailable", `${method}: not begun, the bridge is stopping`);
      const limit = limited(options.clock, signal);
      try {
        return await send(method, args, limit.signal);
      } catch (error) {
        throw toDeliveryError(error, method, purpose);
      } finally {
        limit.end();
      }
    },
  };
}

/** The caller's signal and the time limit as one. `AbortSignal.any` and `timeout` do the same, and stay in memory until the time is over. */
function limited(clock: Clock, signal: AbortSignal): { readonly signal: AbortSignal; end(): void } {
  const limit = new AbortController();
  const pass = () => limit.abort(signal.reason);
  const stop = clock.after(timeoutMs, () => limit.abort(new Error("Slack did not answer in time")));
  signal.addEventListener("abort", pass, { once: true });
  const end = () => {
    stop();
    signal.removeEventListener("abort", pass);
  };
  return { signal: limit.signal, end };
}

/** As Slack takes arguments: a form, with lists and objects in it as JSON. https://docs.slack.dev/apis/web-api/using-the-web-api */
function toForm(args: object): string {
  let form = "";
  for (const [key, value] of Object.entries(args)) {
    if (value === undefined || value === null) continue;
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    // What stands alone as half of a character pair cannot be written; it becomes the sign for that, as on every other way.
    form += `${form === "" ? "" : "&"}${key}=${encodeURIComponent(text.toWellFormed())}`;
  }
  return form;
}

/** Throws the SDK's errors for whatever is not `ok`. */
async function readAnswer<M extends SlackMethod>(method: M, response: Response): Promise<Answer<M>> {
  const text = await response.text();
  if (response.status === 429) throw new WebAPIRateLimitedError(toPause(response));
  if (response.status !== 200) throw new WebAPIHTTPError(response.status, "", {});
  const answer = parseObject(text);
  if (answer?.ok !== true) {
    const error = typeof answer?.error === "string" ? answer.error : "";
    throw new WebAPIPlatformError({ ...answer, ok: false, error, response_metadata: { retryAfter: toPause(response) } });
  }
  // biome-ignore lint/plugin: the SDK says what a method answers, and nobody checks it; what matters is parsed where it is used
  return (method === "auth.test" ? withScopes(answer, response) : answer) as Answer<M>;
}

function toPause({ headers }: Response): number {
  const seconds = Number.parseInt(headers.get("retry-after") ?? "", 10);
  return Number.isNaN(seconds) ? pauseSeconds : seconds;
}

/** Every answer names the token's scopes in its head; they are read where it is asked whose token it is. */
function withScopes(answer: Payload, { headers }: Response): Payload {
  const scopes = headers.get("x-oauth-scopes");
  return scopes === null ? answer : { ...answer, response_metadata: { scopes: scopes.trim().split(/\s*,\s*/) } };
}
