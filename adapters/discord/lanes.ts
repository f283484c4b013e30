import type { Clock } from "../../src/model/clock.ts";

/** Work that is done one after another in each lane, while no lane waits for another. */
export interface Lanes {
  /** Resolves when this job is done. Jobs of a lane begin in the order of these calls; a job must not reject. */
  run(lane: string, job: () => Promise<void>): Promise<void>;
  /** How many jobs are open. */
  count(): number;
  /** Whether there is an open job in this lane. */
  isBusy(lane: string): boolean;
  /** Since when the oldest open job is known; undefined when there is none. Milliseconds since 1970. */
  oldest(): number | undefined;
  /** Resolves when no job is open. */
  idle(): Promise<void>;
}

export function createLanes(clock: Clock): Lanes {
  const tails = new Map<string, Promise<void>>();
  /** In the order of their beginnings. */
  const open = new Map<Promise<void>, number>();
  return {
    run(lane, job) {
      const done = (tails.get(lane) ?? Promise.resolve()).then(job);
      tails.set(lane, done);
      open.set(done, clock.now());
      return done.finally(() => {
        open.delete(done);
        if (tails.get(lane) === done) tails.delete(lane);
      });
    },
    count: () => open.size,
    isBusy: (lane) => tails.has(lane),
    oldest: () => open.values().next().value,
    async idle() {
      while (open.size > 0) await Promise.allSettled(open.keys());
    },
  };
}
