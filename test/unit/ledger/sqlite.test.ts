import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openLedger } from "../../../src/ledger/ledger.ts";
import { openLedgerReader } from "../../../src/ledger/reader.ts";
import { silentLog } from "../../../src/log.ts";
import { ConfigError, StoreError } from "../../../src/model/errors.ts";

let directory: string;
let file: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sqlite-"));
  file = join(directory, "data", "bridge.db");
});

afterEach(() => {
  child?.kill("SIGKILL");
  child = undefined;
  rmSync(directory, { recursive: true });
});

const open = (path = file) => openLedger({ url: `sqlite:${path}`, log: silentLog });

/** A process that takes the only row of the store, says so, and goes on living. */
async function startWorker(): Promise<ChildProcess> {
  const code = `
    import { openLedger } from ${JSON.stringify(join(process.cwd(), "src/ledger/ledger.ts"))};
    const { ledger } = await openLedger({ url: ${JSON.stringify(`sqlite:${file}`)}, log: { info() {}, warn() {}, debug() {} } });
    await ledger.accept([{ id: "1", queue: "message", lane: "a", facts: null }, { id: "2", queue: "message", lane: "a", facts: null }]);
    await ledger.take("message");
    console.log("taken");
    setInterval(() => {}, 1000);`;
  const worker = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  child = worker;
  await new Promise((resolve) => worker.stdout.once("data", resolve));
  return worker;
}

test("a second process is refused with the file and the remedy, and finds the first one's work after a kill -9", async () => {
  const worker = await startWorker();
  const refused = await open().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ConfigError);
  expect(String(refused)).toMatch(/store\.url: .*bridge\.db is in use by another process\. Stop that process/);

  const gone = new Promise((resolve) => worker.once("exit", resolve));
  worker.kill("SIGKILL");
  await gone;
  const { ledger } = await open();
  expect(await ledger.take("message")).toMatchObject({ id: "1", attempts: 2, unsure: true });
  expect(await ledger.take("message")).toBeUndefined();
  await ledger.close();
});

test("the file is locked under whatever name it is opened, and free after close", async () => {
  const first = await open();
  symlinkSync(dirname(file), join(directory, "link"));
  await expect(open(join(directory, "link", "bridge.db"))).rejects.toBeInstanceOf(ConfigError);
  symlinkSync(file, join(directory, "other.db"));
  await expect(open(join(directory, "other.db"))).rejects.toBeInstanceOf(ConfigError);
  await first.ledger.close();
  await (await open()).ledger.close();
});

test("what is committed can be read while another process holds the lock", async () => {
  await startWorker();
  const reader = await openLedgerReader({ url: `sqlite:${file}` });
  expect(await reader.trace("a")).toMatchObject([{ id: "1", state: "leased" }, { id: "2" }]);
  await reader.close();
});

test("close waits for what is under way, can be called twice, and nothing works afterwards", async () => {
  const { ledger, openStore } = await open();
  const store = openStore<string>("people");
  await ledger.accept([{ id: "1", queue: "message", lane: "a", facts: null }]);
  const leased = await ledger.take("message");
  if (!leased) throw new Error("nothing taken");
  const begun = Promise.withResolvers<void>();
  const settled = ledger.settle(leased, {
    end: { kind: "done" },
    async also() {
      begun.resolve();
      await new Promise(setImmediate);
      await store.set("a", "late");
    },
  });
  await begun.promise;
  const closed = Promise.all([ledger.close(), ledger.close()]);
  expect(await settled).toBe("settled");
  await closed;
  await expect(ledger.take("message")).rejects.toBeInstanceOf(StoreError);
  await expect(store.get("a")).rejects.toBeInstanceOf(StoreError);

  const again = await open();
  expect(await again.openStore<string>("people").get("a")).toBe("late");
  await again.ledger.close();
});

test("directories and file are made for this user only", async () => {
  const { ledger } = await open();
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  for (const name of [file, `${file}-wal`]) expect(statSync(name).mode & 0o777).toBe(0o600);
  await ledger.close();
});

test("somebody who reads the file stops neither the writing nor the cleaning", async () => {
  const { ledger } = await open();
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec("begin");
  reader.prepare("select * from queue").all();
  const tries: number[] = [];
  for (const id of ["1", "2", "3"]) {
    const began = performance.now();
    expect(await ledger.accept([{ id, queue: "message", lane: "a", facts: null }])).toBe("accepted");
    await ledger.purge({ contentMs: 0, factsMs: 0 });
    tries.push(performance.now() - began);
  }
  // Whoever is stopped is so for a second, each time.
  expect(Math.min(...tries)).toBeLessThan(900);

  reader.close();
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  await ledger.purge({ contentMs: 0, factsMs: 0 });
  expect(statSync(`${file}-wal`).size).toBe(0);
  await ledger.close();
});

test.each([
  ["an address of another kind", () => "mysql://root@localhost/bridge"],
  ["an empty path", () => "sqlite:"],
  ["a directory in the place of the file", () => `sqlite:${directory}`],
  ["a file that is no database", () => `sqlite:${join(directory, "text.db")}`],
  ["a path through a file", () => `sqlite:${join(directory, "text.db", "bridge.db")}`],
])("%s is refused with the key that names it", async (_what, url) => {
  writeFileSync(join(directory, "text.db"), "this is a text of more than sixteen bytes, and no database at all".repeat(20));
  const error = await openLedger({ url: url(), log: silentLog }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect(String(error)).toMatch(/store\.url: /);
});

test("an address with slashes after the colon names the same file", async () => {
  const { ledger } = await openLedger({ url: `sqlite://${file}`, log: silentLog });
  expect(existsSync(file)).toBe(true);
  await ledger.close();
});

test("a store of a newer version is not touched", async () => {
  await (await open()).ledger.close();
  const database = new DatabaseSync(file);
  database.exec("insert into kysely_migration values ('2099-01-01 later', '2099-01-01T00:00:00Z')");
  database.close();
  await expect(open()).rejects.toThrow(/newer version/);
  const again = new DatabaseSync(file);
  again.exec("delete from kysely_migration where name like '2099%'");
  again.close();
  await (await open()).ledger.close();
});

test("a store that was closed opens again with everything that it held", async () => {
  mkdirSync(dirname(file), { recursive: true });
  const first = await open();
  await first.ledger.accept([{ id: "1", queue: "task", lane: "a", facts: { n: 1 }, content: "text" }]);
  await first.ledger.close();
  const second = await open();
  expect(await second.ledger.take("task")).toMatchObject({ id: "1", facts: { n: 1 }, content: "text", unsure: false });
  await second.ledger.close();
});
