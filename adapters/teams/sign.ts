import type { Sign } from "../../src/model/adapter.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { TeamsAddress } from "./address.ts";
import { clearAway, removeSign, type Shown, type ShowParts, showMessage, showStream, showTyping, takeShown } from "./shown.ts";
import type { Slot } from "./slots.ts";
import { type Stream, streamLifeMs } from "./stream.ts";

/** Up to this age a sign is filled by the answer; after longer work a message of its own notifies people. */
const fillMs = 10_000;
/** "Is typing" fades after some seconds. */
const typingEveryMs = 4_000;
/** Answers that come sooner need no more than "is typing". */
const streamAfterMs = 1_500;
/** A sign that nobody renews ends by itself: the bridge renews it once a minute. Longer than a stream lives, which ends in good order. */
const renewedMs = 120_000;
const remembered = 2_000;
/** Between the tries to take a sign away. */
const removePauses = [2_000, 10_000];

/** The sign that somebody takes over, with the stream if this process has it open. */
export interface Taken {
  readonly slot: Slot;
  readonly stream: Stream | undefined;
}

/** Signs that we are at work: "is typing" and a stream in personal chats, a message that is filled later elsewhere. */
export interface Signs {
  set(address: TeamsAddress, sign: Sign, signal: AbortSignal): Promise<void>;
  /** The sign whose place a delivery takes, if there is one; for the same delivery the same again. `ends`: it is what the sign announced. */
  claim(address: TeamsAddress, delivery: string, ends: boolean): Promise<Taken | undefined>;
  /** Whether this delivery has taken a sign's place: posted again, it makes no second message. */
  holds(address: TeamsAddress, delivery: string): Promise<boolean>;
  /** The place that this delivery has taken is gone. */
  release(address: TeamsAddress, delivery: string): Promise<void>;
  /** The sign for whoever writes there from now on; what a process that is gone has left there is removed. */
  adopt(address: TeamsAddress): Promise<Taken | undefined>;
  /** An answer is being written in this message, which was no sign before. */
  writing(address: TeamsAddress, slot: Slot): Promise<void>;
  /** What was being written in this message has its end. */
  written(address: TeamsAddress, message: string): Promise<void>;
  /** Resolves when no sign is being shown any more. */
  stop(): Promise<void>;
}

export interface SignOptions extends ShowParts {
  /** The address as it is now. */
  readonly current: (address: TeamsAddress) => Promise<TeamsAddress>;
  /** Somebody pressed Stop while there was only a word about the work. */
  readonly onStopped: (address: TeamsAddress, stream: string) => void;
}

interface Thread extends Shown {
  /** Settles with the newest step: the steps of one thread are made one after another. */
  tail: Promise<unknown>;
  beat: AbortController | undefined;
  beating: Promise<void> | undefined;
  renewedAt: number;
}

