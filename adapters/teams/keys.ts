import { createPublicKey } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import { toDeliveryError } from "./errors.ts";
import { exchange, parseJson, toRefusal } from "./exchange.ts";

/** A key as the SDK takes it. */
export interface SigningKey {
  readonly key: string;
  readonly endorsements: string[];
}

/** The keys with which the service signs its tokens. */
export interface SigningKeys {
  /** Null for a key that the service does not publish. Rejects with `unavailable` when nobody can say. */
  getKey(id: string): Promise<SigningKey | null>;
}

const day = 86_400_000;
/** A key that is not known makes us look again, though not for everybody who makes up a name. */
const lookAgainMs = 300_000;
/** Between the tries of one look. Whoever waits for it waits with an activity that Teams may not send again. */
const pauses = [300, 1_000, 3_000, 0];

const metadataSchema = z.object({ jwks_uri: z.url({ protocol: /^https?$/ }) });
const keysSchema = z.object({
  keys: z.array(
    z.object({
      kid: z.string(),
      kty: z.string(),
      n: z.string().optional(),
      e: z.string().optional(),
      endorsements: z.array(z.string()).default([]),
    }),
  ),
});

export interface SigningKeysOptions {
  /** Of the metadata that names the key server. */
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Ends what is being waited for. */
  readonly signal: AbortSignal;
}

/** Fetched once a day, and once at a time. Keys that are known stay good while the server does not answer. */
export function createSigningKeys(options: SigningKeysOptions): SigningKeys {
  const { clock, signal } = options;
  let known = new Map<string, SigningKey>();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const look = async () => {
    for (const pause of pauses) {
      try {
        known = await fetchKeys(options);
        fetchedAt = clock.now();
        return;
      } catch (cause) {
        if (pause === 0 || signal.aborted)
          throw new DeliveryError("unavailable", "the keys of the service's tokens cannot be had", { cause });
        await clock.sleep(pause, signal);
      }
    }
  };

  return {
    async getKey(id) {
      const age = clock.now() - fetchedAt;
      if (age <= lookAgainMs || (known.has(id) && age <= day)) return known.get(id) ?? null;
      looking ??= look().finally(() => {
        looking = undefined;
      });
      await looking.catch((error: unknown) => {
        if (!known.has(id)) throw error;
      });
      return known.get(id) ?? null;
    },
  };
}

async function fetchKeys({ url, fetch: fetchWith, signal }: SigningKeysOptions): Promise<Map<string, SigningKey>> {
  const { jwks_uri: address } = metadataSchema.parse(await fetchJson(url, fetchWith, signal));
  const { keys } = keysSchema.parse(await fetchJson(address, fetchWith, signal));
  return new Map(
    keys.flatMap(({ kid, kty, n, e, endorsements }) => (kty === "RSA" && n && e ? [[kid, { key: toPem(n, e), endorsements }]] : [])),
  );
}

async function fetchJson(url: string, fetchWith: typeof fetch, signal: AbortSignal): Promise<unknown> {
  const answer = await exchange(fetchWith, url, { method: "GET", headers: { accept: "application/json" } }, signal).catch(
    (error: unknown) => {
      throw toDeliveryError(error, "signing keys", "read");
    },
  );
  if (answer.status !== 200) throw toDeliveryError(toRefusal(answer, 0), "signing keys", "read");
  return parseJson(answer.text);
}

function toPem(n: string, e: string): string {
  return createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" })
    .export({ type: "spki", format: "pem" })
    .toString();
}
