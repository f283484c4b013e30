import { AsyncLocalStorage } from "node:async_hooks";
import { type Kysely, sql, type Transaction } from "kysely";
import type { Queue } from "../model/ledger.ts";
import type { Due, Engine } from "./engine.ts";
import { createGatherer } from "./gather.ts";
import type { Schema } from "./schema.ts";

/** One unit of writing. What it announces is heard only after the commit. */
export interface Commit {
  readonly tx: Transaction<Schema>;
  due(queue: Queue, delayMs: number): void;
  mailed(row: string): void;
  /** What this unit wrote is taken back; the value that it resolves to still is the outcome. */
  undo(): void;
}

/** Hears what was committed. */
export interface Listener {
  due(due: Due): void;
  mailed(row: string): void;
}

export interface Commits {
  /**
   * Runs `work` and resolves after its commit, or rejects when nothing of it was written. It may run more than once. On SQLite the units of
   * one turn of the event loop share one commit, each with an outcome of its own.
   */
  write<T>(work: (commit: Commit) => Promise<T>): Promise<T>;
  /** Where to read and write within the commit that is under way for the caller; undefined outside. */
  current(): Transaction<Schema> | undefined;
  /** Where to read: within the commit that is under way for the caller, otherwise in what is committed. */
  reader(): Kysely<Schema>;
}

const maxTries = 4;

export function createCommits(engine: Engine, listener: Listener): Commits {
  const running = new AsyncLocalStorage<Transaction<Schema>>();
  const gather = createGatherer<Unit>((batch) => commitTogether(engine, batch));
  const commitOne = engine.kind === "sqlite" ? gather : (unit: Unit) => void commitAlone(engine, unit);
  return {
    async write(work) {
      if (running.getStore()) throw new Error("a write of the ledger inside one of its commits would wait for itself");
      return new Promise((resolve, reject) => {
        commitOne(createUnit((commit) => running.run(commit.tx, () => work(commit)), listener, resolve, reject));
      });
    },
    current: () => running.getStore(),
    reader: () => running.getStore() ?? engine.db,
  };
}

/** A unit of writing with its outcome still inside. */
interface Unit {
  /** Resolves to whether to keep what was written. Rejects when the work failed. */
  run(tx: Transaction<Schema>): Promise<{ readonly keep: boolean; readonly due: readonly Due[] }>;
  /** The commit took place. */
  conclude(): void;
  fail(error: unknown): void;
}

function createUnit<T>(
  work: (commit: Commit) => Promise<T>,
  listener: Listener,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Unit {
  let conclude = () => reject(new Error("concluded before it ran"));
  return {
    async run(tx) {
      const due: Due[] = [];
      const mailed: string[] = [];
      let keep = true;
      const value = await work({
        tx,
        due: (queue, delayMs) => void due.push({ queue, delayMs }),
        mailed: (row) => void mailed.push(row),
        undo() {
          keep = false;
        },
      });
      conclude = () => {
        resolve(value);
        if (!keep) return;
        for (const row of mailed) listener.mailed(row);
        for (const each of due) listener.due(each);
      };
      return { keep, due: keep ? due : [] };
    },
    conclude: () => conclude(),
    fail: reject,
  };
}

/** Rolls a transaction back without being a failure. */
class Undone extends Error {}

async function commitAlone(engine: Engine, unit: Unit, tries = 1): Promise<void> {
  try {
    await engine.db
      .transaction()
      .setIsolationLevel("read committed")
      .execute(async (tx) => {
        const { keep, due } = await unit.run(tx);
        if (!keep) throw new Undone();
        await engine.notify(tx, due);
      });
    unit.conclude();
  } catch (error) {
    if (error instanceof Undone) unit.conclude();
    else if (tries < maxTries && engine.isTransient(error)) await commitAlone(engine, unit, tries + 1);
    else unit.fail(error);
  }
}

/** One transaction for all; when it cannot be committed, one for each, so that nobody fails for another's sake. */
async function commitTogether(engine: Engine, batch: readonly Unit[]): Promise<void> {
  const outcomes: (() => void)[] = [];
  try {
    await engine.db.transaction().execute(async (tx) => {
      for (const unit of batch) outcomes.push(await runApart(engine, tx, unit));
    });
  } catch (error) {
    if (batch.length > 1) for (const unit of batch) await commitTogether(engine, [unit]);
    else for (const unit of batch) unit.fail(error);
    return;
  }
  for (const tell of outcomes) tell();
}

/** Runs a unit in a savepoint; resolves to what tells its outcome once the transaction is committed. */
async function runApart(engine: Engine, tx: Transaction<Schema>, unit: Unit, tries = 1): Promise<() => void> {
  await sql`savepoint unit`.execute(tx);
  try {
    const { keep } = await unit.run(tx);
    if (!keep) await sql`rollback to unit`.execute(tx);
    await sql`release unit`.execute(tx);
    return () => unit.conclude();
  } catch (error) {
    await sql`rollback to unit`.execute(tx);
    await sql`release unit`.execute(tx);
    if (tries < maxTries && engine.isTransient(error)) return runApart(engine, tx, unit, tries + 1);
    return () => unit.fail(error);
  }
}
