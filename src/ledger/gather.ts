import { setImmediate } from "node:timers/promises";

/** One flush takes no more than this, so that a flood cannot keep a transaction open for long. */
const maxBatch = 256;

/**
 * Collects what is given in one turn of the event loop, and while a flush is under way, and flushes it together, in order, one flush
 * at a time. `flush` must not reject: it tells each item its own outcome.
 */
export function createGatherer<T>(flush: (batch: readonly T[]) => Promise<void>): (item: T) => void {
  const waiting: T[] = [];
  let running = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      await setImmediate();
      await flush(waiting.splice(0, maxBatch));
    }
    running = false;
  }

  return (item) => {
    waiting.push(item);
    if (running) return;
    running = true;
    void run();
  };
}
