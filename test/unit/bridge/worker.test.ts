import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Job } from "../../../src/bridge/session.ts";
import { startWorker, type Worker, type WorkerOptions } from "../../../src/bridge/worker.ts";
import { type LedgerOptions, openLedger } from "../../../src/ledger/ledger.ts";
import { silentLog } from "../../../src/log.ts";
import { systemClock } from "../../../src/model/clock.ts";
import type { Ledger } from "../../../src/model/ledger.ts";
import { until } from "../../support/until.ts";

let directory: string;
const workers: Worker[] = [];
const ledgers: Ledger[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "worker-"));
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
  for (const ledger of ledgers.splice(0)) await ledger.close();
  rmSync(directory, { recursive: true });
});

async function open(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  const { ledger } = await openLedger({ url: `sqlite:${join(directory, "bridge.db")}`, log: silentLog, ...options });
  ledgers.push(ledger);
  return ledger;
}

function work(ledger: Ledger, handle: (job: Job) => Promise<void>, options: Partial<WorkerOptions> = {}): Worker {
  const worker = startWorker({
    ledger, queue: "task", slots: 8, handle, clock: systemClock, log: silentLog, heartbeatMs: 100, giveUpMs: 400,
    onBuried: (row) => [{ id: `${row.id}!!`, queue: "delivery", lane: row.lane, facts: { about: row.reference } }], ...options,
  }); // biome-ignore format: one call
  workers.push(worker);
  return worker;
}

const task = (id: string) => ({ id, queue: "task", lane: id, facts: {} }) as const;
const never = new Promise<never>(() => undefined);
/** Until the work is given up. */
const aborted = ({ signal }: Job) => new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));

test("a store that hangs is noticed after the time for it, and not when its call ends", async () => {
  const ledger = await open();
  await ledger.accept([task("1")]);
  const begun = performance.now();
  const given = { after: 0 };
  work({ ...ledger, heartbeat: () => never }, async (job) => {
    await aborted(job);
    given.after = performance.now() - begun;
    await ledger.settle(job.row, { end: { kind: "done" } });
  });
  await until(() => given.after > 0, 5_000);
});

test("a lease that is confirmed goes on for as long as it takes", async () => {
  const ledger = await open();
  await ledger.accept([task("1")]);
  const beats = { count: 0 };
  const counting: Ledger = {
    ...ledger,
    heartbeat: (rows) => {
      beats.count += 1;
      return ledger.heartbeat(rows);
    },
  };
  const seen: boolean[] = [];
  work(counting, async ({ row, signal }) => {
    await until(() => beats.count >= 12);
    seen.push(signal.aborted);
    await ledger.settle(row, { end: { kind: "done" } });
  }, { giveUpMs: 5_000 }); // biome-ignore format: the options belong to the call
  await until(() => seen.length > 0);
  expect(seen).toEqual([false]);
});

test("a row that the store gave too late is not worked on: its lease may be somebody else's already", async () => {
  const ledger = await open({ leaseMs: 1_500 });
  await ledger.accept([task("1")]);
  let takes = 0;
  const slow: Ledger = {
    ...ledger,
    async take(queue) {
      const row = await ledger.take(queue);
      if (row) takes += 1;
      if (row && takes === 1) await systemClock.sleep(900);
      return row;
    },
  };
  const worked: number[] = [];
  work(slow, async ({ row }) => {
    worked.push(row.attempts);
    await ledger.settle(row, { end: { kind: "done" } });
  });
  await until(() => worked.length > 0);
  expect(worked).toEqual([2]);
});

test("a row that ended the process each time it was taken is set aside after a few times, with a word", async () => {
  const ledger = await open();
  await ledger.accept([task("poison"), task("unlucky")]);
  const silences = new Map([
    ["poison", 5],
    ["unlucky", 4],
  ]);
  const telling: Ledger = {
    ...ledger,
    async take(queue) {
      const row = await ledger.take(queue);
      return row && { ...row, silent: silences.get(row.id) ?? 0 };
    },
  };
  const handled: string[] = [];
  work(telling, async ({ row }) => {
    handled.push(row.id);
    await ledger.settle(row, { end: { kind: "done" } });
  });
  await until(async () => (await ledger.row("poison"))?.state === "buried" && (await ledger.row("unlucky"))?.state === "done");
  expect(handled).toEqual(["unlucky"]);
  expect(await ledger.row("poison")).toMatchObject({ error: expect.stringMatching(/taken 5 times/) });
  expect(await ledger.row("poison!!")).toMatchObject({ queue: "delivery" });
});

test("a row whose content does not open waits for the right key, and is then set aside; the next one of its lane goes on", async () => {
  const written = await open({ encryptionKey: "the key of yesterday" });
  await written.accept([
    { ...task("sealed"), lane: "a", content: "secret" },
    { ...task("next"), lane: "a" },
  ]);
  await written.close();
  const file = new DatabaseSync(join(directory, "bridge.db"));
  file.exec("update content set body = 'changed'");
  file.close();
  const ledger = await open({ encryptionKey: "the key of yesterday" });
  const waits: number[] = [];
  const hurried: Ledger = {
    ...ledger,
    settle: (row, step) => {
      if (step.end.kind === "retry") waits.push(step.end.delayMs);
      return ledger.settle(row, step.end.kind === "retry" ? { ...step, end: { ...step.end, delayMs: 0 } } : step);
    },
  };
  const handled: string[] = [];
  work(hurried, async ({ row }) => {
    handled.push(row.id);
    await ledger.settle(row, { end: { kind: "done" } });
  });
  await until(() => handled.length > 0);
  expect(handled).toEqual(["next"]);
  expect(waits).toEqual([1_000, 2_000, 5_000, 10_000, 20_000, 30_000]);
  expect(await ledger.row("sealed")).toMatchObject({ state: "buried", error: expect.stringMatching(/store\.encryptionKey/) });
  expect(await ledger.row("sealed!!")).toMatchObject({ queue: "delivery" });
});
