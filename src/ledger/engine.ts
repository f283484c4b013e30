import type { CompiledQuery, Kysely, RawBuilder, Transaction } from "kysely";
import type { Queue } from "../model/ledger.ts";
import type { Schema } from "./schema.ts";

/** A lane belongs to a queue: the same thread has a lane in each. */
export interface Lane {
  readonly queue: Queue;
  readonly lane: string;
}

/** A head that becomes due in this many milliseconds (0 and below: now). */
export interface Due {
  readonly queue: Queue;
  readonly delayMs: number;
}

export type Prepared<Result> = (db: Kysely<Schema>, parameters: readonly unknown[]) => Promise<readonly Result[]>;

/** What the two databases do differently. Everything else of the ledger is written once. */
export interface Engine {
  readonly kind: "sqlite" | "postgres";
  /** Whether other processes write too. */
  readonly isShared: boolean;
  readonly db: Kysely<Schema>;
  /** The file of an embedded store, by the name that every path to it leads to. */
  readonly file?: string;
  /** Where the tables stand, in a database that has schemas. */
  readonly schema?: string;
  /** Runs `work` in a transaction of its own; what it throws undoes it. */
  transaction<Result>(work: (tx: Transaction<Schema>) => Promise<Result>): Promise<Result>;
  /** A compiled query, ready to run with parameters in `db`: a transaction, or outside of any. */
  prepare<Result>(query: CompiledQuery<Result>): Prepared<Result>;
  /** Resolves when everything that was committed before is on the disk. Rejects from then on when the disk has failed once. */
  sync(): Promise<void>;
  /** The ledger's clock: the database's own where several processes share it. */
  now(): RawBuilder<number>;
  /** How many rows go into one insert. */
  readonly chunk: number;
  /** Behind a select that claims one row: rows that another claims are passed over. */
  readonly skipLocked: RawBuilder<unknown>;
  /** Behind a select of rows that are about to be changed. */
  readonly forUpdate: RawBuilder<unknown>;
  /** A JSON array of `[queue, lane]` as a table `l (queue, lane)`. */
  lanes(pairs: RawBuilder<string>): RawBuilder<unknown>;
  /** Behind a column: its text is one of a JSON array. */
  among(list: RawBuilder<string>): RawBuilder<unknown>;
  /** A subquery of pairs of numbers. */
  pairs(pairs: readonly (readonly [number, number])[]): RawBuilder<unknown>;
  /** A seq behind all others. */
  nextSeq(): RawBuilder<number>;
  /**
   * Until the commit nobody else writes rows of these lanes. Deadlocks are impossible among callers. With `patienceMs` no lock of this
   * transaction is waited for longer.
   */
  lock(tx: Transaction<Schema>, lanes: readonly Lane[], patienceMs?: number): Promise<void>;
  /** Tells the other processes, when the transaction is committed. */
  notify(tx: Transaction<Schema>, due: readonly Due[]): Promise<void>;
  /** Removes what deleted rows left in the files. */
  scrub(): Promise<void>;
  /** Whether the same transaction may succeed when it is tried again (deadlock, a reference that was drawn twice). */
  isTransient(error: unknown): boolean;
  /** Whether patience ran out (see `lock`). */
  isHeldUp(error: unknown): boolean;
  close(): Promise<void>;
}
