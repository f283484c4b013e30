import { createHash } from "node:crypto";
import { z } from "zod";
import type { Log } from "../log.ts";
import type { Clock } from "../model/clock.ts";
import { AgentError } from "../model/errors.ts";
import type { Store } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import { readSome } from "./call.ts";
import type { AuthConfig } from "./config.ts";
import { parseRetryAfter } from "./failure.ts";
import { untilAborted } from "./until-aborted.ts";

/** Puts an agent's credentials on every request of the given fetch. */
export type Authenticate = (inner: typeof fetch) => typeof fetch;

export interface AuthOptions {
  readonly auth: AuthConfig;
  /** For token requests. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store<Json>;
  /** How long a token request may take. */
  readonly timeoutMs: number;
}

/** The credentials win over any header of the same name. OAuth2 tokens are shared by all requests and renewed once on a 401. */
export function createAuthenticate(options: AuthOptions): Authenticate {
  const { auth } = options;
  switch (auth.type) {
    case "none":
      return (inner) => inner;
    case "bearer":
      return withHeader("authorization", `Bearer ${auth.token}`);
    case "basic":
      return withHeader("authorization", basic(auth.username, auth.password));
    case "apiKey":
      return auth.in === "header" ? withHeader(auth.name, auth.value) : withQuery(auth.name, auth.value);
    case "oauth2":
    case "oauth2ClientCredentials":
      return withToken(createTokens(options, auth));
  }
}

function withHeader(name: string, value: string): Authenticate {
  return (inner) => (input, init) => inner(input, { ...init, headers: withValue(init, name, value) });
}

function withQuery(name: string, value: string): Authenticate {
  return (inner) => (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    url.searchParams.set(name, value);
    return inner(url.href, init);
  };
}

function withToken(tokens: Tokens): Authenticate {
  return (inner) => async (input, init) => {
    const call = (token: string) => inner(input, { ...init, headers: withValue(init, "authorization", `Bearer ${token}`) });
    const get = (refused: string | undefined) => (init?.signal ? untilAborted(tokens.get(refused), init.signal) : tokens.get(refused));
    const token = await get(undefined);
    const answer = await call(token);
    if (answer.status !== 401) return answer;
    // Refused for its credentials, so it was not carried out: asking once more with a new token does no harm.
    const renewed = await get(token);
    if (renewed === token) return answer;
    await answer.body?.cancel();
    return call(renewed);
  };
}

function withValue(init: RequestInit | undefined, name: string, value: string): Headers {
  const headers = new Headers(init?.headers);
  headers.set(name, value);
  return headers;
}

interface Tokens {
  /** A token that is good for a while still; never the one that was just refused. */
  get(refused: string | undefined): Promise<string>;
}

type OAuth2 = Extract<AuthConfig, { tokenUrl: string }>;

const cachedToken = z.object({ token: z.string(), renewAt: z.number() });
const tokenAnswer = z.object({
  access_token: z.string().min(1),
  token_type: z.string().optional(),
  expires_in: z.coerce.number().positive().optional(),
});

/** A token is renewed this long before its end, one that lives very shortly when half of its time is over. */
const earlyMs = 30_000;
const defaultLifeSeconds = 300;

function createTokens(options: AuthOptions, auth: OAuth2): Tokens {
  const { clock, store, log } = options;
  const key = `token:${hash([auth.tokenUrl, auth.clientId, auth.clientSecret, auth.scope ?? "", auth.audience ?? ""])}`;
  let current: z.infer<typeof cachedToken> | undefined;
  let flight: Promise<string> | undefined;
  let loaded = false;

  const isGood = (entry: typeof current, refused: string | undefined) =>
    entry !== undefined && entry.token !== refused && entry.renewAt > clock.now();

  const load = async (refused: string | undefined): Promise<string> => {
    if (!loaded) {
      loaded = true;
      current ??= cachedToken.safeParse(await store.get(key).catch((err: unknown) => log.warn({ err }, "cached token not read"))).data;
    }
    if (current && isGood(current, refused)) return current.token;
    const answer = await requestToken(options, auth);
    const lifeMs = (answer.expires_in ?? defaultLifeSeconds) * 1000;
    current = { token: answer.access_token, renewAt: clock.now() + Math.max(lifeMs - earlyMs, lifeMs / 2) };
    // Only a cache: without it the next process asks for a token of its own.
    await store.set(key, current, lifeMs).catch((err: unknown) => log.warn({ err }, "token not cached"));
    return current.token;
  };
  return {
    get(refused) {
      if (current && isGood(current, refused)) return Promise.resolve(current.token);
      flight ??= load(refused).finally(() => {
        flight = undefined;
      });
      return flight;
    },
  };
}

/** RFC 6749, section 4.4. Nothing has gone to the agent yet, so every failure says so. */
async function requestToken(options: AuthOptions, auth: OAuth2): Promise<z.infer<typeof tokenAnswer>> {
  const body = new URLSearchParams({ grant_type: "client_credentials" });
  if (auth.scope) body.set("scope", auth.scope);
  if (auth.audience) body.set("audience", auth.audience);
  const timeout = new AbortController();
  const done = new AbortController();
  void options.clock.sleep(options.timeoutMs, done.signal).then(() => timeout.abort(new Error("the token endpoint is silent")));
  try {
    const answer = await options.fetch(auth.tokenUrl, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
        // Both are form-encoded before they are joined (RFC 6749, section 2.3.1).
        authorization: basic(formEncode(auth.clientId), formEncode(auth.clientSecret)),
      },
      body: body.toString(),
      redirect: "manual",
      signal: timeout.signal,
    });
    return parseToken(answer, await readSome(answer, 256 * 1024), options.clock.now());
  } catch (error) {
    if (error instanceof AgentError) throw error;
    throw new AgentError("unreachable", "the token endpoint cannot be reached", { cause: error, explanation: noLogin });
  } finally {
    done.abort();
  }
}

const noLogin = "The login server of the agent cannot be reached, so the message was not sent.";
const badLogin = "The login server of the agent did not accept the bridge's credentials. An administrator must check `auth`.";

function parseToken(answer: Response, text: string, now: number): z.infer<typeof tokenAnswer> {
  const code = answer.status;
  const message = `the token endpoint answered with ${code}`;
  if (code === 429 || code === 503) {
    const retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"), answer.headers.get("date"), now);
    throw new AgentError("rateLimited", message, { code, retryAfterMs, explanation: noLogin });
  }
  if (code >= 500) throw new AgentError("unreachable", message, { code, explanation: noLogin });
  if (!answer.ok) throw new AgentError("unauthorized", message, { code, explanation: badLogin });
  const token = tokenAnswer.safeParse(parseJson(text));
  if (!token.success) throw new AgentError("unauthorized", "the token endpoint gave no token", { code, explanation: badLogin });
  return token.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema tells that it is no token
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

function formEncode(value: string): string {
  return new URLSearchParams({ v: value }).toString().slice(2);
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
