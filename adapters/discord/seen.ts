import type { OpenStore } from "../../src/model/ledger.ts";
import { isLater } from "./snowflake.ts";

/** How far we have read: what a bridge that was away goes on from. Only ids and times are kept. */
export interface Seen {
  /** The newest message of this channel that was committed. */
  last(channel: string): Promise<string | undefined>;
  committed(channel: string, message: string): Promise<void>;
  /** Somebody writes to the bot alone here: no other list has these channels. */
  direct(channel: string): Promise<void>;
  /** The channels of those who wrote to the bot alone, the latest first. */
  directs(): Promise<readonly string[]>;
  /** Until when everything that was said is committed, or is not ours. Milliseconds since 1970. */
  readUntil(): Promise<number | undefined>;
  setReadUntil(at: number): Promise<void>;
}

const day = 86_400_000;
/** Longer than anybody's back-fill reaches. */
const lastKeptMs = 7 * day;
const mostDirects = 1_000;

export function createSeen({ openStore, now }: { readonly openStore: OpenStore; readonly now: () => number }): Seen {
  const lasts = openStore<string>("discord-seen");
  const state = openStore<number | Readonly<Record<string, number>>>("discord-state");

  const loadDirects = async (): Promise<Readonly<Record<string, number>>> => {
    const kept = await state.get("directs");
    return typeof kept === "object" ? kept : {};
  };
  let saving = Promise.resolve();

  const addDirect = async (channel: string) => {
    const kept = await loadDirects();
    // Once a day is enough to know whom to look after first.
    if ((kept[channel] ?? 0) > now() - day) return;
    const latest = Object.entries({ ...kept, [channel]: now() }).sort(([, a], [, b]) => b - a);
    await state.set("directs", Object.fromEntries(latest.slice(0, mostDirects)));
  };

  return {
    last: (channel) => lasts.get(channel),
    async committed(channel, message) {
      const known = await lasts.get(channel);
      if (known === undefined || isLater(message, known)) await lasts.set(channel, message, lastKeptMs);
    },
    direct(channel) {
      const own = saving.then(() => addDirect(channel));
      saving = own.catch(() => undefined); // the caller hears of it
      return own;
    },
    async directs() {
      const kept = await loadDirects();
      return Object.entries(kept)
        .sort(([, a], [, b]) => b - a)
        .map(([channel]) => channel);
    },
    async readUntil() {
      const kept = await state.get("readUntil");
      return typeof kept === "number" ? kept : undefined;
    },
    setReadUntil: (at) => state.set("readUntil", at),
  };
}
