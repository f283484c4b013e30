import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

const postgresUrl = process.env.TEST_POSTGRES_URL ?? "postgres://root@127.0.0.1:5432/test";

interface Store {
  readonly kind: "sqlite" | "postgres";
  /** An empty store for one test. */
  create(): Promise<{ readonly url: string }>;
  /** Removes what the test made. */
  clear(): Promise<void>;
}

/** The stores that a story runs on: SQLite, and PostgreSQL where one is required (`.ci/run`) or said to be there. */
export function onEveryStore(): readonly Store[] {
  const wanted = process.env.REQUIRE_POSTGRES === "1" || process.env.TEST_POSTGRES_URL !== undefined;
  return wanted ? [createSqlite(), createPostgres()] : [createSqlite()];
}

function createSqlite(): Store {
  let folder = "";
  return {
    kind: "sqlite",
    async create() {
      folder = await mkdtemp(join(tmpdir(), "store-"));
      return { url: `sqlite:${join(folder, "bridge.db")}` };
    },
    clear: () => rm(folder, { recursive: true, force: true }),
  };
}

function createPostgres(): Store {
  let schema = "";
  return {
    kind: "postgres",
    async create() {
      schema = `story_${randomBytes(6).toString("hex")}`;
      await run(`create schema ${schema}`);
      return { url: `${postgresUrl}?options=${encodeURIComponent(`-c search_path=${schema}`)}` };
    },
    clear: () => run(`drop schema if exists ${schema} cascade`),
  };
}

async function run(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  await client.query(text).finally(() => client.end());
}
