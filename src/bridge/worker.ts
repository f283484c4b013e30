import { type Log, toSafeWords } from "../log.ts";
import { type Clock, enough } from "../model/clock.ts";
import { LeaseLost, StoreError } from "../model/errors.ts";
import type { Leased, Ledger, NewRow, Offer, Queue } from "../model/ledger.ts";
import { createTerms, type Held, type Term } from "./lease-term.ts";
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
  /** Leases that were not confirmed for this long are given up: their calls are aborted. */
  readonly giveUpMs: number;
  /** When the worker stops, what is under way has this long to come to its end by itself; absent: none. */
  readonly graceMs?: number;
}

export interface Worker {
  /** Takes no more rows, hands over what is under way, and resolves when nothing runs any more. */
  stop(): Promise<void>;
}

interface Running extends Held {
  readonly row: Leased;
  readonly abort: AbortController;
  readonly callbacks: Set<() => void>;
}

/** A handler that fails this often on the same row has a bug there: the row is set aside. */
const mostAttempts = 12;
/** A row whose taking ended the process this often in a row is not taken again. */
const mostSilent = 5;
/** Content that does not open may open for another replica, or once the admin has mended the key; not for ever. */
const unreadablePausesMs = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

/**
 * Takes the rows of a queue and works on them, each under a lease that is renewed while the work goes on. What a commit of this process
 * makes due is handed over with the commit; the rest, such as what waited for its time, for room or in another process, is looked for.
 */
export function startWorker(options: WorkerOptions): Worker {
  const { ledger, queue, log, clock } = options;
  const stopping = new AbortController();
  const running = new Map<number, Running>();
  /** Rows that a commit under way may hand over. */
  let offered = 0;
  /** Called when nothing is worked on or offered any more. */
  let onIdle: () => void = () => undefined;
  const terms = createTerms(clock, options.giveUpMs);
  const slotFree = createSignal();
  const endOffers = ledger.onDue(queue, offer);
  const pump = pumpRows();
  const beat = heartbeat();
  return {
    stop: async () => {
      endOffers();
      stopping.abort();
      slotFree.set();
      if (options.graceMs !== undefined) await within(options.graceMs, pump);
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([pump, beat]);
    },
  };

  async function within(ms: number, end: Promise<unknown>): Promise<void> {
    const over = new AbortController();
    await Promise.race([end, clock.sleep(ms, over.signal)]).finally(() => over.abort(enough));
  }

  function hasRoom(): boolean {
    return running.size + offered < options.slots;
  }

  function offer(): Offer | undefined {
    if (stopping.signal.aborted || !hasRoom()) return undefined;
    offered += 1;
    // The lease begins no earlier than the asking for it.
    const term = terms.begin();
    return {
      give(row) {
        offered -= 1;
        void work(row, term);
      },
      drop() {
        offered -= 1;
        term.drop();
        leave();
      },
    };
  }

  function leave(): void {
    slotFree.set();
    if (running.size + offered === 0) onIdle();
  }

  async function pumpRows(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (!hasRoom()) {
        await slotFree.wait();
        continue;
      }
      const term = terms.begin();
      const row = await takeRow();
      if (row) void work(row, term);
      else term.drop();
    }
    if (running.size + offered > 0)
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
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

  /** Never rejects; `stop` waits for it. */
  async function work(row: Leased, term: Term): Promise<void> {
    const abort = new AbortController();
    const giveUp = () => {
      log.warn({ queue, row: row.id, reference: row.reference }, "lease not confirmed in time");
      abort.abort();
    };
    const job: Running = { row, abort, giveUp, callbacks: new Set() };
    running.set(row.seq, job);
    term.hold(job);
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
      if (job.abort.signal.aborted && !stopping.signal.aborted) log.warn({ queue, row: row.id }, "lease came too late");
      else if (row.silent >= mostSilent) await bury(row, `taken ${row.silent} times, and each time the process ended without a word`);
      else if (row.unreadable) await setUnreadableAside(row);
      else await options.handle({ row, signal: job.abort.signal, onMail });
    } catch (error) {
      await afterFailure(row, error, job.abort.signal);
    } finally {
      silence();
      terms.leave(job);
      // A lease that was lost may be ours again already.
      if (running.get(row.seq) === job) running.delete(row.seq);
      leave();
    }
  }

  async function bury(row: Leased, error: string): Promise<void> {
    log.error({ queue, row: row.id, reference: row.reference, error }, "row set aside");
    await ledger.settle(row, { end: { kind: "buried", error }, rows: options.onBuried(row) });
  }

  async function setUnreadableAside(row: Leased): Promise<void> {
    const error = "what was said is sealed with another key, or was changed: store.encryptionKey must be the one that it was written with";
    const delayMs = unreadablePausesMs[row.attempts - 1];
    if (delayMs === undefined) return bury(row, error);
    log.error({ queue, row: row.id, reference: row.reference, error, delayMs }, "row cannot be read");
    await ledger.settle(row, { end: { kind: "retry", delayMs, error, unsure: row.unsure } });
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
    let since = 0;
    while (!stopping.signal.aborted || running.size > 0) {
      const pause = stopping.signal.aborted ? 20 : options.heartbeatMs;
      await clock.sleep(pause, stopping.signal.aborted ? undefined : stopping.signal);
      since += pause;
      if (since < options.heartbeatMs || running.size === 0) continue;
      since = 0;
      await withinGiveUp(renew());
    }
  }

  /** A store that hangs must not keep the next heartbeat from being tried: it may be one connection of many. */
  async function withinGiveUp(work: Promise<void>): Promise<void> {
    const over = new AbortController();
    await Promise.race([work, clock.sleep(options.giveUpMs, over.signal)]);
    over.abort();
  }

  async function renew(): Promise<void> {
    const held = [...running.values()];
    const term = terms.begin();
    try {
      const { lost, mail } = await ledger.heartbeat(held.map(({ row }) => row));
      const kept = held.filter((job) => running.get(job.row.seq) === job && !lost.includes(job.row.seq));
      if (kept.length === 0) term.drop();
      for (const job of kept) term.hold(job);
      for (const seq of lost) running.get(seq)?.abort.abort();
      for (const seq of mail) for (const callback of running.get(seq)?.callbacks ?? []) callback();
    } catch (err) {
      term.drop();
      log.error({ err, queue }, "leases not renewed");
    }
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
