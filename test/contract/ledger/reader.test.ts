import { afterEach, expect, test } from "@jest/globals";
import { type LedgerReader, openLedgerReader } from "../../../src/ledger/reader.ts";
import { onEveryEngine, row, take } from "./engines.ts";

const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);
let reader: LedgerReader | undefined;
afterEach(() => reader?.close());

await onEveryEngine("a second look", (place) => {
  const look = async () => {
    reader = await openLedgerReader({ url: place().url });
    return reader;
  };

  test("sees what is committed while the ledger works, and after it was closed", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("event", { lane: "slack:T:C:1" })]);
    const before = await look();
    expect(ids(await before.trace("slack:T:C:1"))).toEqual(["event"]);
    await ledger.settle(await take(ledger), { end: { kind: "done" }, rows: [row("answer", { queue: "delivery" })] });
    expect(ids(await before.trace("event"))).toEqual(["event", "answer"]);
    await before.close();

    await ledger.close();
    expect(ids(await (await look()).trace("event"))).toEqual(["event", "answer"]);
  });

  test("sees no content, needs no key, and tells which buried rows can be worked on again", async () => {
    const { ledger } = await place().open({ encryptionKey: "a key of some length" });
    await ledger.accept([row("1", { content: "secret words" })]);
    await ledger.settle(await take(ledger), { end: { kind: "buried", error: "refused: no" } });
    const { buried, trace } = await look();
    expect(await buried(10)).toMatchObject([{ id: "1", redrivable: true, content: undefined, error: "refused: no" }]);
    expect(JSON.stringify(await trace("1"))).not.toContain("secret");

    await ledger.purge({ contentMs: 0, factsMs: 1_000_000 });
    expect(await buried(10)).toMatchObject([{ id: "1", redrivable: false }]);
  });

  test("finds what a link leads to: the message said, the message posted, or else its thread", async () => {
    const { ledger } = await place().open();
    const lane = "slack:T1:C1:1.1";
    await ledger.accept([
      row("event:slack:T1:C1:1.1", { lane }),
      row("event:slack:T1:C1:1.2", { lane }),
      row("event:slack:T1:C9:1.1", { lane: "slack:T1:C9:1.1" }),
    ]);
    await ledger.settle(await take(ledger), { end: { kind: "done" }, rows: [row("post", { queue: "delivery", lane })] });
    await ledger.settle(await take(ledger, "delivery"), { end: { kind: "done" }, result: { message: "1.15", platform: "slack" } });
    const { find } = await look();
    const link = (message: string) => ({ platform: "slack", channel: "C1", threads: ["1.1"], message });
    expect(ids(await find(link("1.1")))).toEqual(["event:slack:T1:C1:1.1", "post"]);
    expect(ids(await find(link("1.15")))).toEqual(["event:slack:T1:C1:1.1", "post"]);
    expect(ids(await find(link("1.2")))).toEqual(["event:slack:T1:C1:1.2"]);
    expect(ids(await find(link("9.9")))).toEqual(["event:slack:T1:C1:1.1", "event:slack:T1:C1:1.2", "post"]);
    expect(ids(await find({ ...link("1.2"), workspace: "T2" }))).toEqual([]);
    expect(ids(await find({ ...link("1.2"), workspace: "T1", threads: ["dm", "1.1"] }))).toEqual(["event:slack:T1:C1:1.2"]);
    expect(ids(await find({ ...link("1._"), threads: ["1._"] }))).toEqual([]);
  });

  test("a store without anything in it is told as such", async () => {
    const nothing = look().then(({ trace }) => trace("x"));
    await expect(nothing).rejects.toMatchObject({ name: "ConfigError", message: expect.stringMatching(/^store\.url: there is no/) });
  });

  test("the backlog counts what is open or buried, and not what is done", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1"), row("2", { lane: "b" }), row("3", { lane: "c" })]);
    await ledger.settle(await take(ledger), { end: { kind: "done" } });
    await ledger.settle(await take(ledger), { end: { kind: "buried", error: "no" } });
    const rest = (await ledger.backlog()).map(({ queue, state, count }) => ({ queue, state, count }));
    expect(rest).toEqual([
      { queue: "message", state: "ready", count: 1 },
      { queue: "message", state: "buried", count: 1 },
    ]);
  });
});
