import { type Log, toSafeWords } from "../log.ts";
import type { Clock } from "../model/clock.ts";
import { LeaseLost, StoreError } from "../model/errors.ts";
import type { Leased, Ledger, NewRow, Queue } from "../model/ledger.ts";
import type { Job } from "./session.ts";

export interface WorkerOptions {
  readonly ledger: Ledger;
  readonly queue: Queue;
  /** How many rows are worked on at the same time. */
  readonly slots: number;
  handle(job: Job): Promise<void>;
  /** What the thread is told when a row is set aside after too many failures of our own. */
  onBuried(row: Leased): readonly NewRow[];
  readonly clock: Clock;
  readonly log: Log;
  readonly heartbeatMs: number;
  /** Leases that could not be renewed for this long are given up: their calls are aborted. */
  readonly giveUpMs: number;
}

export interface Worker {
  /** Takes no more rows, hands over what is under way, and resolves when nothing runs any more. */
  stop(): Promise<void>;
}

interface Running {
  readonly row: Leased;
  readonly abort: AbortController;
  readonly callbacks: Set<() => void>;
}

/** A handler that fails this often on the same row has a bug there: the row is set aside. */
const mostAttempts = 12;

/** Takes the rows of a queue and works on them, each under a lease that is renewed while the work goes on. */
export function startWorker(options: WorkerOptions): Worker {
  const { ledger, queue, log, clock } = options;
  const stopping = new AbortController();
  const running = new Map<number, Running>();
  const slotFree = createSignal();
  const pump = pumpRows();
  const beat = heartbeat();
  return {
    stop: async () => {
      stopping.abort();
      for (const { abort } of running.values()) abort.abort();
      slotFree.set();
      await Promise.all([pump, beat]);
    },
  };

  async function pumpRows(): Promise<void> {
    const jobs = new Set<Promise<void>>();
    while (!stopping.signal.aborted) {
      if (running.size >= options.slots) {
        await slotFree.wait();
        continue;
      }
      const row = await takeRow();
      if (row) {
        const job = work(row).finally(() => jobs.delete(job));
        jobs.add(job);
      }
    }
    await Promise.all(jobs);
  }

  async function takeRow(): Promise<Leased | undefined> {
    try {
      const row = await ledger.take(queue);
      if (!row) await ledger.ready(queue, 1_000, stopping.signal);
      return row;
    } catch (err) {
      log.error({ err, queue }, "store does not give work");
      await clock.sleep(500, stopping.signal);
      return undefined;
    }
  }

  async function work(row: Leased): Promise<void> {
    const job: Running = { row, abort: new AbortController(), callbacks: new Set() };
    running.set(row.seq, job);
    const poke = () => {
      for (const callback of job.callbacks) callback();
    };
    const silence = ledger.onMail(row, poke);
    const onMail = (callback: () => void) => {
      job.callbacks.add(callback);
      return () => job.callbacks.delete(callback);
    };
    if (stopping.signal.aborted) job.abort.abort();
    try {
      await options.handle({ row, signal: job.abort.signal, onMail });
    } catch (error) {
      await afterFailure(row, error, job.abort.signal);
    } finally {
      silence();
      running.delete(row.seq);
      slotFree.set();
    }
  }

  async function afterFailure(row: Leased, error: unknown, signal: AbortSignal): Promise<void> {
    const facts = { queue, row: row.id, reference: row.reference, attempt: row.attempts };
    if (error instanceof LeaseLost) return log.warn(facts, "lease lost");
    if (error instanceof StoreError) log.error({ ...facts, err: error }, "store did not answer");
    else if (!signal.aborted) log.error({ ...facts, err: error }, "step failed");
    const final = row.attempts >= mostAttempts && !(error instanceof StoreError);
    const what = toSafeWords(error);
    const pause = signal.aborted ? 0 : Math.min(30_000, 100 * 2 ** Math.min(row.attempts, 16));
    const end = final
      ? ({ kind: "buried", error: what } as const)
      : ({ kind: "retry", delayMs: pause, error: what, unsure: true } as const);
    try {
      await ledger.settle(row, { end, ...(final ? { rows: options.onBuried(row) } : {}) });
    } catch (err) {
      log.warn({ ...facts, err }, "row left to its lease");
    }
  }

  async function heartbeat(): Promise<void> {
    let renewedAt = clock.now();
    while (!stopping.signal.aborted || running.size > 0) {
      if (stopping.signal.aborted) await clock.sleep(20);
      else await clock.sleep(options.heartbeatMs, stopping.signal);
      if (clock.now() - renewedAt < options.heartbeatMs) continue;
      try {
        if (running.size > 0) await renew();
        renewedAt = clock.now();
      } catch (err) {
        log.error({ err, queue }, "leases not renewed");
        if (clock.now() - renewedAt > options.giveUpMs) for (const { abort } of running.values()) abort.abort();
      }
    }
  }

  async function renew(): Promise<void> {
    const { lost, mail } = await ledger.heartbeat([...running.values()].map(({ row }) => row));
    for (const seq of lost) running.get(seq)?.abort.abort();
    for (const seq of mail) for (const callback of running.get(seq)?.callbacks ?? []) callback();
  }
}

/** A bell that stays rung until somebody has heard it. */
function createSignal(): { set(): void; wait(): Promise<void> } {
  let bell = Promise.withResolvers<void>();
  return {
    set: () => bell.resolve(),
    wait: async () => {
      await bell.promise;
      bell = Promise.withResolvers<void>();
    },
  };
}
