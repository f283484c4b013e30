import type { Clock } from "../../../src/model/clock.ts";

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Goes on, waking sleepers in their order; what they do next may sleep again within the same time. */
  advance(ms: number): Promise<void>;
}

export function createManualClock(start = 1_700_000_000_000): ManualClock {
  let now = start;
  let sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { at: now + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          resolve();
        });
      }),
    after(ms, callback) {
      const sleeper = { at: now + ms, wake: callback };
      sleepers.push(sleeper);
      return () => {
        sleepers = sleepers.filter((one) => one !== sleeper);
      };
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const [next] = sleepers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (!next) break;
        now = Math.max(now, next.at);
        sleepers = sleepers.filter((one) => one !== next);
        next.wake();
        await settle();
      }
      now = end;
    },
  };
}
