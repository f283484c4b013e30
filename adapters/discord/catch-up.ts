import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import { readAfter } from "./history.ts";
import type { Lanes } from "./lanes.ts";
import type { Rest } from "./rest.ts";
import type { Seen } from "./seen.ts";
import { isLater, toSnowflake } from "./snowflake.ts";
import type { Channel, Message } from "./wire.ts";

/** Reads what was said while nobody listened, before anything that is said now in the same place. */
export interface CatchUp {
  /** Call it before anything can be heard: what is said from then on is found, however soon this process is killed. */
  prepare(): Promise<void>;
  /** A new session has begun: what came between the last one and this is not sent by anybody. */
  begin(): void;
  /** A server shows its channels and threads: those with something new are read. */
  look(channels: readonly Channel[]): void;
  /** Reads a channel that no server shows, once in a session. Call it within the channel's lane, before what comes live there. */
  read(channel: string): Promise<void>;
  /** Whether this message was among what was read in this session. */
  hasRead(channel: string, message: string): boolean;
  /** Notes from time to time how far everything is read. Ends with the signal. */
  keepTime(isListening: () => boolean): Promise<void>;
}

export interface CatchUpOptions {
  readonly rest: Rest;
  readonly seen: Seen;
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly log: Log;
  readonly backfillMs: number;
  /** Resolves when the message is committed, or is not ours. May be given what was taken before. */
  readonly take: (message: Message) => Promise<void>;
  readonly signal: AbortSignal;
}

/** A silent connection is noticed within two heartbeats; until then nobody can say what was missed. Reading twice does no harm. */
const overlapMs = 180_000;
const noteEveryMs = 30_000;
const longestPause = 30_000;

export function createCatchUp(options: CatchUpOptions): CatchUp {
  const { rest, seen, lanes, clock, log, backfillMs, take, signal } = options;
  let session = { since: Promise.resolve("0"), done: new Map<string, string>() };

  /** The id behind which everything has to be read. Nothing is read before the very first session. */
  const findSince = async (): Promise<string> => {
    const now = clock.now();
    const until = await persist(() => seen.readUntil());
    return toSnowflake(until === undefined ? now : Math.max(until - overlapMs, now - backfillMs));
  };

  /** Until it succeeds: whoever comes behind in the lane waits. */
  const persist = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        return await work();
      } catch (err) {
        if (tries === 0) log.warn({ err }, "messages that came meanwhile cannot be read yet");
        await clock.sleep(Math.min(longestPause, 500 * 2 ** Math.min(tries, 10)), signal);
      }
    }
    return undefined;
  };

  /** Resolves to the last message that was read. */
  const readOnce = async (channel: string, since: string, newest: string | undefined): Promise<string> => {
    const last = (await seen.last(channel)) ?? since;
    const after = isLater(last, since) ? last : since;
    if (newest !== undefined && !isLater(newest, after)) return "0";
    let read = "0";
    let count = 0;
    for await (const message of readAfter(rest, channel, after, signal)) {
      await take(message);
      read = message.id;
      count++;
    }
    if (count > 0) log.info({ channel, messages: count }, "read what was said meanwhile");
    return read;
  };

  const read = async (channel: string, newest?: string) => {
    const { since, done } = session;
    if (done.has(channel) || backfillMs === 0) return;
    const from = await since;
    done.set(channel, (await persist(() => readOnce(channel, from, newest))) ?? "0");
  };

  const begin = async () => {
    const directs = await persist(() => seen.directs());
    for (const channel of directs ?? []) void lanes.run(channel, () => read(channel));
  };

  return {
    async prepare() {
      if ((await seen.readUntil()) === undefined) await seen.setReadUntil(clock.now());
    },
    begin() {
      session = { since: findSince(), done: new Map() };
      if (backfillMs > 0) void lanes.run("directs", begin);
    },
    look(channels) {
      if (backfillMs === 0) return;
      const edge = toSnowflake(clock.now() - backfillMs);
      for (const { id, last_message_id: last } of channels) {
        if (last && isLater(last, edge)) void lanes.run(id, () => read(id, last));
      }
    },
    read,
    hasRead: (channel, message) => !isLater(message, session.done.get(channel) ?? "0"),
    async keepTime(isListening) {
      while (!signal.aborted) {
        await clock.sleep(noteEveryMs, signal);
        if (!isListening()) continue;
        const at = lanes.oldest() ?? clock.now();
        await seen.setReadUntil(at).catch((err: unknown) => log.warn({ err }, "how far discord was read is not noted"));
      }
    },
  };
}
