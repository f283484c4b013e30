import { REST, type RESTOptions, RequestMethod, type RouteLike } from "discord.js";
import { DeliveryError } from "../../src/model/errors.ts";
import { type Purpose, toDeliveryError } from "./errors.ts";

/** Milliseconds for one call; Discord answers in far less, or not at all. */
const timeout = 15_000;
/** A longer wait for a rate limit is given back to the caller, whose worker has better things to do. */
const longestWait = 5_000;
/** Bytes of an answer. A hundred messages of 2,000 characters are a part of it. */
const largest = 8 * 1024 * 1024;

const methods = {
  get: RequestMethod.Get,
  post: RequestMethod.Post,
  put: RequestMethod.Put,
  patch: RequestMethod.Patch,
  delete: RequestMethod.Delete,
} as const;

export interface Call {
  /** Names the call in errors and logs. */
  readonly name: string;
  readonly purpose: Purpose;
  readonly body?: unknown;
  readonly files?: readonly { readonly name: string; readonly contentType: string; readonly data: Buffer }[];
  readonly query?: Readonly<Record<string, string>>;
  /** Interactions prove themselves by the token in their address. */
  readonly auth?: false;
}

/** Discord's REST API. Each call is made once, in its bucket's turn; it rejects with a DeliveryError. */
export interface Rest {
  call(method: keyof typeof methods, route: RouteLike, call: Call, signal: AbortSignal): Promise<unknown>;
  stop(): void;
}

export interface RestSetting {
  readonly token: string;
  readonly apiUrl: string;
  readonly fetch: typeof fetch;
}

export function createRest(setting: RestSetting): Rest {
  const rest = new REST(toRestOptions(setting));
  return {
    async call(method, route, { name, purpose, body, files = [], query, auth }, signal) {
      if (signal.aborted) throw new DeliveryError("unavailable", `${name}: not begun, the bridge is stopping`);
      // After a 401 the SDK forgets the token, and would not even try again.
      rest.setToken(setting.token);
      try {
        return await rest.request({
          fullRoute: route,
          method: methods[method],
          signal,
          ...(body !== undefined && { body: withWholeCharacters(body) }),
          ...(files.length > 0 && { files: [...files] }),
          ...(query && { query: new URLSearchParams(query) }),
          ...(auth === false && { auth }),
        });
      } catch (error) {
        throw toDeliveryError(error, name, purpose);
      }
    },
    stop() {
      rest.clearHandlerSweeper();
      rest.clearHashSweeper();
    },
  };
}

/**
 * Nothing is repeated by the SDK: the outbox does that, with the same nonce. Requests go out through our own `fetch`, with the guard, the
 * proxy and the authorities of the bridge.
 */
export function toRestOptions({ apiUrl, fetch: fetchWith }: RestSetting): Partial<RESTOptions> {
  return {
    api: apiUrl,
    timeout,
    retries: 0,
    rejectOnRateLimit: ({ timeToReset, retryAfter, sublimitTimeout }) => Math.max(timeToReset, retryAfter, sublimitTimeout) > longestWait,
    makeRequest: async (url, { method = "GET", headers: given, body, signal }) => {
      const headers = new Headers(Object.entries(given ?? {}).map(([name, value]): [string, string] => [name, String(value)]));
      const wanted = { method, headers, redirect: "error" as const, ...(signal && { signal }) };
      return toWhole(await fetchWith(url, body == null ? wanted : { ...wanted, body: toSent(body) }));
    },
  };
}

/** Half a character, as a cut or an agent may leave it, is no UTF-8: Discord fails at it, each time that it is tried. */
function withWholeCharacters(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body, (_, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value)));
}

/** The form's type, with the border between its parts, is set by whoever writes it out. */
function toSent(body: unknown): string | FormData {
  if (typeof body === "string" || body instanceof FormData) return body;
  throw new TypeError("this version of the SDK sends bodies of another kind");
}

/** An answer in hand: the SDK does not read what comes with some errors, and such a body would keep its connection. */
async function toWhole(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > largest) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  const { status, statusText, headers } = response;
  return new Response(size === 0 ? null : Buffer.concat(chunks), { status, statusText, headers });
}
