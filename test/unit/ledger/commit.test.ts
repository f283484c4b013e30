import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { type Commits, createCommits } from "../../../src/ledger/commit.ts";
import type { Engine } from "../../../src/ledger/engine.ts";
import { openSqlite } from "../../../src/ledger/sqlite.ts";
import type { Commit } from "../../../src/ledger/unit.ts";
import { silentLog } from "../../../src/log.ts";
import { systemClock } from "../../../src/model/clock.ts";
import type { Leased, Queue } from "../../../src/model/ledger.ts";

let directory: string;
let engine: Engine;
let commits: Commits;
let disk: { broken?: Error };
/** What was announced, what was given for offers, and how many offers have had neither. */
let told: { due: number[]; mailed: string[]; given: string[]; open: number };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "commit-"));
  disk = {};
  told = { due: [], mailed: [], given: [], open: 0 };
  const sync = async () => {
    if (disk.broken) throw disk.broken;
  };
  engine = openSqlite(join(directory, "bridge.db"), {
    clock: systemClock,
    log: silentLog,
    createDisk: () => ({ sync, close: async () => undefined }),
  });
  commits = createCommits(engine, {
    due: ({ delayMs }) => void told.due.push(delayMs),
    mailed: (row) => void told.mailed.push(row),
    offer() {
      told.open += 1;
      return {
        give(row) {
          told.open -= 1;
          told.given.push(row.id);
        },
        drop() {
          told.open -= 1;
        },
      };
    },
  });
  await sql`create table notes (note text)`.execute(engine.db);
});
afterEach(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

const leased = (id: string, queue: Queue): Leased => ({
  seq: 1, id, queue, lane: id, state: "leased", reference: "R", facts: {}, content: undefined, unreadable: false, result: undefined,
  error: undefined, attempts: 1, createdAt: 0, triedAt: 0, settledAt: undefined, owner: "o", fence: 1, unsure: false, silent: 0, mail: [],
}); // biome-ignore format: one row

/** Writes a note, announces all that there is to announce, and has a row for two of three workers that have room. */
async function note({ tx, due, mailed, offer, give }: Commit, name: string, delayMs: number): Promise<string> {
  await sql`insert into notes values (${name})`.execute(tx);
  due("task", delayMs);
  mailed(name);
  offer("message");
  for (const queue of ["task", "delivery"] as const) {
    const made = offer(queue);
    if (made) give(made, leased(`${name} ${queue}`, queue));
  }
  return name;
}

const notes = async () =>
  (await sql<{ note: string }>`select note from notes order by rowid`.execute(engine.db)).rows.map((row) => row.note);

const broken = new Error("of the second");

test.each([
  ["throws", () => Promise.reject(broken), { status: "rejected", reason: broken }],
  ["takes back what it wrote", async (commit: Commit) => commit.undo(), { status: "fulfilled", value: "second" }],
])("one that %s leaves the others of its commit as they would be without it", async (_what, fail, outcome) => {
  let runs = 0;
  const outcomes = await Promise.allSettled([
    commits.write((commit) => {
      runs += 1;
      return note(commit, "first", 1);
    }),
    commits.write(async (commit) => {
      const name = await note(commit, "second", 2);
      await fail(commit);
      return name;
    }),
    commits.write((commit) => note(commit, "third", 3)),
  ]);
  expect(outcomes).toEqual([{ status: "fulfilled", value: "first" }, outcome, { status: "fulfilled", value: "third" }]);
  expect(await notes()).toEqual(["first", "third"]);
  // The first was written with the second, taken back with it, and written again: it was announced once.
  expect(runs).toBe(2);
  expect(told.due).toEqual([1, 3]);
  expect(told.mailed).toEqual(["first", "third"]);
  expect(told.given.toSorted()).toEqual(["first delivery", "first task", "third delivery", "third task"]);
  expect(told.open).toBe(0);
});

test("one that is alone, and takes back what it wrote, announces and gives nothing", async () => {
  const write = commits.write(async (commit) => {
    commit.undo();
    return note(commit, "only", 1);
  });
  expect(await write).toBe("only");
  expect(await notes()).toEqual([]);
  expect(told).toEqual({ due: [], mailed: [], given: [], open: 0 });
});

test("one that is tried again announces and gives what the last try came to", async () => {
  let tries = 0;
  await commits.write(async (commit) => {
    tries += 1;
    await note(commit, `try ${tries}`, tries);
    if (tries < 3) throw new Error("UNIQUE constraint failed: queue.reference");
  });
  expect(await notes()).toEqual(["try 3"]);
  expect(told).toEqual({ due: [3], mailed: ["try 3"], given: ["try 3 task", "try 3 delivery"], open: 0 });
});

test("where the disk fails each of a commit rejects, nothing is given that is to be posted, and no offer stays open", async () => {
  disk.broken = new Error("the disk is full");
  const outcomes = await Promise.allSettled(["1", "2"].map((name) => commits.write((commit) => note(commit, name, 0))));
  expect(outcomes).toEqual([1, 2].map(() => ({ status: "rejected", reason: disk.broken })));
  expect(told.given).toEqual(["1 task", "2 task"]);
  expect(told.open).toBe(0);
});
