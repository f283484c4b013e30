import { expect, test } from "@jest/globals";
import { LeaseLost } from "../../../src/model/errors.ts";
import { until } from "../../support/until.ts";
import { onEveryEngine, row, take } from "./engines.ts";

const leaseMs = 300;
/** Where a test does something while the lease goes on. */
const longLeaseMs = 1_500;

await onEveryEngine("leases", (place) => {
  test("a row whose worker fell silent is taken again, as unsure, and nothing of its lane overtakes it", async () => {
    const first = await place().open({ leaseMs: longLeaseMs });
    const second = await place().openSecond(first, { leaseMs: longLeaseMs });
    await first.ledger.accept([row("1"), row("2")]);
    const lost = await take(first.ledger);
    expect(await second.ledger.take("message")).toBeUndefined();

    const again = await until(() => second.ledger.take("message"));
    expect(again).toMatchObject({ id: "1", attempts: 2, unsure: true });
    expect(again.fence).toBeGreaterThan(lost.fence);
  });

  test("whoever lost the lease can write nothing any more", async () => {
    const first = await place().open({ leaseMs });
    const second = await place().openSecond(first, { leaseMs });
    await first.ledger.accept([row("1", { content: "as it was" })]);
    const lost = await take(first.ledger);
    await until(() => second.ledger.take("message"));

    const step = { content: "from the dead", rows: [row("ghost")], keys: [{ key: "ghost" }] };
    await expect(first.ledger.settle(lost, { ...step, end: { kind: "done" } })).rejects.toBeInstanceOf(LeaseLost);
    await expect(first.ledger.save(lost, step)).rejects.toBeInstanceOf(LeaseLost);
    expect(await first.ledger.row("ghost")).toBeUndefined();
    expect(await first.ledger.byKey("ghost", 9)).toEqual([]);
    expect(await first.ledger.row("1")).toMatchObject({ state: "leased", content: "as it was" });
  });

  test("the same worker that takes a row again cannot finish it with its old lease", async () => {
    const { ledger } = await place().open({ leaseMs });
    await ledger.accept([row("1")]);
    const old = await take(ledger);
    const current = await until(() => ledger.take("message"));
    await expect(ledger.settle(old, { end: { kind: "done" } })).rejects.toBeInstanceOf(LeaseLost);
    expect(await ledger.settle(current, { end: { kind: "done" } })).toBe("settled");
    await expect(ledger.settle(current, { end: { kind: "done" } })).rejects.toBeInstanceOf(LeaseLost);
  });

  test("a lease that is over but that nobody took can still be finished", async () => {
    const { ledger } = await place().open({ leaseMs: 1 });
    await ledger.accept([row("1")]);
    const leased = await take(ledger);
    await ledger.ready("message", 5000, new AbortController().signal);
    expect(await ledger.settle(leased, { end: { kind: "done" } })).toBe("settled");
  });

  test("a heartbeat keeps the lease, and says which rows belong to somebody else now", async () => {
    const { ledger } = await place().open({ leaseMs: longLeaseMs });
    await ledger.accept([row("kept", { lane: "a" }), row("lost", { lane: "b" })]);
    const kept = await take(ledger);
    const lost = await take(ledger);
    await until(async () => {
      expect(await ledger.heartbeat([kept])).toEqual({ lost: [], mail: [] });
      return ledger.take("message");
    });
    expect(await ledger.heartbeat([kept, lost])).toEqual({ lost: [lost.seq], mail: [] });
    await ledger.settle(kept, { end: { kind: "done" } });
    expect(await ledger.heartbeat([kept])).toEqual({ lost: [kept.seq], mail: [] });
    expect(await ledger.heartbeat([])).toEqual({ lost: [], mail: [] });
  });

  test("takes that end without a word are counted until there is a sign of life", async () => {
    const { ledger } = await place().open({ leaseMs });
    await ledger.accept([row("1")]);
    const next = () => until(() => ledger.take("message"));
    for (const silent of [0, 1]) expect(await next()).toMatchObject({ silent });
    const alive = await next();
    expect(alive.silent).toBe(2);
    await ledger.heartbeat([alive]);
    expect((await next()).silent).toBe(1);
    const failing = await next();
    await ledger.settle(failing, { end: { kind: "retry", delayMs: 0, error: "x", unsure: false } });
    const again = await next();
    expect(again.silent).toBe(2);
    await ledger.save(again, { facts: "progress" });
    expect((await next()).silent).toBe(1);
  }, 60_000);

  test("it is known since when a row is tried, also after it was redriven", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1")]);
    expect((await ledger.row("1"))?.triedAt).toBeUndefined();
    const first = await take(ledger);
    expect(first.triedAt).toBeGreaterThan(0);
    await ledger.settle(first, { end: { kind: "retry", delayMs: 0, error: "x", unsure: false } });
    const second = await take(ledger);
    expect(second.triedAt).toBe(first.triedAt);
    await ledger.settle(second, { end: { kind: "buried", error: "x" } });
    await ledger.redrive(["1"]);
    expect((await ledger.row("1"))?.triedAt).toBeUndefined();
    expect((await until(() => ledger.take("message"))).triedAt).toBeGreaterThanOrEqual(first.triedAt ?? Number.NaN);
  });

  test("progress is committed while the lease goes on", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { content: "question" })]);
    const leased = await take(ledger);
    const progress = { facts: { sent: true }, content: "more", keys: [{ key: "task" }], rows: [row("sign", { queue: "delivery" })] };
    expect(await ledger.save(leased, progress)).toBe("saved");

    expect(await ledger.row("1")).toMatchObject({ state: "leased", facts: { sent: true }, content: "more" });
    expect((await ledger.byKey("task", 9)).map(({ id }) => id)).toEqual(["1"]);
    expect((await take(ledger, "delivery")).id).toBe("sign");
    expect(await ledger.settle(leased, { end: { kind: "done" } })).toBe("settled");
  });
});
