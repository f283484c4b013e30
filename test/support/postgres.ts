import { randomBytes } from "node:crypto";
import pg from "pg";

const postgresUrl = process.env.TEST_POSTGRES_URL ?? "postgres://root@127.0.0.1:5432/test";

/** A schema of its own in the database of the tests, as the store of one test. */
export interface Schema {
  /** Leads to that schema. */
  readonly url: string;
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  remove(): Promise<void>;
}

export async function createSchema(at = postgresUrl): Promise<Schema> {
  const schema = `bridge_${randomBytes(6).toString("hex")}`;
  const url = `${at}${at.includes("?") ? "&" : "?"}options=-c%20search_path%3D${schema}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create schema ${schema}`);
  return {
    url,
    query: async (text) => (await client.query(text)).rows,
    async remove() {
      await client.query("set client_min_messages = warning");
      await client.query(`drop schema ${schema} cascade`);
      await client.end();
    },
  };
}

let reached: Promise<boolean> | undefined;

/** Asked, and complained about, once in a file. Where PostgreSQL is required it counts as there: what needs it then fails. */
export function hasPostgres(): Promise<boolean> {
  reached ??= process.env.REQUIRE_POSTGRES === "1" ? Promise.resolve(true) : reach();
  return reached;
}

async function reach(): Promise<boolean> {
  const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    process.stderr.write("PostgreSQL cannot be reached (TEST_POSTGRES_URL): what needs it is left out\n");
    return false;
  }
}
