import { readFileSync } from "node:fs";
import type { LookupFunction } from "node:net";
import { getCACertificates } from "node:tls";
import { Agent, buildConnector, type Dispatcher, ProxyAgent } from "undici";
import { ConfigError } from "../model/errors.ts";
import type { OpenSocket } from "../model/socket.ts";
import { type AddressCheck, checkLiteral, createAddressCheck, createLookup } from "./address.ts";
import { FetchError } from "./fetch-error.ts";
import { type Outgoing, toOutgoing } from "./outgoing.ts";
import { toResponse } from "./response.ts";
import { createOpenSocket, type SocketRules } from "./socket.ts";

export interface GuardedFetchOptions {
  /** `true` opens private and loopback networks; a list opens just those CIDRs. */
  readonly allowPrivateNetworks: boolean | readonly string[];
  /** `http://user:password@host:port`. With a proxy, names are resolved, and so guarded, by the proxy; IP literals are checked here. */
  readonly proxy?: string | undefined;
  /** A PEM file with authorities to trust beside the usual ones. */
  readonly caFile?: string | undefined;
  readonly connectTimeoutMs?: number;
  /** For tests: who answers for names. */
  readonly lookup?: LookupFunction;
}

export interface GuardedFetch {
  /**
   * The platform's `fetch` over the bridge's own pool. A redirect is never followed: the caller gets the 3xx. Rejects with a
   * FetchError, or with the signal's reason. A body that is not read must be cancelled, or it keeps its connection.
   */
  readonly fetch: typeof fetch;
  /** For platforms that are reached by WebSocket; the same rules hold. */
  readonly openSocket: OpenSocket;
  /** Cuts what is open; sockets belong to whoever opened them. */
  close(): Promise<void>;
}

/** Streams may rest for long; whoever reads them watches the silence. This only ends what everybody forgot. */
const forgottenMs = 3_600_000;

/** Throws ConfigError when the CA file cannot be read. */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const check = createAddressCheck(options.allowPrivateNetworks);
  const lookup = createLookup(check, options.lookup);
  const timeoutMs = options.connectTimeoutMs ?? 10_000;
  const authorities = options.caFile === undefined ? {} : { ca: [...getCACertificates("default"), readAuthorities(options.caFile)] };
  const rules = { check, lookup, proxy: options.proxy, authorities, timeoutMs };
  const dispatcher = createDispatcher(rules);
  return {
    fetch: async (input, init) => {
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
      signal?.throwIfAborted();
      const outgoing = toOutgoing(input, init);
      try {
        return await exchange(dispatcher, check, outgoing, init, signal);
      } catch (cause) {
        if (signal?.aborted) throw signal.reason;
        throw new FetchError(cause);
      }
    },
    openSocket: createOpenSocket(rules),
    close: () => dispatcher.destroy(),
  };
}

/** Where Azure gives a machine its own tokens: the metadata address (169.254.169.254), or an address that stands in IDENTITY_ENDPOINT. */
const identityNetworks = ["169.254.0.0/16", "127.0.0.0/8", "::1/128"];

/**
 * For the tokens of a managed identity, and for nothing else: whoever could choose the address of a request would get the machine's
 * tokens. Without a proxy, for these addresses mean this machine.
 */
export function createIdentityFetch({ allowPrivateNetworks }: Pick<GuardedFetchOptions, "allowPrivateNetworks">): GuardedFetch {
  const more = typeof allowPrivateNetworks === "boolean" ? [] : allowPrivateNetworks;
  return createGuardedFetch({ allowPrivateNetworks: [...identityNetworks, ...more], connectTimeoutMs: 3_000 });
}

async function exchange(
  dispatcher: Dispatcher,
  check: AddressCheck,
  { url, method, headers, body }: Outgoing,
  init: RequestInit | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const sent = await body;
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new Error(`${url.protocol} is not http or https`);
  checkLiteral(url.hostname, check);
  const answer = await dispatcher.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers,
    body: sent,
    ...(signal === undefined ? {} : { signal }),
  });
  // Errors reach whoever reads the body; one that comes later must not end the process.
  answer.body.on("error", () => undefined);
  if (init?.redirect === "error" && answer.statusCode >= 300 && answer.statusCode < 400) {
    answer.body.destroy();
    throw new Error("the server redirects");
  }
  return toResponse(answer, method, url.href);
}

function createDispatcher({ check, lookup, proxy, authorities, timeoutMs }: SocketRules): Dispatcher {
  // HTTP/2 would put the streams of all conversations with an agent on one connection that breaks at once.
  const common = { headersTimeout: forgottenMs, bodyTimeout: forgottenMs, allowH2: false };
  if (proxy !== undefined) {
    return new ProxyAgent({ ...common, uri: proxy, connectTimeout: timeoutMs, requestTls: authorities, proxyTls: authorities });
  }
  const dial = buildConnector({ ...authorities, timeout: timeoutMs, allowH2: false, lookup });
  return new Agent({
    ...common,
    connect: (target, callback) => {
      try {
        checkLiteral(target.hostname, check);
      } catch (err) {
        callback(err instanceof Error ? err : new Error(String(err)), null);
        return;
      }
      dial(target, callback);
    },
  });
}

function readAuthorities(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`outbound.caFile: the file ${path} cannot be read. Name a PEM file that the bridge may read.`, { cause });
  }
}
