import { createHash } from "node:crypto";
import { Socket } from "node:net";
import { type CompiledQuery, Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import type { Log } from "../log.ts";
import { ConfigError } from "../model/errors.ts";
import type { Due, Engine, Lane } from "./engine.ts";
import { toLaneKey } from "./lanes.ts";
import type { Schema } from "./schema.ts";

/** No statement runs longer, unless the address says otherwise (`?statement_timeout=<ms>`). */
const defaultStatementMs = 10_000;
const connectMs = 3_000;

/** int8 as a number: what we store stays far below 2^53. */
const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") => (oid === 20 ? Number : pg.types.getTypeParser(oid, format)),
};

/** How a client of ours connects; also the connection that listens. */
export function clientConfig(url: string): pg.ClientConfig {
  const statementMs = toStatementMs(url);
  return {
    connectionString: url,
    application_name: "a2a-chat-bridge",
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    // A process that fell silent within a transaction gives its locks back after the same time.
    idle_in_transaction_session_timeout: statementMs,
    keepAlive: true,
    stream: () => {
      const socket = new Socket();
      return socket.setTimeout(toSilenceMs(url), () => socket.destroy(new Error("the database fell silent")));
    },
  };
}

/** A server that says nothing for longer than any statement may run is gone: its connection is given up. */
export function toSilenceMs(url: string): number {
  return toStatementMs(url) + 2_000;
}

function toStatementMs(url: string): number {
  const given = URL.canParse(url) ? Number(new URL(url).searchParams.get("statement_timeout")) : 0;
  return given > 0 ? given : defaultStatementMs;
}

export interface PostgresEngine extends Engine {
  /** Where `notify` speaks: ledgers in different schemas of one database do not hear each other. */
  readonly channel: string;
}

/** Many processes on one database; it does all coordination. `instance` marks what this process says on the channel. */
export async function openPostgres(url: string, instance: string, log: Log): Promise<PostgresEngine> {
  const pool = new pg.Pool({ ...clientConfig(url), max: 10, types });
  // The pool listens to idle connections only. One that breaks in use fails its query; without a listener it would end the process too.
  pool.on("connect", (client) => void client.on("error", () => undefined));
  pool.on("error", (err) => log.warn({ err }, "idle database connection broke"));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  const schema = await findSchema(db).catch(async (error) => {
    await db.destroy();
    throw error;
  });
  const channel = toChannel(schema);
  return {
    kind: "postgres",
    isShared: true,
    db,
    schema,
    channel,
    transaction: (work) => db.transaction().setIsolationLevel("read committed").execute(work),
    prepare:
      <Result>(query: CompiledQuery<Result>) =>
      async (within: Kysely<Schema>, parameters: readonly unknown[]) =>
        (await within.executeQuery<Result>({ ...query, parameters })).rows,
    // A commit is on the database's disk when it says so.
    sync: async () => undefined,
    // Not clock_timestamp(): it is volatile, and a volatile bound keeps the planner from using an index.
    now: () => sql<number>`(extract(epoch from statement_timestamp()) * 1000)::bigint`,
    chunk: 500,
    skipLocked: sql`for update skip locked`,
    forUpdate: sql`for update`,
    lanes: (pairs) => sql`(select value ->> 0 as queue, value ->> 1 as lane from jsonb_array_elements(${pairs}::jsonb)) as l`,
    among: (list) => sql`= any (array(select jsonb_array_elements_text(${list}::jsonb)))`,
    pairs: (pairs) => sql`(select * from unnest(${pairs.map(([a]) => a)}::bigint[], ${pairs.map(([, b]) => b)}::bigint[]))`,
    nextSeq: () => sql<number>`nextval(pg_get_serial_sequence('queue', 'seq'))`,
    async lock(tx, lanes, patienceMs = 0) {
      const keys = lanes.map(toLockNumber);
      // Sorted by the very number that is locked, so that two transactions never wait for each other in a ring.
      await sql`
        select set_config('lock_timeout', ${`${patienceMs}ms`}, true), pg_advisory_xact_lock(key)
        from (select distinct unnest(${keys}::bigint[]) as key order by key) as keys`.execute(tx);
    },
    async notify(tx, due) {
      if (due.length === 0) return;
      await sql`select pg_notify(${channel}, payload) from unnest(${due.map((each) => toPayload(instance, each))}::text[]) as payload`.execute(
        tx,
      );
    },
    scrub: async () => undefined,
    // serialization_failure, deadlock_detected, unique_violation
    isTransient: (error) => hasCode(error, "40001", "40P01", "23505"),
    // lock_not_available
    isHeldUp: (error) => hasCode(error, "55P03"),
    close: () => db.destroy(),
  };
}

/** A second look at the database; it can write nothing. */
export function openReadOnly(url: string): Kysely<Schema> {
  const pool = new pg.Pool({ ...clientConfig(url), max: 1, types });
  pool.on("connect", (client) => void client.query("set default_transaction_read_only = on").catch(() => undefined)); // the next query says so
  pool.on("error", () => undefined); // the next query says so
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

/** The first schema of the search path: the tables stand there. */
async function findSchema(db: Kysely<Schema>): Promise<string> {
  const { rows } = await sql<{ schema: string | null }>`select current_schema() as schema`.execute(db);
  const schema = rows[0]?.schema;
  if (schema) return schema;
  throw new ConfigError("store.url: the database has no schema on the search path of this user. Create one, or name one in the address.");
}

function toChannel(schema: string): string {
  return `ledger_${createHash("sha256").update(schema).digest("hex").slice(0, 16)}`;
}

/** 64 bits of a hash: two lanes that share a number only wait for each other more than they must. */
function toLockNumber(lane: Lane): string {
  return createHash("sha256").update(toLaneKey(lane)).digest().readBigInt64BE().toString();
}

function toPayload(instance: string, { queue, delayMs }: Due): string {
  return JSON.stringify([instance, queue, Math.ceil(delayMs)]);
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof pg.DatabaseError && codes.includes(error.code ?? "");
}
