import { expect, test } from "@jest/globals";
import { until } from "../../support/until.ts";
import { drain, onEveryEngine, row, take } from "./engines.ts";

await onEveryEngine("finishing a step", (place) => {
  test("the row is done and its new rows are there in one commit", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("event", { content: "hello" })]);
    const outcome = await ledger.settle(await take(ledger), {
      end: { kind: "done" },
      facts: { agent: "one" },
      result: { posted: 7 },
      rows: [row("task", { queue: "task", content: "ask" }), row("sign", { queue: "delivery" }), row("event")],
    });
    expect(outcome).toBe("settled");
    expect(await ledger.row("event")).toMatchObject({ state: "done", facts: { agent: "one" }, result: { posted: 7 }, error: undefined });
    expect((await ledger.row("event"))?.settledAt).toBeGreaterThan(0);
    expect((await take(ledger, "task")).content).toBe("ask");
    expect((await take(ledger, "delivery")).id).toBe("sign");
  });

  test("a retried row stays the head of its lane and keeps its attempts", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1"), row("2")]);
    await ledger.settle(await take(ledger), { end: { kind: "retry", delayMs: 150, error: "agent unreachable", unsure: false } });
    expect(await ledger.take("message")).toBeUndefined();
    expect((await ledger.open("message", "thread")).map(({ id }) => id)).toEqual(["1", "2"]);

    const again = await until(() => ledger.take("message"));
    expect(again).toMatchObject({ id: "1", attempts: 2, unsure: false, error: "agent unreachable" });
    await ledger.settle(again, { end: { kind: "retry", delayMs: 0, error: "broken", unsure: true } });
    const third = await take(ledger);
    expect(third).toMatchObject({ id: "1", attempts: 3, unsure: true });
    await ledger.settle(third, { end: { kind: "done" } });
    expect(await ledger.row("1")).toMatchObject({ state: "done", error: undefined, attempts: 3 });
    expect(await drain(ledger)).toEqual(["2"]);
  });

  test("a parked row keeps its place without a lease and forgets its attempts", async () => {
    const { ledger } = await place().open({ leaseMs: 100 });
    await ledger.accept([row("1"), row("2")]);
    await ledger.settle(await take(ledger), { end: { kind: "parked", delayMs: 1_500 }, facts: { waiting: true } });
    expect(await ledger.row("1")).toMatchObject({ state: "ready", attempts: 0, facts: { waiting: true } });
    expect(await ledger.take("message")).toBeUndefined();

    expect(await until(() => ledger.take("message"))).toMatchObject({ id: "1", attempts: 1, unsure: false });
  });

  test("a buried row leaves its lane to the others", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1"), row("2")]);
    await ledger.settle(await take(ledger), {
      end: { kind: "buried", error: "thread gone" },
      rows: [row("notice", { queue: "delivery" })],
    });
    expect(await drain(ledger)).toEqual(["2"]);
    expect(await ledger.buried(10)).toMatchObject([{ id: "1", state: "buried", error: "thread gone" }]);
    expect(await ledger.buried(0)).toEqual([]);
    expect((await take(ledger, "delivery")).id).toBe("notice");
  });

  test("redriven rows come back at the end of their lane, in their order", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1"), row("2"), row("3")]);
    for (const id of ["1", "2"]) {
      const leased = await take(ledger);
      expect(leased.id).toBe(id);
      await ledger.settle(leased, { end: { kind: "buried", error: "refused" } });
    }
    expect(await ledger.redrive(["2", "1", "3", "unknown"])).toBe(2);
    expect(await ledger.redrive(["1"])).toBe(0);
    await ledger.accept([row("4")]);
    expect((await ledger.row("1"))?.attempts).toBe(0);
    expect(await drain(ledger)).toEqual(["3", "1", "2", "4"]);
    expect(await ledger.buried(10)).toEqual([]);
  });

  test("a redriven row of an idle lane is due at once", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1")]);
    await ledger.settle(await take(ledger), { end: { kind: "buried", error: "refused" } });
    await ledger.redrive(["1"]);
    expect(await take(ledger)).toMatchObject({ id: "1", attempts: 1, unsure: false });
  });

  test("waiting rows of the lane are absorbed in the same commit", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1"), row("2"), row("3"), row("4")]);
    expect(await ledger.save(await take(ledger), { absorb: ["2"] })).toBe("saved");
    expect(await ledger.row("2")).toMatchObject({ state: "done", result: { joined: "1" } });
    expect((await ledger.open("message", "thread")).map(({ id }) => id)).toEqual(["1", "3", "4"]);
    expect(await ledger.take("message")).toBeUndefined();
  });

  test("a head of another queue can be absorbed, and its lane goes on", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("task", { queue: "task" }), row("1"), row("2")]);
    const task = await take(ledger, "task");
    expect(await ledger.settle(task, { end: { kind: "done" }, absorb: ["1"] })).toBe("settled");
    expect(await drain(ledger)).toEqual(["2"]);
  });

  test.each([
    ["is worked on", "leased"],
    ["is done", "done"],
    ["is of another lane", "elsewhere"],
    ["does not exist", "unknown"],
  ])("nothing is written when a row to absorb %s", async (_why, id) => {
    const { ledger } = await place().open();
    await ledger.accept([
      row("1"),
      row("leased", { queue: "control" }),
      row("elsewhere", { lane: "other" }),
      row("done", { queue: "delivery" }),
    ]);
    await drain(ledger, "delivery");
    await take(ledger, "control");
    const leased = await take(ledger);
    expect(leased.id).toBe("1");
    const step = { absorb: [id], facts: { changed: true }, rows: [row("new")] };
    expect(await ledger.save(leased, step)).toBe("bounced");
    expect(await ledger.settle(leased, { ...step, end: { kind: "done" } })).toBe("bounced");
    expect(await ledger.row("new")).toBeUndefined();
    expect(await ledger.row("1")).toMatchObject({ state: "leased", facts: { id: "1" } });
    expect(await ledger.settle(leased, { end: { kind: "done" } })).toBe("settled");
  });

  test("rows that are done are amended, open ones are left as they are", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("old", { content: "typo" }), row("open", { lane: "b", content: "b" }), row("edit", { queue: "control" })]);
    await ledger.settle(await take(ledger), { end: { kind: "done" } });
    await ledger.settle(await take(ledger, "control"), {
      end: { kind: "done" },
      amend: [
        { id: "old", facts: { edited: true }, content: "text" },
        { id: "open", facts: { edited: true }, content: "x" },
      ],
    });
    expect(await ledger.row("old")).toMatchObject({ state: "done", facts: { edited: true }, content: "text" });
    expect(await ledger.row("open")).toMatchObject({ facts: { id: "open" }, content: "b" });
  });

  test("a waiting row that nobody has begun can be edited and withdrawn, another cannot", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { content: "a" }), row("2", { content: "b" }), row("3")]);
    const first = await take(ledger);
    expect(await ledger.edit("1", "late")).toBe(false);
    expect(await ledger.withdraw("1")).toBe(false);
    expect(await ledger.edit("2", "changed")).toBe(true);
    expect(await ledger.edit("unknown", "changed")).toBe(false);
    await ledger.settle(first, { end: { kind: "retry", delayMs: 0, error: "x", unsure: false } });
    expect(await ledger.edit("1", "begun")).toBe(false);
    await ledger.settle(await take(ledger), { end: { kind: "done" } });

    expect((await ledger.row("2"))?.content).toBe("changed");
    expect(await ledger.withdraw("2")).toBe(true);
    expect(await ledger.row("2")).toMatchObject({ state: "done", result: { withdrawn: true } });
    expect(await ledger.withdraw("2")).toBe(false);
    expect(await drain(ledger)).toEqual(["3"]);
  });

  test("a row that was begun and is parked is neither edited nor withdrawn", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { content: "a" })]);
    await ledger.settle(await take(ledger), { end: { kind: "parked", delayMs: 60_000 } });
    expect(await ledger.edit("1", "late")).toBe(false);
    expect(await ledger.withdraw("1")).toBe(false);
    expect(await ledger.row("1")).toMatchObject({ state: "ready", content: "a" });
  });

  test("stats say how many rows are in which state, and how old the oldest open one is", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1"), row("2"), row("3"), row("t", { queue: "task" })]);
    await drain(ledger, "task");
    await take(ledger);
    await until(async () => (await ledger.stats()).some(({ state, oldestMs }) => state === "ready" && oldestMs > 0));
    expect(await ledger.stats()).toEqual([
      { queue: "message", state: "leased", count: 1, oldestMs: expect.any(Number) },
      { queue: "message", state: "ready", count: 2, oldestMs: expect.any(Number) },
      { queue: "task", state: "done", count: 1, oldestMs: 0 },
    ]);
  });
});
