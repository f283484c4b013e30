import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { TeamsConfig } from "./config.ts";

/** Turns for what is sent, conversation by conversation, within the limits that Teams documents. */
export interface Pace {
  /** Resolves when it is this caller's turn, in the order of the calls. Rejects with `rateLimited` rather than wait for long. */
  turn(conversation: string, signal: AbortSignal): Promise<void>;
  /** Takes a turn for something that need not be shown, if there are plenty left; false: leave it. */
  spare(conversation: string): boolean;
  /** Nothing more for this conversation until `ms` from now. */
  pause(conversation: string, ms: number): void;
}

/** A longer wait is given back to the caller, whose worker has better things to do. */
const longestWait = 5_000;

/** What is sent evenly need not arrive evenly. */
const marginMs = 150;

interface Window {
  readonly ms: number;
  readonly most: number;
}

interface Lane {
  /** When something was, or will be, sent; the newest last. */
  sent: number[];
  pausedUntil: number;
}

/** https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit#per-bot-per-thread-limit */
export function createPace({ limits, clock }: { readonly limits: TeamsConfig["pace"]; readonly clock: Clock }): Pace {
  const windows: readonly Window[] = [
    { ms: 1_000 + marginMs, most: limits.perSecond },
    { ms: 2_000 + marginMs, most: limits.perTwoSeconds },
    { ms: 30_000 + marginMs, most: limits.perHalfMinute },
    { ms: 3_600_000 + marginMs, most: limits.perHour },
  ];
  const longest = 3_600_000 + marginMs;
  const lanes = new Map<string, Lane>();

  const laneOf = (conversation: string): Lane => {
    const now = clock.now();
    const lane = lanes.get(conversation) ?? { sent: [], pausedUntil: 0 };
    lane.sent = lane.sent.filter((at) => at > now - longest);
    if (lanes.size > 1_000)
      for (const [key, { sent, pausedUntil }] of lanes) if (pausedUntil < now && (sent.at(-1) ?? 0) < now - longest) lanes.delete(key);
    lanes.set(conversation, lane);
    return lane;
  };

  /** The first moment from `from` on at which every window has room. Moments are taken in order, so the last ones decide. */
  const firstFree = ({ sent }: Lane, from: number): number =>
    windows.reduce((at, { ms, most }) => Math.max(at, (sent.at(-most) ?? Number.NEGATIVE_INFINITY) + ms), Math.max(from, sent.at(-1) ?? 0));

  return {
    async turn(conversation, signal) {
      const lane = laneOf(conversation);
      const now = clock.now();
      const at = firstFree(lane, Math.max(now, lane.pausedUntil));
      if (at - now > longestWait) {
        throw new DeliveryError("rateLimited", "this conversation's turn comes later", { retryAfterMs: Math.ceil(at - now) });
      }
      lane.sent.push(at);
      if (at > now) await clock.sleep(at - now, signal);
      if (signal.aborted) throw new DeliveryError("unavailable", "not sent, the bridge is stopping");
    },
    spare(conversation) {
      const lane = laneOf(conversation);
      const now = clock.now();
      const plenty = windows.every(({ ms, most }) => lane.sent.filter((at) => at > now - ms).length < Math.max(1, most / 2));
      if (!plenty || lane.pausedUntil > now || (lane.sent.at(-1) ?? 0) > now) return false;
      lane.sent.push(now);
      return true;
    },
    pause(conversation, ms) {
      const lane = laneOf(conversation);
      lane.pausedUntil = Math.max(lane.pausedUntil, clock.now() + ms);
    },
  };
}
