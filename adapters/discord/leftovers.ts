import type { Log } from "../../src/log.ts";
import { readAfter } from "./history.ts";
import type { Insist } from "./insist.ts";
import type { Lanes } from "./lanes.ts";
import type { Rest } from "./rest.ts";
import { isLater } from "./snowflake.ts";
import type { Message } from "./wire.ts";

/**
 * What comes where others wait already, and too much waits altogether, is not kept in memory: it is read from Discord in its turn. So what
 * waits is bounded, however long the store is away: a number of events, and one reading for each place.
 */
export interface Leftovers {
  /** Whether what comes in this channel now is to be left. */
  isLeft(channel: string): boolean;
  message(message: Message): void;
  /** Messages that were edited or deleted. */
  changes(where: { readonly channel_id: string; readonly guild_id?: string | null | undefined }, ids: readonly string[]): void;
}

export interface LeftoversOptions {
  readonly rest: Rest;
  readonly lanes: Lanes;
  readonly insist: Insist;
  /** Called in the lane of a channel that no server shows, before anything of it is read. */
  readonly prepare: (channel: string) => Promise<void>;
  /** Resolves when the message is committed, or is not ours. May be given what was taken before. */
  readonly take: (message: Message) => Promise<void>;
  /** The same for whatever has become of a message: looks at it. */
  readonly takeChange: (channel: string, message: string) => Promise<void>;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Events that wait: some megabytes. */
const mostWaiting = 1_000;
/** Ids of messages that were changed; of changes beyond these nobody hears, as of those while the connection is lost. */
const mostChanges = 10_000;

/** What is to be read in a channel, once its turn has come. */
interface Note {
  /** Behind this message; undefined: no message was left. */
  after: string | undefined;
  messages: number;
  /** Of messages up to that one: the later ones are read as they are then. */
  readonly changed: Set<string>;
}

export function createLeftovers(options: LeftoversOptions): Leftovers {
  const { rest, lanes, insist, log, signal } = options;
  /** Of channels whose turn has not come yet. */
  const notes = new Map<string, Note>();
  let changes = 0;

  const note = (channel: string, direct: boolean): Note => {
    const known = notes.get(channel);
    if (known) return known;
    if (notes.size === 0)
      log.warn(
        { waiting: lanes.count(), channel },
        "too many events of discord wait to be committed: what comes behind them is read later",
      );
    const fresh: Note = { after: undefined, messages: 0, changed: new Set() };
    notes.set(channel, fresh);
    void lanes.run(channel, () => readLeft(channel, direct, fresh));
    return fresh;
  };

  const readLeft = async (channel: string, direct: boolean, left: Note) => {
    // Before the first look: what comes from now on might be missed by it.
    notes.delete(channel);
    changes -= left.changed.size;
    if (direct) await options.prepare(channel);
    let read = 0;
    await insist(async () => {
      if (left.after === undefined) return;
      for await (const message of readAfter(rest, channel, left.after, signal)) {
        await insist(() => options.take(message), "message");
        if (signal.aborted) return;
        left.after = message.id;
        read += 1;
      }
    }, "messages that were left");
    for (const id of left.changed) await insist(() => options.takeChange(channel, id), "change that was left");
    if (signal.aborted) return;
    log.info({ channel, left: left.messages, read, changes: left.changed.size }, "read what was left while too many events waited");
  };

  return {
    isLeft: (channel) => notes.has(channel) || (lanes.count() >= mostWaiting && lanes.isBusy(channel)),
    message({ id, channel_id: channel, guild_id: guild }) {
      const left = note(channel, !guild);
      left.after ??= (BigInt(id) - 1n).toString();
      left.messages += 1;
    },
    changes({ channel_id: channel, guild_id: guild }, ids) {
      const left = note(channel, !guild);
      for (const id of ids) {
        if ((left.after !== undefined && isLater(id, left.after)) || left.changed.has(id)) continue;
        if (changes >= mostChanges) return log.warn({ channel, message: id }, "too many changes wait: this one is not heard of");
        left.changed.add(id);
        changes += 1;
      }
    },
  };
}
