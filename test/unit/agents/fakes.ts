import type { Clock } from "../../../src/model/clock.ts";
import type { Store } from "../../../src/model/ledger.ts";
import type { Json } from "../../../src/model/thread.ts";

/** Time that passes only when the test says so. */
export function fakeClock(): Clock & { advance(ms: number): void } {
  let now = 1_000_000;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const wake = () => {
          sleepers.delete(sleeper);
          resolve();
        };
        const sleeper = { at: now + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", wake, { once: true });
      }),
    after(ms, callback) {
      const wake = () => {
        sleepers.delete(sleeper);
        callback();
      };
      const sleeper = { at: now + ms, wake };
      sleepers.add(sleeper);
      return () => void sleepers.delete(sleeper);
    },
    advance(ms) {
      now += ms;
      for (const sleeper of [...sleepers]) if (sleeper.at <= now) sleeper.wake();
    },
  };
}

export function memoryStore(): Store<Json> & { readonly entries: Map<string, Json> } {
  const entries = new Map<string, Json>();
  return {
    entries,
    get: async (key) => entries.get(key),
    set: async (key, value) => void entries.set(key, value),
    delete: async (key) => void entries.delete(key),
  };
}
