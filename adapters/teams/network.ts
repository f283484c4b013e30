import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from "@azure/msal-node";
import { DeliveryError } from "../../src/model/errors.ts";
import { toDeliveryError } from "./errors.ts";
import { type Answer, exchange, parseJson } from "./exchange.ts";

/** MSAL's way out: every request of it goes through `fetch`, with the guard, the proxy and the authorities of the bridge. */
export interface Network {
  readonly module: INetworkModule;
  /** Why the last request got no answer; MSAL does not pass that on. */
  readonly failure: DeliveryError | undefined;
  /** Of the last answer. */
  readonly status: number | undefined;
}

/** For one token. `detours`: origins, and what takes their place. */
export function createNetwork(fetchWith: typeof fetch, detours: ReadonlyMap<string, string>, signal: AbortSignal): Network {
  const last: { failure: DeliveryError | undefined; status: number | undefined } = { failure: undefined, status: undefined };

  const send = async <T>(method: string, url: string, options: NetworkRequestOptions = {}): Promise<NetworkResponse<T>> => {
    const { origin } = new URL(url);
    const target = (detours.get(origin) ?? origin) + url.slice(origin.length);
    const body = options.body === undefined ? {} : { body: options.body };
    try {
      const answer = await exchange(fetchWith, target, { method, headers: options.headers ?? {}, ...body }, signal);
      last.status = answer.status;
      return toResponse<T>(answer);
    } catch (error) {
      last.failure = toDeliveryError(error, "token", "read");
      throw last.failure;
    }
  };

  return {
    module: {
      sendGetRequestAsync: (url, options) => send("GET", url, options),
      sendPostRequestAsync: (url, options) => send("POST", url, options),
    },
    get failure() {
      return last.failure;
    },
    get status() {
      return last.status;
    },
  };
}

function toResponse<T>({ status, headers, text }: Answer): NetworkResponse<T> {
  const body = parseJson(text);
  if (typeof body !== "object" || body === null) throw new DeliveryError("unavailable", "Microsoft Entra's answer is no JSON");
  // biome-ignore lint/plugin: MSAL checks what it gets and gives no other way to say that
  return { status, headers: Object.fromEntries(headers), body: body as T };
}
