import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Job } from "../../../src/bridge/session.ts";
import { startWorker, type Worker } from "../../../src/bridge/worker.ts";
import { openLedger } from "../../../src/ledger/ledger.ts";
import { silentLog } from "../../../src/log.ts";
import { systemClock } from "../../../src/model/clock.ts";
import type { Leased, Ledger, NewRow } from "../../../src/model/ledger.ts";
import { until } from "../../support/until.ts";

const slots = 2;
let directory: string;
let ledger: Ledger;
let worker: Worker;
/** Rows that are worked on until `release`. */
let held: { readonly id: string; release(): void }[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "offers-"));
  ({ ledger } = await openLedger({ url: `sqlite:${join(directory, "bridge.db")}`, log: silentLog }));
  held = [];
  worker = startWorker({
    ledger,
    queue: "task",
    slots,
    handle,
    onBuried: () => [],
    clock: systemClock,
    log: silentLog,
    heartbeatMs: 1_000,
    giveUpMs: 4_000,
  });
});
afterEach(async () => {
  for (const { release } of held) release();
  // Waits for ever where an offer was neither taken nor dropped.
  await worker.stop();
  await ledger.close();
  rmSync(directory, { recursive: true });
});

async function handle({ row }: Job): Promise<void> {
  await new Promise<void>((release) => void held.push({ id: row.id, release }));
  await ledger.settle(row, { end: { kind: "done" } });
}

const task = (id: string): NewRow => ({ id, queue: "task", lane: id, facts: {} });

/** Rows whose steps end together. */
async function takeEvents(...ids: readonly string[]): Promise<readonly Leased[]> {
  await ledger.accept(ids.map((id) => ({ id, queue: "message", lane: id, facts: {} })));
  const taken = await Promise.all(ids.map(() => ledger.take("message")));
  return taken.flatMap((row) => row ?? []);
}

test("steps that fail in a commit of many, each with a task for a worker, cost none of its slots", async () => {
  const failing = { end: { kind: "done" }, also: () => Promise.reject(new Error("of the caller")) } as const;
  for (let round = 0; round < 2 * slots; round++) {
    const [good, bad] = await takeEvents(`good ${round}`, `bad ${round}`);
    if (!good || !bad) throw new Error("the events were not there");
    const outcomes = await Promise.allSettled([
      ledger.settle(good, { end: { kind: "done" }, rows: [task(`of good ${round}`)] }),
      ledger.settle(bad, { ...failing, rows: [task(`of bad ${round}`)] }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    await until(() => held.length === round + 1);
    held[round]?.release();
    await until(async () => (await ledger.row(`of good ${round}`))?.state === "done");
  }
  expect(held.map(({ id }) => id)).toEqual(Array.from({ length: 2 * slots }, (_, round) => `of good ${round}`));

  await ledger.accept(Array.from({ length: slots }, (_, n) => task(`last ${n}`)));
  await until(() => held.length === 3 * slots, 5_000);
});
