import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createDisk, type Disk } from "../../../src/ledger/disk.ts";
import { openLedger } from "../../../src/ledger/ledger.ts";
import { silentLog } from "../../../src/log.ts";
import { StoreError } from "../../../src/model/errors.ts";
import type { Leased, Ledger, NewRow, Queue } from "../../../src/model/ledger.ts";
import { until } from "../../support/until.ts";

let directory: string;
let ledger: Ledger | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "disk-"));
});

afterEach(async () => {
  await ledger?.close();
  ledger = undefined;
  rmSync(directory, { recursive: true });
});

describe("a disk", () => {
  test("brings a file over at once for all who have asked, and again for whoever asks meanwhile", async () => {
    const file = join(directory, "log");
    writeFileSync(file, "written");
    const disk = createDisk(file, silentLog);
    const first = disk.sync();
    expect(disk.sync()).toBe(first);
    await Promise.resolve();
    const second = disk.sync();
    expect(second).not.toBe(first);
    await Promise.all([first, second]);
    await disk.close();
  });

  test("that has failed once is not believed again", async () => {
    const file = join(directory, "log");
    const disk = createDisk(file, silentLog);
    await expect(disk.sync()).rejects.toThrow(/the disk did not take what was committed/);
    writeFileSync(file, "there after all");
    await expect(disk.sync()).rejects.toThrow(/the disk did not take what was committed/);
    await disk.close();
  });
});

/** A disk that takes what it is given when the test lets it, once the store is open. */
function createSlowDisk() {
  const waiting: PromiseWithResolvers<void>[] = [];
  const state = { isOpen: false };
  const disk: Disk = {
    async sync() {
      if (!state.isOpen) return;
      const asked = Promise.withResolvers<void>();
      waiting.push(asked);
      return asked.promise;
    },
    close: async () => undefined,
  };
  return {
    create: () => disk,
    opened: () => {
      state.isOpen = true;
    },
    asked: () => waiting.length,
    take: () => {
      for (const each of waiting.splice(0)) each.resolve();
    },
    fail: () => {
      for (const each of waiting.splice(0)) each.reject(new Error("input/output error"));
    },
  };
}

const row = (queue: Queue, id = "1"): NewRow => ({ id, queue, lane: id, facts: null });

async function open(disk: ReturnType<typeof createSlowDisk>): Promise<Ledger> {
  const opened = await openLedger({ url: `sqlite:${join(directory, "bridge.db")}`, log: silentLog, createDisk: disk.create });
  disk.opened();
  ledger = opened.ledger;
  return opened.ledger;
}

/** What a promise has come to so far. */
function watch<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const seen: { value?: T; error?: unknown } = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

function takeAll(from: Ledger, queue: Queue): Leased[] {
  const given: Leased[] = [];
  from.onDue(queue, () => ({ give: (leased) => void given.push(leased), drop: () => undefined }));
  return given;
}

describe("what waits for the disk", () => {
  test("an event is acknowledged once it is there; the work on it begins before", async () => {
    const disk = createSlowDisk();
    const store = await open(disk);
    const given = takeAll(store, "message");
    const accepted = watch(store.accept([row("message")]));
    const [leased] = await until(() => (given.length > 0 ? given : undefined));
    expect(accepted).toEqual({});
    if (!leased) throw new Error("nothing was given");
    const settled = watch(store.settle(leased, { end: { kind: "done" } }));
    await until(() => disk.asked() === 2);
    expect(settled).toEqual({});
    disk.take();
    await until(() => accepted.value && settled.value);
    expect([accepted.value, settled.value]).toEqual(["accepted", "settled"]);
  });

  test("a duplicate is no more certain than the first: it waits too", async () => {
    const disk = createSlowDisk();
    const store = await open(disk);
    const first = watch(store.accept([row("message")]));
    await until(() => disk.asked() === 1);
    const second = watch(store.accept([row("message")]));
    await until(() => disk.asked() === 2);
    expect([first, second]).toEqual([{}, {}]);
    disk.take();
    await until(() => second.value);
    expect([first.value, second.value]).toEqual(["accepted", "duplicate"]);
  });

  test("what is to be posted is given out once the disk knows that it is under way", async () => {
    const disk = createSlowDisk();
    const store = await open(disk);
    const given = takeAll(store, "delivery");
    const accepted = watch(store.accept([row("delivery")]));
    await until(() => disk.asked() === 1);
    expect((await store.row("1"))?.state).toBe("leased");
    expect(given).toEqual([]);
    disk.take();
    await until(() => accepted.value);
    expect(given).toMatchObject([{ id: "1", attempts: 1 }]);
  });

  test("so it is where it was looked for; any other row is there at once", async () => {
    const disk = createSlowDisk();
    const store = await open(disk);
    const accepted = store.accept([row("delivery"), row("task", "2")]);
    await until(() => disk.asked() === 1);
    disk.take();
    await accepted;
    expect(await store.take("task")).toMatchObject({ id: "2" });
    const taken = watch(store.take("delivery"));
    await until(() => disk.asked() === 1);
    expect(taken).toEqual({});
    disk.take();
    await until(() => taken.value);
    expect(taken.value).toMatchObject({ id: "1" });
  });

  test("a disk that fails: nothing is acknowledged, nothing is posted, and the store says that it is not well", async () => {
    const disk = createSlowDisk();
    const store = await open(disk);
    const given = takeAll(store, "delivery");
    const accepted = watch(store.accept([row("delivery"), row("message", "2")]));
    await until(() => disk.asked() === 1);
    disk.fail();
    await until(() => accepted.error);
    expect(accepted.error).toBeInstanceOf(StoreError);
    expect(given).toEqual([]);
    const ping = watch(store.ping());
    await until(() => disk.asked() === 1);
    disk.fail();
    await until(() => ping.error);
    expect(ping.error).toBeInstanceOf(StoreError);
  });
});
