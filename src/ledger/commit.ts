import { AsyncLocalStorage } from "node:async_hooks";
import type { Kysely, Transaction } from "kysely";
import type { Engine } from "./engine.ts";
import { createGatherer } from "./gather.ts";
import type { Schema } from "./schema.ts";
import { type Commit, createUnit, type Listener, type Unit } from "./unit.ts";

export interface Commits {
  /**
   * Runs `work` and resolves once its commit is on the disk, or rejects when nothing of it was written (or, where the disk fails, when that
   * is unknown). It may run more than once. On SQLite the units of one turn of the event loop share one commit, each with an outcome of its
   * own. `volatile`: resolves after the commit; a power cut may undo it, the end of the process does not. `onCommit` is called after the
   * commit in any case.
   */
  write<T>(work: (commit: Commit) => Promise<T>, options?: { readonly volatile?: boolean; onCommit?(): void }): Promise<T>;
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
    async write(work, { volatile = false, onCommit } = {}) {
      if (running.getStore()) throw new Error("a write of the ledger inside one of its commits would wait for itself");
      return new Promise((resolve, reject) => {
        commitOne(
          createUnit((commit) => running.run(commit.tx, () => work(commit)), {
            listener,
            volatile,
            ...(onCommit && { onCommit }),
            resolve,
            reject,
          }),
        );
      });
    },
    current: () => running.getStore(),
    reader: () => running.getStore() ?? engine.db,
  };
}

/** Rolls a transaction back without being a failure. */
class Undone extends Error {}

async function commitAlone(engine: Engine, unit: Unit, tries = 1): Promise<void> {
  try {
    await engine.transaction(async (tx) => {
      const { keep, due } = await unit.run(tx);
      if (!keep) throw new Undone();
      await engine.notify(tx, due);
    });
  } catch (error) {
    unit.drop();
    if (error instanceof Undone) return concludeAll(engine, [unit]);
    if (tries < maxTries && engine.isTransient(error)) return commitAlone(engine, unit, tries + 1);
    return unit.fail(error);
  }
  concludeAll(engine, [unit]);
}

/** One transaction for all; when one of them cannot be kept, one for each, so that nobody fails for another's sake. */
async function commitTogether(engine: Engine, batch: readonly Unit[]): Promise<void> {
  const [only] = batch;
  if (only && batch.length === 1) return commitAlone(engine, only);
  try {
    await engine.transaction(async (tx) => {
      for (const unit of batch) if (!(await unit.run(tx)).keep) throw new Undone();
    });
  } catch {
    for (const unit of batch) unit.drop();
    for (const unit of batch) await commitAlone(engine, unit);
    return;
  }
  concludeAll(engine, batch);
}

/** Whoever works on goes on after the commit; whoever promises something to others does so once it is on the disk. Waits for neither. */
function concludeAll(engine: Engine, units: readonly Unit[]): void {
  const waiting = units.filter((unit) => unit.committed() === "waits");
  if (waiting.length === 0) return;
  void engine.sync().then(
    () => {
      for (const unit of waiting) unit.kept();
    },
    (error: unknown) => {
      for (const unit of waiting) unit.fail(error);
    },
  );
}
