import { LogLevel, WebClient, type WebClientOptions } from "@slack/web-api";
import { DeliveryError } from "../../src/model/errors.ts";
import { type Purpose, toDeliveryError } from "./errors.ts";
import type { SlackMethod } from "./manifest.ts";

/** Milliseconds for one call; Slack answers in far less, or not at all. */
const timeout = 10_000;

/** Slack's Web API. Each call is made once: nothing is repeated or queued here. */
export interface Web {
  /** Makes one call; rejects with a DeliveryError. `method` names it in errors and logs. */
  call<T>(method: SlackMethod, purpose: Purpose, signal: AbortSignal, make: (client: WebClient) => Promise<T>): Promise<T>;
}

export function createWeb(options: { readonly token: string; readonly apiUrl: string; readonly fetch: typeof fetch }): Web {
  return {
    async call(method, purpose, signal, make) {
      if (signal.aborted) throw new DeliveryError("unavailable", `${method}: not begun, the bridge is stopping`);
      const fetchUntil: typeof fetch = (url, init) =>
        options.fetch(url, { ...init, signal: AbortSignal.any([signal, ...(init?.signal ? [init.signal] : [])]) });
      try {
        // A client for each call, for that is the only way to give a call a signal. It costs less than a tenth of a millisecond.
        return await make(new WebClient(options.token, clientOptions(options.apiUrl, fetchUntil)));
      } catch (error) {
        throw toDeliveryError(error, method, purpose);
      }
    },
  };
}

/**
 * A fresh object each time: the SDK writes into the options that it is given. It has no `headers`, for the SDK would put the token
 * into them and share it between clients.
 */
export function clientOptions(apiUrl: string, fetchWith: typeof fetch): WebClientOptions {
  return {
    slackApiUrl: apiUrl,
    allowAbsoluteUrls: false,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout,
    logger: mute,
    fetch: (url, init) => fetchWith(url, init),
  };
}

/** The SDK's log lines hold message text; what matters in them comes back as an error. */
export const mute = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