export function createSigns(options: SignOptions): Signs {
  const { clock, log, slots } = options;
  const threads = new Map<string, Thread>();
  const ending = new AbortController();
  const removals = new Set<Promise<void>>();

  const owned = (removal: Promise<void>): Promise<void> => {
    const own = removal.finally(() => removals.delete(own));
    removals.add(own);
    return own;
  };

  /** Outside of the thread's steps: what comes next there need not wait for it. */
  const remove = async (thread: Thread, given: TeamsAddress, taken: Taken, signal: AbortSignal) => {
    const address = await options.current(given);
    for (const [index, pause] of [0, ...removePauses].entries()) {
      await clock.sleep(pause, ending.signal);
      try {
        return await removeSign(options, address, taken, index === 0 ? signal : ending.signal);
      } catch (error) {
        const again = error instanceof DeliveryError && ["rateLimited", "unavailable", "ambiguous"].includes(error.kind);
        if (!again || index === removePauses.length || ending.signal.aborted) throw error;
        log.debug({ err: error, thread: thread.key }, "sign not taken away yet");
      }
    }
  };

  const threadOf = ({ tenant, conversation }: TeamsAddress): Thread => {
    const key = `${tenant}:${conversation}`;
    const thread = threads.get(key) ?? createThread(key);
    threads.delete(key);
    threads.set(key, thread);
    for (const [other, { beat, stream }] of threads) {
      if (threads.size <= remembered) break;
      if (!beat && !stream) threads.delete(other);
    }
    return thread;
  };

  const onFailure = (thread: Thread, address: TeamsAddress, error: unknown) => {
    const { stream } = thread;
    if (stream?.end === "canceled") options.onStopped(address, stream.id);
    const refused = error instanceof DeliveryError && (error.kind === "refused" || error.kind === "threadGone");
    if (stream?.end !== undefined || refused) {
      thread.stream = undefined;
      thread.plain = true;
    }
    log.debug({ err: error, thread: thread.key }, "sign not shown");
  };

  /** Keeps the sign of a personal chat alive until somebody takes it away, or nobody wants it any more. */
  const beat = async (thread: Thread, given: TeamsAddress, signal: AbortSignal) => {
    const startedAt = clock.now();
    while (!signal.aborted && clock.now() - thread.renewedAt < renewedMs) {
      const early = clock.now() - startedAt < streamAfterMs;
      await next(thread, async () => {
        const address = await options.current(given);
        if (!signal.aborted)
          await (early
            ? showTyping(options, address, signal)
            : showStream(options, thread, address, { wait: signal, call: ending.signal }));
      }).catch((error: unknown) => {
        if (!signal.aborted) onFailure(thread, given, error);
      });
      await clock.sleep(early ? streamAfterMs : typingEveryMs, signal);
    }
  };

  const startBeat = (thread: Thread, address: TeamsAddress) => {
    const controller = new AbortController();
    thread.beat = controller;
    thread.plain = false;
    thread.beating = beat(thread, address, AbortSignal.any([controller.signal, ending.signal])).finally(() => {
      if (thread.beat === controller) thread.beat = undefined;
    });
  };

  return {
    async set(address, sign, signal) {
      const thread = threadOf(address);
      if (sign.kind === "idle") {
        endBeat(thread);
        const taken = await next(thread, () => takeShown(options, thread));
        return taken && owned(remove(thread, address, taken, signal));
      }
      thread.renewedAt = clock.now();
      thread.words = sign.text ?? thread.words;
      if (address.kind === "personal") {
        if (!thread.beat && !ending.signal.aborted) startBeat(thread, address);
        return;
      }
      await next(thread, async () => {
        const now = await options.current(address);
        if (now.kind === "groupChat") await showTyping(options, now, signal);
        await showMessage(options, thread, now, signal);
      });
    },
    claim(address, delivery, ends) {
      const thread = threadOf(address);
      if (ends) endBeat(thread);
      return next(thread, async () => {
        const slot = await slots.claim(thread.key, delivery, (open) => isFillable(open, ends, clock.now()));
        return slot && { slot, stream: takeStream(thread, slot) };
      });
    },
    adopt(address) {
      const thread = threadOf(address);
      endBeat(thread);
      return next(thread, async () => {
        const open = await slots.open(thread.key);
        if (!open) return undefined;
        // A stream of another process cannot be gone on with, and while it is open Teams takes no other.
        if (open.passed || (open.stream && open.message !== thread.stream?.id)) {
          await clearAway(options, thread, await options.current(address), ending.signal);
          return undefined;
        }
        await slots.put(thread.key, { ...open, writing: true });
        return { slot: open, stream: takeStream(thread, open) };
      });
    },
    writing(address, slot) {
      const thread = threadOf(address);
      return next(thread, () => slots.put(thread.key, { ...slot, writing: true }));
    },
    written(address, message) {
      const thread = threadOf(address);
      return next(thread, async () => {
        if ((await slots.open(thread.key))?.message === message) await slots.take(thread.key);
      });
    },
    holds: (address, delivery) => slots.holds(threadOf(address).key, delivery),
    release(address, delivery) {
      const thread = threadOf(address);
      return next(thread, () => slots.release(thread.key, delivery));
    },
    async stop() {
      ending.abort();
      const all = [...threads.values()];
      await Promise.allSettled([...removals, ...all.flatMap(({ beating, tail }) => [beating, tail])]);
      threads.clear();
    },
  };
}

/** The caller hears of a failure; the next step does not care. */
function next<T>(thread: Thread, step: () => Promise<T>): Promise<T> {
  const mine = thread.tail.then(step);
  thread.tail = mine.catch(() => undefined);
  return mine;
}

function endBeat(thread: Thread): void {
  thread.beat?.abort();
  thread.beat = undefined;
  thread.words = "";
}

function takeStream(thread: Thread, { message }: Slot): Stream | undefined {
  const { stream } = thread;
  if (stream?.id !== message) return undefined;
  thread.stream = undefined;
  return stream;
}

/** A stream cannot stand beside what follows, so whatever is said next ends it. */
function isFillable({ at, stream, passed, writing }: Slot, ends: boolean, now: number): boolean {
  if (passed || writing) return false;
  return stream ? now - at < streamLifeMs : ends && now - at <= fillMs;
}

function createThread(key: string): Thread {
  const nothing = { message: undefined, stream: undefined, beat: undefined, beating: undefined };
  return { key, words: "", shown: "", shownAt: 0, plain: false, tail: Promise.resolve(), renewedAt: 0, ...nothing };
}
