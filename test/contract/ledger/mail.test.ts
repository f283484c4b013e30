import { expect, test } from "@jest/globals";
import { until } from "../../support/until.ts";
import { type Opened, onEveryEngine, row, take } from "./engines.ts";

/** A task and a control event that can send it mail. */
async function begin({ ledger }: Opened) {
  await ledger.accept([row("task", { queue: "task" }), row("push", { queue: "control" }), row("push2", { queue: "control" })]);
}

async function send({ ledger }: Opened, item: string, to = "task") {
  return ledger.settle(await take(ledger, "control"), { end: { kind: "done" }, mail: [{ to, item }] });
}

await onEveryEngine("mail", (place) => {
  test("mail wakes a parked row and is handed over with it", async () => {
    const opened = await place().open();
    const { ledger } = opened;
    await begin(opened);
    await ledger.settle(await take(ledger, "task"), { end: { kind: "parked", delayMs: 60_000 } });
    expect(await send(opened, "result")).toBe("settled");
    const woken = await take(ledger, "task");
    expect(woken).toMatchObject({ id: "task", unsure: false, mail: [{ item: "result" }] });
    expect(await ledger.mail(woken)).toEqual([]);
    expect(await ledger.heartbeat([woken])).toEqual({ lost: [], mail: [] });
  });

  test("mail to a row that is worked on reaches its worker", async () => {
    const first = await place().open();
    const second = await place().openSecond(first);
    await begin(first);
    const task = await take(first.ledger, "task");
    let heard = 0;
    const forget = first.ledger.onMail(task, () => {
      heard += 1;
    });

    await send(second, "one");
    expect(await first.ledger.heartbeat([task])).toEqual({ lost: [], mail: [task.seq] });
    expect((await first.ledger.mail(task)).map(({ item }) => item)).toEqual(["one"]);
    await send(first, "two");
    expect(heard).toBe(first === second ? 2 : 1);
    expect((await first.ledger.mail(task)).map(({ item }) => item)).toEqual(["one", "two"]);

    forget();
    await first.ledger.accept([row("push3", { queue: "control" })]);
    await send(first, "three");
    expect(heard).toBe(first === second ? 2 : 1);
  });

  test("a row is not done while unread mail lies there", async () => {
    const opened = await place().open();
    const { ledger } = opened;
    await begin(opened);
    const task = await take(ledger, "task");
    await send(opened, "wait");
    const done = { end: { kind: "done" }, facts: { changed: true }, rows: [row("answer", { queue: "delivery" })] } as const;
    expect(await ledger.settle(task, done)).toBe("mail");
    expect(await ledger.row("answer")).toBeUndefined();
    expect(await ledger.row("task")).toMatchObject({ state: "leased", facts: { id: "task" } });

    const [letter] = await ledger.mail(task);
    await send(opened, "and this");
    expect(await ledger.settle(task, { ...done, read: letter?.seq ?? 0 })).toBe("mail");
    expect((await ledger.mail(task)).map(({ item }) => item)).toEqual(["wait", "and this"]);
    const last = (await ledger.mail(task)).at(-1);
    expect(await ledger.settle(task, { ...done, read: last?.seq ?? 0 })).toBe("settled");
    expect(await ledger.row("task")).toMatchObject({ state: "done", facts: { changed: true } });
  });

  test("mail that was read is deleted, later mail stays", async () => {
    const opened = await place().open();
    const { ledger } = opened;
    await begin(opened);
    const task = await take(ledger, "task");
    await send(opened, "one");
    await send(opened, "two");
    const [one] = await ledger.mail(task);
    expect(await ledger.save(task, { read: one?.seq ?? 0 })).toBe("saved");
    expect((await ledger.mail(task)).map(({ item }) => item)).toEqual(["two"]);
  });

  test("a row that parks while unread mail lies there is due at once", async () => {
    const opened = await place().open();
    const { ledger } = opened;
    await begin(opened);
    const task = await take(ledger, "task");
    await send(opened, "early");
    expect(await ledger.settle(task, { end: { kind: "parked", delayMs: 60_000 } })).toBe("settled");
    const again = await take(ledger, "task");
    expect(again.mail.map(({ item }) => item)).toEqual(["early"]);
    await ledger.settle(again, { end: { kind: "parked", delayMs: 60_000 }, read: again.mail.at(-1)?.seq ?? 0 });
    expect(await ledger.take("task")).toBeUndefined();
  });

  test("mail outlives the worker that read it and died", async () => {
    const first = await place().open({ leaseMs: 200 });
    const second = await place().openSecond(first, { leaseMs: 200 });
    await begin(first);
    const task = await take(first.ledger, "task");
    await send(first, "kept");
    expect(await first.ledger.mail(task)).toHaveLength(1);
    const taken = await until(() => second.ledger.take("task"));
    expect(taken.mail.map(({ item }) => item)).toEqual(["kept"]);
  });

  test("mail to a row that is not open bounces, and nothing else of the step is written", async () => {
    const opened = await place().open();
    const { ledger } = opened;
    await begin(opened);
    await ledger.settle(await take(ledger, "task"), { end: { kind: "done" } });
    const control = await take(ledger, "control");
    for (const to of ["task", "unknown"]) {
      const step = { end: { kind: "done" }, mail: [{ to, item: "late" }], rows: [row("new")] } as const;
      expect(await ledger.settle(control, step)).toBe("bounced");
    }
    expect(await ledger.row("new")).toBeUndefined();
    expect(await ledger.settle(control, { end: { kind: "done" } })).toBe("settled");
  });

  test("mail that races with the end of its row is either read or bounced, never lost", async () => {
    const first = await place().open();
    const second = await place().openSecond(first);
    const count = 25;
    const names = Array.from({ length: count }, (_, n) => `${n}`);
    await first.ledger.accept(
      names.flatMap((n) => [row(`task${n}`, { queue: "task", lane: n }), row(`push${n}`, { queue: "control", lane: n })]),
    );
    const tasks = await Promise.all(names.map(() => take(first.ledger, "task")));
    const pushes = await Promise.all(names.map(() => take(second.ledger, "control")));
    const ended = tasks.map(async (task) => [task.lane, await first.ledger.settle(task, { end: { kind: "done" } })] as const);
    const sent = pushes.map(
      async (push) =>
        [push.lane, await second.ledger.settle(push, { end: { kind: "done" }, mail: [{ to: `task${push.lane}`, item: "m" }] })] as const,
    );
    const ends = new Map(await Promise.all(ended));
    for (const [lane, outcome] of await Promise.all(sent))
      expect(`${outcome} ${ends.get(lane)}`).toMatch(/^(settled mail|bounced settled)$/);
  });

  test("two rows that write to each other at once both get their mail", async () => {
    const first = await place().open();
    const second = await place().openSecond(first);
    await first.ledger.accept([row("a", { lane: "a" }), row("b", { lane: "b" })]);
    for (let n = 0; n < 10; n++) {
      const one = await take(first.ledger);
      const other = await take(second.ledger);
      const step = { end: { kind: "parked", delayMs: 60_000 } } as const;
      const outcomes = await Promise.all([
        first.ledger.settle(one, { ...step, mail: [{ to: other.id, item: n }], read: one.mail.at(-1)?.seq ?? 0 }),
        second.ledger.settle(other, { ...step, mail: [{ to: one.id, item: n }], read: other.mail.at(-1)?.seq ?? 0 }),
      ]);
      expect(outcomes).toEqual(["settled", "settled"]);
      expect(one.mail.map(({ item }) => item)).toEqual(n === 0 ? [] : [n - 1]);
    }
  });
});
