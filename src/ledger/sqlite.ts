import { closeSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type CompiledQuery, Kysely, SqliteDialect, sql } from "kysely";
import type { Log } from "../log.ts";
import { type Clock, systemClock } from "../model/clock.ts";
import { ConfigError } from "../model/errors.ts";
import type { CreateDisk } from "./disk.ts";
import type { Engine } from "./engine.ts";
import { lockFile } from "./lock.ts";
import type { Schema } from "./schema.ts";
import { createStatements, now, type Statements } from "./sqlite-statements.ts";
import { createTransactions } from "./sqlite-transaction.ts";

/** How long a foreign writer (a backup, an admin's shell) may stop us, for it does stop the whole process. */
const busyMs = 1000;

/** 16 MB of log: pages that are written again and again go to the database file less often, and whoever commits waits for that less often. */
const checkpointPages = 4_000;
/** 4 MB: the pages of some hundred channels, which a message would otherwise read from the file again. */
const cacheKilobytes = 4_000;

/** One process, one connection, one file. Throws ConfigError when the file cannot be had. */
export function openSqlite(path: string, options: { readonly clock: Clock; readonly log: Log; readonly createDisk: CreateDisk }): Engine {
  const file = createFile(path);
  const lock = lockFile(file);
  const database = openDatabase(file, lock.release);
  const statements = createStatements(database, options.clock);
  const dialect = createDialect(database, statements);
  const db = new Kysely<Schema>({ dialect });
  const disk = options.createDisk(`${file}-wal`, options.log);
  const nothing = sql``;
  return {
    kind: "sqlite",
    isShared: false,
    db,
    file,
    transaction: createTransactions(database, db, dialect),
    prepare<Result>(query: CompiledQuery<Result>) {
      const run = statements.toRun(query);
      return async (within: Kysely<Schema>, parameters: readonly unknown[]) => {
        // Past Kysely's driver, unless somebody else's transaction is open on the one connection.
        if (within.isTransaction || !database.isTransaction) return run(parameters);
        return (await within.executeQuery<Result>({ ...query, parameters })).rows;
      };
    },
    sync: disk.sync,
    now: () => sql<number>`${now}`,
    chunk: 1,
    skipLocked: nothing,
    forUpdate: nothing,
    lanes: (pairs) => sql`(select value ->> 0 as queue, value ->> 1 as lane from json_each(${pairs})) as l`,
    among: (list) => sql`in (select value from json_each(${list}))`,
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
      await disk.close();
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
    return { file, db: new Kysely<Schema>({ dialect: createDialect(database, createStatements(database, systemClock)) }) };
  } catch (cause) {
    if (codeOf(cause) === "ENOENT")
      throw new ConfigError(`store.url: there is no store at ${path} yet. The bridge makes it when it starts.`);
    throw new ConfigError(`store.url: ${path} cannot be read by this user, or is no SQLite database.`, { cause });
  }
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

function createDialect(database: DatabaseSync, { prepare }: Statements): SqliteDialect {
  return new SqliteDialect({ database: { prepare, close: () => database.close() } });
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
    // A commit is brought to the disk by whoever has to wait for that (`disk.ts`), and not by each commit while everybody waits.
    database.exec(
      `pragma busy_timeout = ${busyMs}; pragma journal_mode = wal; pragma synchronous = normal; pragma secure_delete = on; pragma temp_store = memory;
        pragma wal_autocheckpoint = ${checkpointPages}; pragma cache_size = -${cacheKilobytes}`,
    );
    return database;
  } catch (cause) {
    release();
    throw new ConfigError(`store.url: ${file} is not a SQLite database. Name another file, or restore this one from a backup.`, { cause });
  }
}
