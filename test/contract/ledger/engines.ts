import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe } from "@jest/globals";
import { type LedgerOptions, openLedger } from "../../../src/ledger/ledger.ts";
import { silentLog } from "../../../src/log.ts";
import type { Leases } from "../../../src/model/lease.ts";
import type { Leased, Ledger, NewRow, OpenStore, Queue } from "../../../src/model/ledger.ts";
import { createSchema, hasPostgres } from "../../support/postgres.ts";

export interface Opened {
  readonly ledger: Ledger;
  readonly openStore: OpenStore;
  readonly leases: Leases;
}

/** An empty store of one engine. What is opened on it is closed, and the store removed, after the test. */
export interface Place {
  readonly kind: "sqlite" | "postgres";
  readonly url: string;
  open(options?: Partial<LedgerOptions>): Promise<Opened>;
  /** Another process's ledger where the engine allows for one, otherwise a second look at the first. */
  openSecond(first: Opened, options?: Partial<LedgerOptions>): Promise<Opened>;
  /** What the database itself says, past the ledger. */
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  /** How many transactions wrote rows of the queue or anything else. */
  countCommits(): Promise<number>;
  remove(): Promise<void>;
}

/** Runs the same tests on every engine that can be reached. `place()` is fresh for every test. */
export async function onEveryEngine(title: string, tests: (place: () => Place) => void): Promise<void> {
  for (const create of await reachableEngines()) {
    describe(`${title} (${create.kind})`, () => {
      let place: Place;
      beforeEach(async () => {
        place = await create.place();
      });
      afterEach(() => place.remove());
      tests(() => place);
    });
  }
}

/** Only PostgreSQL, with the same rules for when it cannot be reached. */
export async function onPostgres(title: string, tests: (place: () => Place) => void): Promise<void> {
  const reached = (await reachableEngines()).find(({ kind }) => kind === "postgres");
  describe(`${title} (postgres)`, () => {
    let place: Place;
    beforeEach(async () => {
      if (reached) place = await reached.place();
    });
    afterEach(() => place?.remove());
    if (reached) tests(() => place);
    else describe.skip("without PostgreSQL", () => tests(() => place));
  });
}

interface Reachable {
  readonly kind: "sqlite" | "postgres";
  place(): Promise<Place>;
}

let reachable: Promise<readonly Reachable[]> | undefined;

/** Asked, and complained about, once in a file. */
function reachableEngines(): Promise<readonly Reachable[]> {
  reachable ??= findEngines();
  return reachable;
}

async function findEngines(): Promise<readonly Reachable[]> {
  const sqlite = { kind: "sqlite" as const, place: createSqlitePlace };
  const postgres = { kind: "postgres" as const, place: createPostgresPlace };
  return (await hasPostgres()) ? [sqlite, postgres] : [sqlite];
}

function createOpen(url: string) {
  const opened: Opened[] = [];
  return {
    async open(options: Partial<LedgerOptions> = {}): Promise<Opened> {
      const ledger = await openLedger({ url, log: silentLog, ...options });
      opened.push(ledger);
      return ledger;
    },
    async closeAll() {
      await Promise.all(opened.map(({ ledger }) => ledger.close()));
    },
  };
}

async function createSqlitePlace(): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), "ledger-"));
  const file = join(directory, "deep", "bridge.db");
  const url = `sqlite:${file}`;
  const { open, closeAll } = createOpen(url);
  return {
    kind: "sqlite",
    url,
    open,
    openSecond: async (first) => first,
    async query(text) {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        return database.prepare(text).all();
      } finally {
        database.close();
      }
    },
    countCommits: async () => countCommitFrames(readFileSync(`${file}-wal`)),
    async remove() {
      await closeAll();
      rmSync(directory, { recursive: true });
    },
  };
}

/** The last frame of a commit holds the size of the database, all others 0 (https://www.sqlite.org/fileformat2.html#walformat). */
function countCommitFrames(wal: Buffer): number {
  const frameBytes = 24 + wal.readUInt32BE(8);
  const salt = wal.readUInt32BE(16);
  let count = 0;
  for (let at = 32; at + frameBytes <= wal.length && wal.readUInt32BE(at + 8) === salt; at += frameBytes) {
    if (wal.readUInt32BE(at + 4) > 0) count += 1;
  }
  return count;
}

async function createPostgresPlace(): Promise<Place> {
  const schema = await createSchema();
  const { open, closeAll } = createOpen(schema.url);
  return {
    kind: "postgres",
    url: schema.url,
    open,
    openSecond: (_first, options) => open(options),
    query: schema.query,
    async countCommits() {
      const [row] = await schema.query("select count(distinct xmin::text)::int as commits from queue");
      return Number(row?.commits);
    },
    async remove() {
      await closeAll();
      await schema.remove();
    },
  };
}

/** A new row with as little as a test needs to say. */
export function row(id: string, more: Partial<NewRow> = {}): NewRow {
  return { id, queue: "message", lane: "thread", facts: { id }, ...more };
}

/** Takes a row that must be there. */
export async function take(ledger: Ledger, queue: Queue = "message"): Promise<Leased> {
  const leased = await ledger.take(queue);
  if (!leased) throw new Error(`there was nothing to take in ${queue}`);
  return leased;
}

/** Works off what is due, one after another; resolves to the ids. */
export async function drain(ledger: Ledger, queue: Queue = "message"): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const leased = await ledger.take(queue);
    if (!leased) return ids;
    ids.push(leased.id);
    await ledger.settle(leased, { end: { kind: "done" } });
  }
}
