import type { Clock } from "../../src/model/clock.ts";

/** What a message that is being written does between two writings. An agent's words come far more often than a platform may be told. */
export interface Rest {
  /** Resolves after `ms`, or at once when the signal is aborted; `until` news: also when there are some. */
  take(ms: number, until?: "news"): Promise<void>;
  /** There is something to be written. Costs nothing where nobody waits for it. */
  news(): void;
}

export function createRest(clock: Clock, signal: AbortSignal): Rest {
  let tell: (() => void) | undefined;
  return {
    take: (ms, until) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const end = () => {
          tell = undefined;
          stop();
          signal.removeEventListener("abort", end);
          resolve();
        };
        const stop = clock.after(ms, end);
        signal.addEventListener("abort", end);
        if (until === "news") tell = end;
      }),
    news: () => tell?.(),
  };
}
