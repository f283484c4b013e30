import type { Transaction } from "kysely";
import type { Leased, Offer, Queue } from "../model/ledger.ts";
import type { Due } from "./engine.ts";
import type { Schema } from "./schema.ts";

/** One unit of writing. What it announces is heard only after the commit. */
export interface Commit {
  readonly tx: Transaction<Schema>;
  due(queue: Queue, delayMs: number): void;
  mailed(row: string): void;
  /** The offer of a worker of this process to take a row of that queue; it comes with this unit, or is dropped with it. */
  offer(queue: Queue): Offer | undefined;
  /** The row that was leased for an offer of this unit. */
  give(offer: Offer, row: Leased): void;
  /** What this unit wrote is taken back; the value that it resolves to still is the outcome. */
  undo(): void;
}

/** Hears what was committed. */
export interface Listener {
  due(due: Due): void;
  mailed(row: string): void;
  offer(queue: Queue): Offer | undefined;
}

/** A unit of writing with its outcome still inside. */
export interface Unit {
  /** Resolves to whether to keep what was written. Rejects when the work failed. */
  run(tx: Transaction<Schema>): Promise<{ readonly keep: boolean; readonly due: readonly Due[] }>;
  /** What the last run wrote does not count. */
  drop(): void;
  /** The commit took place. `waits`: for the disk. */
  committed(): "concluded" | "waits";
  /** The commit is on the disk. */
  kept(): void;
  fail(error: unknown): void;
}

interface Outcome<T> {
  readonly listener: Listener;
  /** The outcome is told after the commit, without waiting for the disk. */
  readonly volatile: boolean;
  onCommit?(): void;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** What one run of the work has led to. */
interface Run<T> {
  value?: { readonly is: T };
  keep: boolean;
  readonly due: Due[];
  readonly mailed: string[];
  readonly offers: Map<Offer, Leased | undefined>;
}

export function createUnit<T>(work: (commit: Commit) => Promise<T>, { listener, volatile, onCommit, resolve, reject }: Outcome<T>): Unit {
  let last: Run<T> | undefined;

  const drop = () => {
    for (const offer of last?.offers.keys() ?? []) offer.drop();
    last?.offers.clear();
  };

  /** What is to be posted is given out once the disk knows that a post may be under way; all else at once. */
  const giveOut = (when: "committed" | "kept") => {
    for (const [offer, row] of last?.offers ?? []) {
      if (row === undefined) offer.drop();
      else if ((row.queue === "delivery") !== (when === "kept")) continue;
      else offer.give(row);
      last?.offers.delete(offer);
    }
  };

  const tell = () => {
    if (last?.value) resolve(last.value.is);
    else reject(new Error("concluded before it ran"));
  };

  return {
    async run(tx) {
      const run = begin<T>();
      last = run;
      const value = await work(toCommit(tx, run, listener));
      run.value = { is: value };
      return { keep: run.keep, due: run.keep ? run.due : [] };
    },
    drop,
    committed() {
      if (last?.keep) {
        for (const row of last.mailed) listener.mailed(row);
        for (const each of last.due) listener.due(each);
        giveOut("committed");
      }
      onCommit?.();
      if (volatile) tell();
      return volatile && !last?.offers.size ? "concluded" : "waits";
    },
    kept() {
      giveOut("kept");
      if (!volatile) tell();
    },
    fail(error) {
      drop();
      reject(error);
    },
  };
}

function begin<T>(): Run<T> {
  return { keep: true, due: [], mailed: [], offers: new Map() };
}

function toCommit<T>(tx: Transaction<Schema>, run: Run<T>, listener: Listener): Commit {
  return {
    tx,
    due: (queue, delayMs) => void run.due.push({ queue, delayMs }),
    mailed: (row) => void run.mailed.push(row),
    offer(queue) {
      const offer = listener.offer(queue);
      if (offer) run.offers.set(offer, undefined);
      return offer;
    },
    give: (offer, row) => void run.offers.set(offer, row),
    undo() {
      run.keep = false;
    },
  };
}
