/** Time as an argument. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls back after `ms`, unless what it returns is called before. For limits that are hardly ever reached: a timer that is cleared costs
   * a small part of a sleep that is aborted.
   */
  after(ms: number, callback: () => void): () => void;
}

/**
 * What a wait is ended with when nobody waits for it any more. An abort without a reason makes an exception with its stack each time, and
 * the path ends several waits for each message.
 */
export const enough = new Error("nobody waits for this any more");

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal?.addEventListener("abort", end, { once: true });
    }),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
