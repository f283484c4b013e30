import type { JWK } from "jose";
import { z } from "zod";
import type { Clock } from "../model/clock.ts";
import { AgentError } from "../model/errors.ts";
import { parseBounded } from "./bounds.ts";
import { readSome } from "./call.ts";
import type { CardKeysConfig } from "./config.ts";

export interface KeySourceOptions {
  readonly keys: CardKeysConfig;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** The trusted key of this id, by the place that a signature names if that place is listed. Throws AgentError when it cannot be had. */
export type KeySource = (kid: string, jku: string | undefined, signal: AbortSignal) => Promise<JWK | undefined>;

const jwks = z.object({ keys: z.array(z.custom<JWK>((key) => typeof key === "object" && key !== null && "kty" in key)) });
const maxBytes = 256 * 1024;
const freshMs = 600_000;
/** An id that is not among fresh keys may be a new one: then they are fetched again, but not more often than this. */
const againMs = 30_000;

interface Fetched {
  readonly keys: readonly JWK[];
  readonly at: number;
}

export function createKeySource(options: KeySourceOptions): KeySource {
  const { keys: config, clock } = options;
  const given: readonly JWK[] = config.keys ?? [];
  const places = [config.jwksUrl ?? []].flat();
  const fetched = new Map<string, Fetched>();

  const find = async (place: string, kid: string, signal: AbortSignal): Promise<JWK | undefined> => {
    const known = fetched.get(place);
    const age = clock.now() - (known?.at ?? Number.NEGATIVE_INFINITY);
    const key = known?.keys.find((each) => each.kid === kid);
    if (known && (key ? age < freshMs : age < againMs)) return key;
    const keys = await fetchKeys(options, place, signal);
    fetched.set(place, { keys, at: clock.now() });
    return keys.find((each) => each.kid === kid);
  };
  return async (kid, jku, signal) => {
    const own = given.find((each) => each.kid === kid);
    if (own) return own;
    for (const place of jku !== undefined && places.includes(jku) ? [jku] : places) {
      const key = await find(place, kid, signal);
      if (key) return key;
    }
    return undefined;
  };
}

async function fetchKeys({ fetch, clock, timeoutMs }: KeySourceOptions, place: string, signal: AbortSignal): Promise<readonly JWK[]> {
  const done = new AbortController();
  const timeout = new AbortController();
  void clock.sleep(timeoutMs, done.signal).then(() => timeout.abort(new Error("the keys did not come in time")));
  try {
    const answer = await fetch(place, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "manual",
      signal: AbortSignal.any([signal, timeout.signal]),
    });
    const text = await readSome(answer, maxBytes);
    const parsed = answer.ok ? jwks.safeParse(parseBounded(text)).data : undefined;
    if (parsed) return parsed.keys;
    throw new Error(`the keys were answered with ${answer.status}, or are none`);
  } catch (error) {
    throw unreachable(error);
  } finally {
    done.abort();
  }
}

function unreachable(cause: unknown): AgentError {
  return new AgentError("unreachable", "the keys of the agent card's signature cannot be had", {
    cause,
    explanation: "The keys that the agent's card is checked with cannot be fetched. An administrator must check `cardKeys.jwksUrl`.",
  });
}
