import { expect, test } from "@jest/globals";
import type { Leased, Ledger, Queue } from "../../../src/model/ledger.ts";
import { until } from "../../support/until.ts";
import { onEveryEngine, row, take } from "./engines.ts";

/** A worker with room for so many rows at once. */
function createWorker(ledger: Ledger, queue: Queue = "message", room = Number.POSITIVE_INFINITY) {
  const given: Leased[] = [];
  const worker = { given, dropped: 0, room };
  const stop = ledger.onDue(queue, () => {
    if (worker.room <= 0) return undefined;
    worker.room -= 1;
    return {
      give: (leased) => void worker.given.push(leased),
      drop() {
        worker.room += 1;
        worker.dropped += 1;
      },
    };
  });
  return Object.assign(worker, { stop });
}

await onEveryEngine("handing over", (place) => {
  test("a row that is accepted is given to a worker of this process under a lease, as taking it would give it", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("taken", { lane: "a", facts: { n: 1 }, content: { said: "hello" } })]);
    const taken = await take(ledger);
    const worker = createWorker(ledger);
    await ledger.accept([row("given", { lane: "b", facts: { n: 1 }, content: { said: "hello" } })]);
    const [given] = await until(() => (worker.given.length > 0 ? worker.given : undefined));
    const own = { id: "given", lane: "b", seq: expect.any(Number), reference: expect.any(String) };
    const times = { createdAt: expect.any(Number), triedAt: expect.any(Number) };
    expect(given).toEqual({ ...taken, ...own, ...times, own: true });
    expect(await ledger.take("message")).toBeUndefined();
    if (!given) throw new Error("nothing was given");
    expect(await ledger.settle(given, { end: { kind: "done" } })).toBe("settled");
  });

  test("facts and content are the very values that were written, and say so; read from the store they do not", async () => {
    const { ledger } = await place().open();
    const worker = createWorker(ledger);
    const written = row("1", { facts: { kept: "yes" }, content: { said: "hello" } });
    await ledger.accept([written]);
    const [given] = await until(() => (worker.given.length > 0 ? worker.given : undefined));
    expect(given).toMatchObject({ own: true });
    expect(given?.facts).toBe(written.facts);
    expect(given?.content).toBe(written.content);
    expect(await ledger.row("1")).toMatchObject({ facts: written.facts, content: written.content });
    expect(await ledger.row("1")).not.toHaveProperty("own");
  });

  test("of one lane only the head is given; the next one when it is done", async () => {
    const { ledger } = await place().open();
    const worker = createWorker(ledger);
    await ledger.accept([row("1"), row("2"), row("3")]);
    await ledger.accept([row("4")]);
    await until(() => worker.given.length > 0);
    expect(worker.given.map(({ id }) => id)).toEqual(["1"]);
    for (const id of ["2", "3", "4"]) {
      const last = worker.given.at(-1);
      if (last) await ledger.settle(last, { end: { kind: "done" } });
      await until(() => worker.given.at(-1)?.id === id);
    }
    expect(worker.given).toHaveLength(4);
  });

  test("the next step of a row is given with the commit that makes it", async () => {
    const { ledger } = await place().open();
    const worker = createWorker(ledger, "task");
    await ledger.accept([row("event", { lane: "a" })]);
    await ledger.settle(await take(ledger), { end: { kind: "done" }, rows: [row("task", { queue: "task", lane: "a", content: "words" })] });
    await until(() => worker.given.length > 0);
    expect(worker.given).toMatchObject([{ id: "task", content: "words", attempts: 1, unsure: false, mail: [] }]);
  });

  test("a later row comes with the mail and the edit that it got while it waited", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { content: "first" }), row("2", { content: "second" }), row("word", { queue: "control" })]);
    const first = await take(ledger);
    await ledger.settle(await take(ledger, "control"), { end: { kind: "done" }, mail: [{ to: "2", item: "a letter" }] });
    await ledger.edit("2", "second, but better");
    const worker = createWorker(ledger);
    await ledger.settle(first, { end: { kind: "done" } });
    await until(() => worker.given.length > 0);
    expect(worker.given).toMatchObject([{ id: "2", content: "second, but better", mail: [{ item: "a letter" }] }]);
  });

  test("without room, or before its time, a row is left to whoever looks for it", async () => {
    const { ledger } = await place().open();
    const worker = createWorker(ledger, "message", 1);
    await ledger.accept([row("late", { lane: "a", delayMs: 60_000 }), row("1", { lane: "b" }), row("2", { lane: "c" })]);
    await until(() => worker.given.length > 0);
    expect(worker.given.map(({ id }) => id)).toEqual(["1"]);
    expect((await take(ledger)).id).toBe("2");
    expect(await ledger.take("message")).toBeUndefined();
    worker.stop();
    worker.room = 1;
    await ledger.accept([row("3", { lane: "d" })]);
    expect((await take(ledger)).id).toBe("3");
    expect(worker.given).toHaveLength(1);
  });

  test("an offer for which there is nothing is dropped: after a duplicate, and after a step that did not take place", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1", { lane: "a" }), row("task", { queue: "task" }), row("word", { queue: "control" })]);
    await ledger.settle(await take(ledger), { end: { kind: "done" } });
    const worker = createWorker(ledger);
    expect(await ledger.accept([row("1", { lane: "a" })])).toBe("duplicate");
    await until(() => worker.dropped === 1);

    const word = await take(ledger, "control");
    const bounced = await ledger.settle(word, {
      end: { kind: "done" },
      rows: [row("2", { lane: "b" })],
      mail: [{ to: "nobody", item: 1 }],
    });
    expect(bounced).toBe("bounced");
    const failed = ledger.settle(word, {
      end: { kind: "done" },
      rows: [row("2", { lane: "b" })],
      also: () => Promise.reject(new Error("of the caller")),
    });
    await expect(failed).rejects.toThrow("of the caller");
    await until(() => worker.dropped >= 2);
    expect(worker.given).toEqual([]);
    expect(await ledger.row("2")).toBeUndefined();
  });

  test("two workers of one queue get different rows", async () => {
    const { ledger } = await place().open();
    const first = createWorker(ledger, "message", 1);
    const second = createWorker(ledger, "message", 1);
    await ledger.accept([row("1", { lane: "a" }), row("2", { lane: "b" }), row("3", { lane: "c" })]);
    await until(() => first.given.length + second.given.length === 2);
    expect(new Set([...first.given, ...second.given].map(({ id }) => id))).toEqual(new Set(["1", "2"]));
    expect((await take(ledger)).id).toBe("3");
  });
});
