import { createHash } from "node:crypto";
import type { AgentCard } from "@a2a-js/sdk";
import { z } from "zod";
import type { Log } from "../log.ts";
import type { Clock } from "../model/clock.ts";
import { AgentError } from "../model/errors.ts";
import type { Store } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import type { AgentConfig } from "./config.ts";
import { discoverCard, type FoundCard, fetchCard } from "./discover.ts";
import { presetOf } from "./presets.ts";
import { toCard } from "./repair.ts";

export interface Cards {
  /** The agent's card, fetched when first needed and again when it is outdated. Throws AgentError; nothing has reached the agent then. */
  get(signal: AbortSignal): Promise<AgentCard>;
}

export interface CardOptions {
  readonly name: string;
  readonly config: AgentConfig;
  /** With the agent's credentials: some cards are protected. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store<Json>;
  /** How long one look for the card may take. */
  readonly timeoutMs: number;
}

interface Kept {
  readonly url: string;
  readonly raw: unknown;
  readonly etag?: string | undefined;
  readonly freshMs: number;
  readonly freshUntil: number;
}

const keptSchema: z.ZodType<Kept> = z.object({
  url: z.string(),
  raw: z.json(),
  etag: z.string().optional(),
  freshMs: z.number(),
  freshUntil: z.number(),
});

/** How long an outdated card is used on before the next look, when a look failed. */
const retryMs = 30_000;
const keepMs = 30 * 86_400_000;

/** A card in the configuration or of a preset is used as it is; otherwise one is looked for, and kept in memory and in the store. */
export function createCards(options: CardOptions): Cards {
  const { config, name } = options;
  const given = config.card ?? (new URL(config.url).pathname.endsWith(".json") ? undefined : presetOf(config).card);
  if (given) {
    const card = lazy(() => toCard(given, config.url, name));
    return { get: async () => card() };
  }
  return createFetchedCards(options);
}

function createFetchedCards(options: CardOptions): Cards {
  const { clock } = options;
  let kept: Kept | undefined;
  let card: AgentCard | undefined;
  let flight: Promise<AgentCard> | undefined;

  const load = async (): Promise<AgentCard> => {
    const known = kept ?? (await restore(options));
    const next = await refresh(options, known);
    // An unchanged card stays the same object.
    card = card && next.raw === kept?.raw ? card : toCard(next.raw, next.url, options.name);
    kept = next;
    return card;
  };
  return {
    get(signal) {
      if (card && kept && kept.freshUntil > clock.now()) return Promise.resolve(card);
      // One look serves all who wait, so no single caller can end it; it ends by its own time limit.
      flight ??= load().finally(() => {
        flight = undefined;
      });
      return untilAborted(flight, signal);
    },
  };
}

async function refresh(options: CardOptions, known: Kept | undefined): Promise<Kept> {
  const { clock, config, fetch, log, store } = options;
  if (known && known.freshUntil > clock.now()) return known;
  try {
    const found = await withTimeout(options, async (signal) => {
      const same = known && (await fetchCard(known.url, known.etag, fetch, signal).catch(() => undefined));
      return same ?? (await discoverCard(config.url, fetch, signal));
    });
    const next = found === "unchanged" && known ? { ...known, freshUntil: clock.now() + known.freshMs } : toKept(found, clock);
    await store.set(keyOf(config), toJson(next), keepMs).catch((err: unknown) => log.warn({ err }, "agent card not cached"));
    return next;
  } catch (err) {
    if (!known) throw err;
    log.warn({ agent: options.name, err }, "agent card not renewed, the old one is used");
    return { ...known, freshUntil: clock.now() + retryMs };
  }
}

function toKept(found: FoundCard | "unchanged", clock: Clock): Kept {
  if (found === "unchanged") throw new AgentError("unreachable", "the agent card was answered with 304 without being known");
  return { ...found, freshUntil: clock.now() + found.freshMs };
}

async function restore(options: CardOptions): Promise<Kept | undefined> {
  const value = await options.store.get(keyOf(options.config)).catch((err: unknown) => {
    options.log.warn({ err }, "cached agent card not read");
  });
  return keptSchema.safeParse(value).data;
}

async function withTimeout<T>(options: CardOptions, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const timeout = new AbortController();
  const done = new AbortController();
  void options.clock.sleep(options.timeoutMs, done.signal).then(() => timeout.abort(new Error("the agent card did not come in time")));
  try {
    return await run(timeout.signal);
  } finally {
    done.abort();
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new AgentError("unreachable", "the call was given up by the caller", { cause: signal.reason }));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function toJson(kept: Kept): Json {
  return JSON.parse(JSON.stringify(kept));
}

function keyOf(config: AgentConfig): string {
  return `card:${createHash("sha256").update(config.url).digest("hex").slice(0, 32)}`;
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
