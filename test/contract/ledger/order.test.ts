import { expect, test } from "@jest/globals";
import { StoreError } from "../../../src/model/errors.ts";
import type { NewRow } from "../../../src/model/ledger.ts";
import { drain, onEveryEngine, row, take } from "./engines.ts";

await onEveryEngine("accepting rows", (place) => {
  test("rows of a lane are taken in the order of their commits, one at a time", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1"), row("2")]);
    await ledger.accept([row("3")]);

    const first = await take(ledger);
    expect(first).toMatchObject({ id: "1", state: "leased", attempts: 1, unsure: false, mail: [], facts: { id: "1" } });
    expect(await ledger.take("message")).toBeUndefined();

    await ledger.settle(first, { end: { kind: "done" } });
    expect(await drain(ledger)).toEqual(["2", "3"]);
  });

  test("lanes do not wait for each other, and neither do the queues of one lane", async () => {
    const { ledger } = await place().open();
    await ledger.accept([
      row("a1", { lane: "a" }),
      row("a2", { lane: "a" }),
      row("b1", { lane: "b" }),
      row("stop", { lane: "a", queue: "control" }),
    ]);
    expect((await take(ledger)).id).toBe("a1");
    expect((await take(ledger)).id).toBe("b1");
    expect((await take(ledger, "control")).id).toBe("stop");
    expect(await ledger.take("message")).toBeUndefined();
  });

  test("a row that is delivered again is not made again, also after it was done", async () => {
    const { ledger } = await place().open();
    expect(await ledger.accept([row("1", { content: "first" })])).toBe("accepted");
    expect(await ledger.accept([row("1", { content: "second" })])).toBe("duplicate");
    expect(await drain(ledger)).toEqual(["1"]);
    expect(await ledger.accept([row("1", { queue: "delivery" })])).toBe("duplicate");
    expect(await drain(ledger)).toEqual([]);
    expect((await ledger.row("1"))?.content).toBe("first");
  });

  test("of a call with old and new rows the new ones are accepted", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1")]);
    expect(await ledger.accept([row("1"), row("2")])).toBe("accepted");
    expect(await drain(ledger)).toEqual(["1", "2"]);
  });

  test("the same id in several calls at once is accepted once", async () => {
    const { ledger } = await place().open();
    const outcomes = await Promise.all(Array.from({ length: 5 }, (_, n) => ledger.accept([row("same", { content: n })])));
    expect(outcomes).toEqual(["accepted", "duplicate", "duplicate", "duplicate", "duplicate"]);
    expect((await ledger.row("same"))?.content).toBe(0);
  });

  test("the calls of one turn share a commit and keep their order", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("0")]);
    const before = await place().countCommits();
    await Promise.all(Array.from({ length: 200 }, (_, n) => ledger.accept([row(`${n + 1}`)])));
    expect((await place().countCommits()) - before).toBeLessThanOrEqual(3);
    expect((await ledger.open("message", "thread")).map(({ id }) => Number(id))).toEqual(Array.from({ length: 201 }, (_, n) => n));
  });

  test("a row that cannot be written fails its own call only", async () => {
    const { ledger } = await place().open();
    const bad: NewRow = { ...row("bad"), lane: JSON.parse("null") };
    const outcomes = await Promise.allSettled([ledger.accept([row("1")]), ledger.accept([row("fine"), bad]), ledger.accept([row("2")])]);
    expect(outcomes).toEqual([
      { status: "fulfilled", value: "accepted" },
      { status: "rejected", reason: expect.any(StoreError) },
      { status: "fulfilled", value: "accepted" },
    ]);
    expect(await ledger.row("fine")).toBeUndefined();
    expect(await drain(ledger)).toEqual(["1", "2"]);
  });

  test("a delayed row is not taken before its time, and its lane waits for it", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("later", { delayMs: 60_000 }), row("next")]);
    expect(await ledger.take("message")).toBeUndefined();
    expect((await ledger.open("message", "thread")).map(({ id }) => id)).toEqual(["later", "next"]);
  });

  test("text survives as it is: quotes, emoji, zero characters, numbers and nothing", async () => {
    const { ledger } = await place().open();
    const content = { text: 'it\'s "quoted" \u0000 \u{1F44B} \ud800', list: [1, 1.5, null, true, {}], empty: "" };
    await ledger.accept([row("1", { content, facts: null })]);
    expect(await take(ledger)).toMatchObject({ content, facts: null });
  });

  test("every row that comes from no other has a short reference of its own", async () => {
    const { ledger } = await place().open();
    await ledger.accept(Array.from({ length: 50 }, (_, n) => row(`${n}`)));
    const references = (await ledger.trace("thread")).map(({ reference }) => reference);
    expect(new Set(references).size).toBe(50);
    for (const reference of references) expect(reference).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
  });
});
