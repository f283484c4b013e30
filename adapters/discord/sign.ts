import { Routes } from "discord.js";
import type { Log } from "../../src/log.ts";
import type { Sign } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { type DiscordAddress, toChannel } from "./address.ts";
import type { Rest } from "./rest.ts";
import type { Threads } from "./threads.ts";

/** Shows that the bot is writing; Discord knows no other sign. */
export interface Signs {
  set(address: DiscordAddress, sign: Sign, signal: AbortSignal): Promise<void>;
  /** Resolves when no sign is shown any more. */
  stop(): Promise<void>;
}

/** Discord takes the sign away after ten seconds. https://discord.com/developers/docs/resources/channel#trigger-typing-indicator */
const againMs = 8_000;
/** Nobody believes in a longer one; long work is said in words, and the path renews the sign while it follows a task. */
const longestMs = 300_000;

interface Shown {
  until: number;
  readonly ending: AbortController;
  running: Promise<void>;
}

export interface SignsOptions {
  readonly rest: Rest;
  readonly threads: Threads;
  readonly clock: Clock;
  readonly log: Log;
}

export function createSigns({ rest, threads, clock, log }: SignsOptions): Signs {
  const shown = new Map<string, Shown>();

  const type = (channel: string, signal: AbortSignal) =>
    rest.call("post", Routes.channelTyping(channel), { name: "typing", purpose: "read" }, signal);

  const repeat = async (channel: string, own: Shown) => {
    const { signal } = own.ending;
    while (!signal.aborted) {
      await clock.sleep(againMs, signal);
      if (signal.aborted || clock.now() > own.until) return;
      await type(channel, signal).catch((err: unknown) => log.debug({ err, channel }, "sign not shown"));
    }
  };

  const begin = async (address: DiscordAddress, signal: AbortSignal) => {
    const channel = toChannel(address);
    const own: Shown = { until: clock.now() + longestMs, ending: new AbortController(), running: Promise.resolve() };
    shown.set(channel, own);
    const first = threads.open(address, signal).then(() => type(channel, signal));
    own.running = first
      .then(() => repeat(channel, own))
      .catch(() => undefined) // whoever asked for the sign hears of it
      .finally(() => {
        if (shown.get(channel) === own) shown.delete(channel);
      });
    await first;
  };

  return {
    async set(address, sign, signal) {
      const known = shown.get(toChannel(address));
      if (sign.kind === "idle") {
        known?.ending.abort();
        shown.delete(toChannel(address));
      } else if (known) known.until = clock.now() + longestMs;
      else await begin(address, signal);
    },
    async stop() {
      const open = [...shown.values()];
      for (const { ending } of open) ending.abort();
      await Promise.all(open.map(({ running }) => running));
    },
  };
}
