import { expect, test } from "@jest/globals";
import { until } from "../../support/until.ts";
import { onEveryEngine, onPostgres, row, take } from "./engines.ts";

const long = 20_000;

function watch(ready: Promise<void>) {
  const began = performance.now();
  const watched: { after?: number } = {};
  void ready.then(() => {
    watched.after = performance.now() - began;
  });
  return watched;
}

await onEveryEngine("waiting for work", (place) => {
  const on = () => new AbortController().signal;

  test("a commit of this process wakes whoever waits for that queue, and nobody else", async () => {
    const { ledger } = await place().open();
    const stop = new AbortController();
    const message = watch(ledger.ready("message", long, on()));
    const task = watch(ledger.ready("task", long, stop.signal));
    await ledger.accept([row("1")]);
    await until(() => message.after);
    expect(message.after).toBeLessThan(long / 2);
    expect(task.after).toBeUndefined();
    stop.abort();
    await until(() => task.after);
  });

  test("a row that was committed before is not missed", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1")]);
    const watched = watch(ledger.ready("message", long, on()));
    await until(() => watched.after);
    expect(watched.after).toBeLessThan(long / 2);
  });

  test("a delayed row wakes when it is due, and the end of a lease does", async () => {
    const { ledger } = await place().open({ leaseMs: 150 });
    const before = ledger.ready("message", long, on());
    await ledger.accept([row("1", { delayMs: 150 })]);
    const after = ledger.ready("message", long, on());
    await Promise.all([before, after]);
    await until(() => ledger.take("message"));

    await ledger.ready("message", long, on());
    expect(await until(() => ledger.take("message"))).toMatchObject({ id: "1", unsure: true });
  });

  test("the next row of a lane wakes when the one before it is done", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1"), row("2")]);
    const first = await take(ledger);
    const watched = watch(ledger.ready("message", long, on()));
    await ledger.settle(first, { end: { kind: "done" } });
    await until(() => watched.after);
    expect((await take(ledger)).id).toBe("2");
  });

  test("mail to a parked row, a retry and a redrive wake", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("task", { queue: "task" }), row("push", { queue: "control" })]);
    await ledger.settle(await take(ledger, "task"), { end: { kind: "parked", delayMs: long } });
    const mailed = ledger.ready("task", long, on());
    await ledger.settle(await take(ledger, "control"), { end: { kind: "done" }, mail: [{ to: "task", item: 1 }] });
    await mailed;
    const leased = await take(ledger, "task");
    const retried = ledger.ready("task", long, on());
    await ledger.settle(leased, { end: { kind: "retry", delayMs: 50, error: "x", unsure: false } });
    await retried;
    const again = await until(() => ledger.take("task"));
    await ledger.settle(again, { end: { kind: "buried", error: "x" } });
    const redriven = ledger.ready("task", long, on());
    await ledger.redrive(["task"]);
    await redriven;
    expect((await take(ledger, "task")).id).toBe("task");
  });

  test("without work the floor ends the waiting; an abort ends it at once, and so does close", async () => {
    const { ledger } = await place().open();
    const floor = watch(ledger.ready("message", 120, on()));
    await until(() => floor.after);
    expect(floor.after).toBeGreaterThanOrEqual(100);

    await ledger.ready("message", long, AbortSignal.abort());
    const closing = ledger.ready("message", long, on());
    await ledger.close();
    await closing;
    await ledger.ready("message", long, on());
  });
});

await onPostgres("waiting for other processes", (place) => {
  test("a commit of one ledger wakes the other", async () => {
    const first = await place().open();
    const second = await place().open();
    for (let n = 0; n < 3; n++) {
      const watched = watch(second.ledger.ready("delivery", long, new AbortController().signal));
      await first.ledger.accept([row(`${n}`, { queue: "delivery", lane: `${n}` })]);
      await until(() => watched.after);
      expect(watched.after).toBeLessThan(long / 2);
      await take(second.ledger, "delivery");
    }
  });

  test("a listening connection that breaks comes back by itself", async () => {
    const name = `wake-${process.pid}`;
    const { ledger } = await place().open({ url: `${place().url}&application_name=${name}` });
    const other = await place().open();
    const listeners = async () => {
      const rows = await place().query(`select pid from pg_stat_activity where application_name = '${name}' and query like 'listen %'`);
      return rows.map(({ pid }) => Number(pid));
    };
    const [first] = await until(async () => ((await listeners()).length > 0 ? listeners() : undefined));
    await place().query(`select pg_terminate_backend(${first})`);
    await until(async () => (await listeners()).some((pid) => pid !== first));

    const watched = watch(ledger.ready("message", long, new AbortController().signal));
    await other.ledger.accept([row("1")]);
    await until(() => watched.after);
    expect((await take(ledger)).id).toBe("1");
  });
});
