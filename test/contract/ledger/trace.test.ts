import { expect, test } from "@jest/globals";
import type { Row } from "../../../src/model/ledger.ts";
import { onEveryEngine, row, take } from "./engines.ts";

const ids = (rows: readonly Row[]) => rows.map(({ id }) => id);

await onEveryEngine("finding rows", (place) => {
  test("event, task and deliveries are found together from any of them, oldest first", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("other", { lane: "elsewhere" }), row("event", { lane: "slack:T:C:1" })]);
    await ledger.settle(await take(ledger), { end: { kind: "done" } });
    await ledger.settle(await take(ledger), { end: { kind: "done" }, rows: [row("task", { queue: "task", lane: "t" })] });
    const task = await take(ledger, "task");
    await ledger.save(task, { rows: [row("sign", { queue: "delivery", lane: "d" })] });
    await ledger.settle(task, { end: { kind: "done" }, rows: [row("answer", { queue: "delivery", lane: "d" })] });
    const all = ["event", "task", "sign", "answer"];

    for (const id of all) {
      expect(ids(await ledger.trace(id))).toEqual(all);
      const reference = (await ledger.row(id))?.reference ?? "";
      expect(ids(await ledger.trace(reference))).toEqual(all);
      expect(ids(await ledger.trace(` ${reference.toLowerCase().slice(0, 4)}-${reference.slice(4)} `))).toEqual(all);
    }
    expect(new Set((await ledger.trace("event")).map(({ reference }) => reference)).size).toBe(1);
    expect(ids(await ledger.trace("slack:T:C:1"))).toEqual(all);
    // What a message has led to is found by the thread of the message, wherever it stands itself.
    expect(await ledger.trace("d")).toEqual([]);
    expect(await ledger.trace("nothing of the kind")).toEqual([]);
    expect(await ledger.trace("")).toEqual([]);
  });

  test("a row that was absorbed is found together with the one that took it over", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1"), row("2")]);
    await ledger.settle(await take(ledger), { end: { kind: "done" }, absorb: ["2"], rows: [row("task", { queue: "task" })] });
    expect(ids(await ledger.trace("2"))).toEqual(["1", "2", "task"]);
  });

  test("a row that belongs to another from the first is part of its story, and shares its reference", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("task", { queue: "task" })]);
    const task = (await ledger.row("task")) ?? row("task");
    await ledger.accept([row("push", { queue: "control", ...("reference" in task && { of: task }) })]);
    await ledger.settle(await take(ledger, "control"), { end: { kind: "done" }, rows: [row("late", { queue: "delivery" })] });
    const traced = await ledger.trace("task");
    expect(ids(traced)).toEqual(["task", "push", "late"]);
    expect(new Set(traced.map(({ reference }) => reference)).size).toBe(1);
  });

  test("rows are found by their keys, the newest first, with the proof to compare", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { keys: [{ key: "push", proof: "hash" }, { key: "agent task" }] }), row("2", { lane: "b" })]);
    await ledger.save(await take(ledger), { keys: [{ key: "push", proof: "newer" }] });
    await ledger.settle(await take(ledger), { end: { kind: "done" }, keys: [{ key: "agent task", proof: "second" }] });
    expect(await ledger.byKey("push", 9)).toMatchObject([{ id: "1", proof: "newer" }]);
    const both = [
      { id: "2", proof: "second", state: "done" },
      { id: "1", proof: undefined },
    ];
    expect(await ledger.byKey("agent task", 9)).toMatchObject(both);
    expect(await ledger.byKey("agent task", 1)).toMatchObject(both.slice(0, 1));
    expect(await ledger.byKey("unknown", 9)).toEqual([]);
  });

  test("a row is not found any more by a key that it gave up", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { keys: [{ key: "asking" }, { key: "other" }] }), row("2", { lane: "b", keys: [{ key: "asking" }] })]);
    const leased = await take(ledger);
    await ledger.save(leased, { forget: ["asking", "unknown"] });
    expect((await ledger.byKey("asking", 9)).map(({ id }) => id)).toEqual(["2"]);
    await ledger.settle(leased, { end: { kind: "done" }, forget: ["other"] });
    expect(await ledger.byKey("other", 9)).toEqual([]);
  });

  test("a thread of a thousand messages is traced by its newest", async () => {
    const { ledger } = await place().open();
    await ledger.accept(Array.from({ length: 1010 }, (_, n) => row(`${n}`)));
    const traced = ids(await ledger.trace("thread"));
    expect(traced).toHaveLength(1000);
    expect(traced.at(-1)).toBe("1009");
  });
});
