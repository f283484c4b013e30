import { closeSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { Kysely, SqliteDialect, type SqliteStatement, sql } from "kysely";
import type { Log } from "../log.ts";
import type { Clock } from "../model/clock.ts";
import { ConfigError } from "../model/errors.ts";
import type { Engine } from "./engine.ts";
import { lockFile } from "./lock.ts";
import type { Schema } from "./schema.ts";

/** SQLite's own limit is far away; this only keeps statements with varying lists from piling up. */
const maxStatements = 300;

/** How long a foreign writer (a backup, an admin's shell) may stop us, for it does stop the whole process. */
const busyMs = 1000;

/** One process, one connection, one file that is synchronised at every commit. Throws ConfigError when the file cannot be had. */
export function openSqlite(path: string, options: { readonly clock: Clock; readonly log: Log }): Engine {
  const file = createFile(path);
  const lock = lockFile(file);
  const database = openDatabase(file, lock.release);
  const db = createKysely(database);
  const nothing = sql``;
  return {
    kind: "sqlite",
    db,
    file,
    now: () => sql<number>`${options.clock.now()}`,
    chunk: 1,
    skipLocked: nothing,
    forUpdate: nothing,
    lanes: (lanes) => {
      const list = JSON.stringify(lanes.map(({ queue, lane }) => [queue, lane]));
      return sql`(select value ->> 0 as queue, value ->> 1 as lane from json_each(${list})) as l`;
    },
    pairs: (pairs) => sql`(select value ->> 0, value ->> 1 from json_each(${JSON.stringify(pairs)}))`,
    nextSeq: () => sql<number>`(select max(seq) + 1 from queue)`,
    lock: async () => undefined,
    notify: async () => undefined,
    async scrub() {
      // Waiting for a reader would stop the whole process: rather try again at the next time.
      await sql`pragma busy_timeout = 0`.execute(db);
      const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(db);
      await sql`pragma busy_timeout = ${sql.lit(busyMs)}`.execute(db);
      if (rows[0]?.busy) options.log.warn({ file }, "log of the store could not be emptied while somebody reads it");
    },
    isTransient: (error) => error instanceof Error && error.message.includes("queue.reference"),
    isHeldUp: () => false,
    async close() {
      await db.destroy();
      lock.release();
    },
  };
}

/** A second look at the file, also while a process works on it. It can write nothing. Throws ConfigError when there is nothing to read. */
export function openReadOnly(path: string): { readonly file: string; readonly db: Kysely<Schema> } {
  try {
    const file = realpathSync(path);
    const database = new DatabaseSync(file, { readOnly: true, timeout: busyMs });
    database.prepare("select count(*) from sqlite_schema").get();
    return { file, db: createKysely(database) };
  } catch (cause) {
    if (codeOf(cause) === "ENOENT")
      throw new ConfigError(`store.url: there is no store at ${path} yet. The bridge makes it when it starts.`);
    throw new ConfigError(`store.url: ${path} cannot be read by this user, or is no SQLite database.`, { cause });
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

function createKysely(database: DatabaseSync): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: new SqliteDialect({ database: { prepare: createPrepare(database), close: () => database.close() } }),
  });
}

/** The directories and the file, for this user only, under the name that every path to the file leads to. */
function createFile(path: string): string {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, "a", 0o600));
    return realpathSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(`store.url: ${path} cannot be written (${reason}). Name a file in a directory that this user may write to.`, {
      cause,
    });
  }
}

function openDatabase(file: string, release: () => void): DatabaseSync {
  try {
    const database = new DatabaseSync(file);
    database.exec(`pragma busy_timeout = ${busyMs}; pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on`);
    return database;
  } catch (cause) {
    release();
    throw new ConfigError(`store.url: ${file} is not a SQLite database. Name another file, or restore this one from a backup.`, { cause });
  }
}

/** Kysely prepares at every query: statements are kept by their text, the latest used ones. */
function createPrepare(database: DatabaseSync): (text: string) => SqliteStatement {
  const kept = new Map<string, SqliteStatement>();
  return (text) => {
    const statement = kept.get(text) ?? toKysely(database.prepare(text));
    kept.delete(text);
    kept.set(text, statement);
    const oldest = kept.keys().next();
    if (kept.size > maxStatements && !oldest.done) kept.delete(oldest.value);
    return statement;
  };
}

function toKysely(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toInput)),
    run: (parameters) => statement.run(...parameters.map(toInput)),
    iterate: (parameters) => statement.iterate(...parameters.map(toInput)),
  };
}

function toInput(value: unknown): SQLInputValue {
  if (value === null || typeof value === "number" || typeof value === "string" || typeof value === "bigint") return value;
  throw new TypeError(`a ${typeof value} cannot be stored`);
}
