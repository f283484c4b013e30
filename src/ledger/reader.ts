import { type Kysely, sql } from "kysely";
import { ConfigError } from "../model/errors.ts";
import type { BuriedRow, Row } from "../model/ledger.ts";
import type { MessageLink } from "../model/link.ts";
import { noAddress, toPath } from "./database.ts";
import { toStoreError } from "./guard.ts";
import { migrationNames } from "./migrations.ts";
import { openReadOnly as openPostgres } from "./postgres.ts";
import { findBuried, traceLink, traceRows } from "./read.ts";
import type { Schema } from "./schema.ts";
import { openReadOnly as openSqlite } from "./sqlite.ts";
import { examineKeys } from "./vault-check.ts";

/**
 * A look at a store, beside the bridge that works on it or without one. It needs no key, for it sees no content, and it writes
 * nothing. Throws StoreError when the store does not answer.
 */
export interface LedgerReader {
  /** As `Ledger.trace`. */
  trace(what: string): Promise<readonly Row[]>;
  /** The rows of the message that a link leads to; of its thread, where the message itself is not known. */
  find(link: MessageLink): Promise<readonly Row[]>;
  buried(limit: number): Promise<readonly BuriedRow[]>;
  condition(): Promise<StoreCondition>;
  /** What is wrong with this key (`store.encryptionKey`), or with there being none, for what the store holds; undefined where it is right. */
  whyNotKey(encryptionKey: string | undefined): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface StoreCondition {
  /** What the next start will change in the tables, and what a newer version has changed. */
  readonly pending: readonly string[];
  readonly newer: readonly string[];
  /** The database takes no writes at all: a standby. */
  readonly readOnly: boolean;
}

/** Throws ConfigError when there is no store at this address. */
export async function openLedgerReader({ url }: { readonly url: string }): Promise<LedgerReader> {
  const db = open(url);
  const run = async <T>(work: (db: Kysely<Schema>) => Promise<T>) => {
    try {
      return await work(db);
    } catch (error) {
      throw isEmpty(error)
        ? new ConfigError("store.url: there is nothing in this store yet. The bridge fills it when it starts.")
        : toStoreError(error);
    }
  };
  return {
    trace: (what) => run((db) => traceRows(db, what)),
    find: (link) => run((db) => traceLink(db, link)),
    buried: (limit) => run((db) => findBuried(db, limit)),
    condition: () => run((db) => examine(db, toPath(url) === undefined)),
    whyNotKey: (key) => run((db) => examineKeys(db, key)),
    close: () => db.destroy(),
  };
}

async function examine(db: Kysely<Schema>, postgres: boolean): Promise<StoreCondition> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const done = rows.map(({ name }) => name);
  const standby = postgres ? await sql<{ standby: boolean }>`select pg_is_in_recovery() as standby`.execute(db) : undefined;
  return {
    pending: migrationNames.filter((name) => !done.includes(name)),
    newer: done.filter((name) => !migrationNames.includes(name)),
    readOnly: standby?.rows[0]?.standby ?? false,
  };
}

/** The database is there, and its tables are not. */
function isEmpty(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const undefinedTable = "code" in error && error.code === "42P01";
  return undefinedTable || ("message" in error && String(error.message).includes("no such table"));
}

function open(url: string): Kysely<Schema> {
  const path = toPath(url);
  if (path !== undefined) return openSqlite(path).db;
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(url);
  throw noAddress();
}
