import { sql } from "kysely";
import { type Clock, enough } from "../model/clock.ts";
import type { Queue } from "../model/ledger.ts";
import type { Due, Engine } from "./engine.ts";
import { createStatement } from "./statement.ts";

/** Lets workers sleep until there is something to take. */
export interface Wake {
  /** `Ledger.ready`. The floor also covers a store that does not answer: the next `take` will say so. */
  ready(queue: Queue, floorMs: number, signal: AbortSignal): Promise<void>;
  /** Somebody committed a head that becomes due then. */
  due(due: Due): void;
  /** Something may have been missed: everybody looks again. */
  all(): void;
}

/** A row that another process is about to claim looks due without being takable: whoever looks again so soon waits this long. */
const breatherMs = 20;

export function createWake(engine: Engine, clock: Clock, closed: AbortSignal): Wake {
  const waiters = new Set<Waiter>();
  const lastDue = new Map<Queue, number>();

  /** A due row that was committed between the caller's `take` and now is not missed: the waiter listens before it looks. */
  async function look(waiter: Waiter): Promise<void> {
    const delayMs = await nextDue(engine, waiter.queue);
    if (delayMs === undefined) return;
    const hurried = clock.now() - (lastDue.get(waiter.queue) ?? 0) < breatherMs;
    if (delayMs <= 0) lastDue.set(waiter.queue, clock.now());
    waiter.wakeIn(delayMs <= 0 && hurried ? breatherMs : delayMs);
  }

  return {
    async ready(queue, floorMs, signal) {
      const waiter = createWaiter(queue, clock, AbortSignal.any([signal, closed]));
      waiters.add(waiter);
      waiter.wakeIn(floorMs);
      look(waiter).catch(() => undefined); // the floor applies
      await waiter.woken;
      waiters.delete(waiter);
    },
    due({ queue, delayMs }) {
      for (const waiter of waiters) if (waiter.queue === queue) waiter.wakeIn(delayMs);
    },
    all() {
      for (const waiter of waiters) waiter.wakeIn(0);
    },
  };
}

interface Waiter {
  readonly queue: Queue;
  readonly woken: Promise<void>;
  wakeIn(ms: number): void;
}

function createWaiter(queue: Queue, clock: Clock, signal: AbortSignal): Waiter {
  const { promise, resolve } = Promise.withResolvers<void>();
  const over = new AbortController();
  let earliest = Number.POSITIVE_INFINITY;
  const end = () => {
    signal.removeEventListener("abort", end);
    over.abort(enough);
    resolve();
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  return {
    queue,
    woken: promise,
    wakeIn(ms) {
      if (over.signal.aborted) return;
      if (ms <= 0) return end();
      const at = clock.now() + ms;
      if (at >= earliest) return;
      earliest = at;
      void clock.sleep(ms, over.signal).then(() => {
        if (!over.signal.aborted) end();
      });
    },
  };
}

/** Milliseconds until the earliest head of the queue is due (or its lease over); undefined when there is none. */
async function nextDue(engine: Engine, queue: Queue): Promise<number | undefined> {
  const [row] = await findDue(engine, engine.db, { queue });
  return row?.delay ?? undefined;
}

const findDue = createStatement<{ queue: Queue }, { delay: number | null }>(({ db, engine, arg }) =>
  sql<{
    delay: number | null;
  }>`select min(run_at) - ${engine.now()} as delay from queue where queue = ${arg("queue")} and head = 1`.compile(db),
);
