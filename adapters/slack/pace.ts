import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";

/** Turns for posts, channel by channel: a short burst, then an even pace. A pause of one channel does not touch the others. */
export interface Pace {
  /** Resolves when it is this caller's turn, in the order of the calls. Rejects with `rateLimited` rather than wait for long. */
  turn(channel: string, signal: AbortSignal): Promise<void>;
  /** Nothing more for this channel until `ms` from now. */
  pause(channel: string, ms: number): void;
}

/** A longer wait is given back to the caller, whose worker has better things to do. */
const longestWait = 5_000;

interface Lane {
  /** When the even pace allows the next post after a burst is used up. */
  due: number;
  pausedUntil: number;
}

export function createPace(options: { readonly perSecond: number; readonly burst: number; readonly clock: Clock }): Pace {
  const { clock } = options;
  const interval = 1000 / options.perSecond;
  const slack = (options.burst - 1) * interval;
  const lanes = new Map<string, Lane>();

  const lane = (channel: string): Lane => {
    const known = lanes.get(channel);
    if (known) return known;
    const now = clock.now();
    if (lanes.size > 1000) for (const [key, { due, pausedUntil }] of lanes) if (Math.max(due, pausedUntil) < now) lanes.delete(key);
    const fresh = { due: 0, pausedUntil: 0 };
    lanes.set(channel, fresh);
    return fresh;
  };

  return {
    async turn(channel, signal) {
      const mine = lane(channel);
      const now = clock.now();
      const due = Math.max(mine.due, now);
      const wait = Math.max(due - slack, mine.pausedUntil) - now;
      if (wait > longestWait) throw new DeliveryError("rateLimited", "this channel's turn comes later", { retryAfterMs: Math.ceil(wait) });
      mine.due = due + interval;
      if (wait > 0) await clock.sleep(wait, signal);
      if (signal.aborted) throw new DeliveryError("unavailable", "not posted, the bridge is stopping");
    },
    pause(channel, ms) {
      const mine = lane(channel);
      mine.pausedUntil = Math.max(mine.pausedUntil, clock.now() + ms);
    },
  };
}
