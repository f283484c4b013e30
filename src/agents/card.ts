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
import type { Verified, Verify } from "./signature.ts";
import { untilAborted } from "./until-aborted.ts";

/** An agent as its card tells. The same object until the card changes. */
export interface FoundAgent {
  readonly card: AgentCard;
  /** Where it was found; absent for one of the configuration. */
  readonly url: string | undefined;
  readonly signature: Verified["signature"];
  /** It is the one for those who are known. */
  readonly extended: boolean;
}

export interface Cards {
  /** The agent's card, fetched when first needed and again when it is outdated. Throws AgentError; nothing has reached the agent then. */
  get(signal: AbortSignal): Promise<FoundAgent>;
}

export interface CardOptions {
  readonly name: string;
  readonly config: AgentConfig;
  /** With the agent's credentials: some cards are protected. */
  readonly fetch: typeof fetch;
  /** Go along with each look. */
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store<Json>;
  readonly verify: Verify;
  /** The card for those who are known, as it came; undefined when the agent has none. Absent: it is not asked for. */
  readonly extend?: (card: AgentCard, signal: AbortSignal) => Promise<unknown>;
  /** How long one look for the card may take. */
  readonly timeoutMs: number;
}

interface Kept {
  readonly url: string;
  readonly raw: unknown;
  readonly extended?: unknown;
  readonly etag?: string | undefined;
  readonly freshMs: number;
  readonly freshUntil: number;
}

const keptSchema: z.ZodType<Kept> = z.object({
  url: z.string(),
  raw: z.json(),
  extended: z.json().optional(),
  etag: z.string().optional(),
  freshMs: z.number(),
  freshUntil: z.number(),
});

/** How long an outdated card is used on before the next look, when a look failed. */
const retryMs = 30_000;
const keepMs = 30 * 86_400_000;

/** A card in the configuration or of a preset is used as it is; otherwise one is looked for, and kept in memory and in the store. */
export function createCards(options: CardOptions): Cards {
  const { config } = options;
  const given = config.card ?? (new URL(config.url).pathname.endsWith(".json") ? undefined : presetOf(config).card);
  if (!given) return createFetchedCards(options);
  const found = lazy<FoundAgent>(() => ({
    card: repair(options, given, config.url),
    url: undefined,
    signature: "unchecked",
    extended: false,
  }));
  return { get: async () => found() };
}

function createFetchedCards(options: CardOptions): Cards {
  const { clock, log, name } = options;
  let kept: Kept | undefined;
  let found: FoundAgent | undefined;
  let flight: Promise<FoundAgent> | undefined;

  const load = async (): Promise<FoundAgent> => {
    const before = kept ?? (await restore(options));
    const now = before && before.freshUntil > clock.now() ? before : await renewOr(options, before);
    kept = now;
    // An unchanged card stays the same object: what was learned of the agent is kept with it.
    if (found && before && isSame(before, now)) return found;
    if (found) log.info({ agent: name, url: now.url }, "agent card changed");
    found = await read(options, now);
    return found;
  };
  return {
    get(signal) {
      if (found && kept && kept.freshUntil > clock.now()) return Promise.resolve(found);
      // One look serves all who wait, so no single caller can end it; it ends by its own time limit.
      flight ??= load().finally(() => {
        flight = undefined;
      });
      return untilAborted(flight, signal);
    },
  };
}

/** A card that cannot be renewed, or not be used, is used on as it was. */
async function renewOr(options: CardOptions, known: Kept | undefined): Promise<Kept> {
  try {
    return await renew(options, known);
  } catch (err) {
    if (!known) throw err;
    options.log.warn({ agent: options.name, err }, "agent card not renewed, the old one is used");
    return { ...known, freshUntil: options.clock.now() + retryMs };
  }
}

/** Looks for the card, and keeps only one that can be used. */
async function renew(options: CardOptions, known: Kept | undefined): Promise<Kept> {
  const { clock, config, log, store } = options;
  const { cardUrls } = presetOf(config);
  const found = await withTimeout(options, async (signal) => {
    const look = { ...options, signal };
    const same = known && (await fetchCard(known.url, known.etag, look).catch(() => undefined));
    return same ?? (await discoverCard(config.url, cardUrls?.(config.url) ?? [], look));
  });
  const next = found === "unchanged" && known ? { ...known, freshUntil: clock.now() + known.freshMs } : toKept(found, clock);
  const whole: Kept = { ...next, extended: await extend(options, next, known?.extended) };
  await read(options, whole);
  await store.set(keyOf(config), toJson(whole), keepMs).catch((err: unknown) => log.warn({ err }, "agent card not cached"));
  return whole;
}

/** `before`: what it was when it could be had last. */
async function extend(options: CardOptions, { raw, url }: Kept, before: unknown): Promise<unknown> {
  const { extend: ask, log, name } = options;
  if (!ask) return undefined;
  const card = repair(options, raw, url);
  try {
    return await withTimeout(options, (signal) => ask(card, signal));
  } catch (err) {
    log.warn({ agent: name, err }, "extended agent card not fetched");
    return before;
  }
}

async function read(options: CardOptions, { raw, url, extended }: Kept): Promise<FoundAgent> {
  const { raw: trusted, signature } = await withTimeout(options, (signal) => options.verify(extended ?? raw, signal));
  return { card: repair(options, trusted, url), url, signature, extended: extended !== undefined };
}

function repair({ name, headers }: CardOptions, raw: unknown, base: string): AgentCard {
  const activated = Object.entries(headers).filter(([header]) => /^(x-)?a2a-extensions$/i.test(header));
  return toCard(raw, { base, name, extensions: activated.flatMap(([, uris]) => uris.split(",").map((uri) => uri.trim())) });
}

function isSame(a: Kept, b: Kept): boolean {
  return a === b || (a.url === b.url && JSON.stringify([a.raw, a.extended]) === JSON.stringify([b.raw, b.extended]));
}

function toKept(found: FoundCard | "unchanged", clock: Clock): Kept {
  if (found === "unchanged") throw new AgentError("unreachable", "the agent card was answered with 304 without being known");
  return { ...found, freshUntil: clock.now() + found.freshMs };
}

async function restore(options: CardOptions): Promise<Kept | undefined> {
  const value = await options.store.get(keyOf(options.config)).catch((err: unknown) => {
    options.log.warn({ err }, "cached agent card not read");
  });
  const { data } = keptSchema.safeParse(value);
  // What was trusted by an earlier configuration may not be trusted now.
  return (
    data &&
    (await read(options, data).then(
      () => data,
      () => undefined,
    ))
  );
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
