import { expect, test } from "@jest/globals";
import type { Ledger } from "../../../src/model/ledger.ts";
import { until } from "../../support/until.ts";
import { onEveryEngine, onPostgres, row, take } from "./engines.ts";

const adders = 4;
const drainers = 6;
const lanes = 6;
const each = 60;

await onEveryEngine("many writers", (place) => {
  test("rows that race on few lanes all come through, in the order of their adder, and nothing is stuck", async () => {
    const first = await place().open();
    const second = await place().openSecond(first);
    const ledgers = [first.ledger, second.ledger];
    const of = (n: number): Ledger => ledgers[n % 2] ?? first.ledger;
    const seen = new Map<string, number>();
    const atWork = new Set<string>();
    const wrong: string[] = [];
    let done = 0;

    async function add(adder: number): Promise<void> {
      for (let n = 0; n < each; n++) {
        await of(adder).accept([row(`${adder}.${n}`, { lane: `${(adder * 7 + n) % lanes}`, facts: { adder, n } })]);
      }
    }

    async function drain(drainer: number): Promise<void> {
      const ledger = of(drainer);
      while (done < adders * each) {
        const leased = await ledger.take("message");
        if (!leased) {
          await ledger.ready("message", 20, new AbortController().signal);
          continue;
        }
        const [adder = "", n = ""] = leased.id.split(".");
        if (atWork.has(leased.lane)) wrong.push(`two at work in lane ${leased.lane}`);
        atWork.add(leased.lane);
        const key = `${adder}/${leased.lane}`;
        if ((seen.get(key) ?? -1) >= Number(n)) wrong.push(`${leased.id} after ${seen.get(key)}`);
        seen.set(key, Number(n));
        // Some rows go round once more, so that heads stay while others are added behind them.
        const again = Number(n) % 9 === 0 && leased.attempts === 1;
        if (again) seen.set(key, Number(n) - 1);
        atWork.delete(leased.lane);
        const retry = { kind: "retry", delayMs: 1, error: "again", unsure: false } as const;
        const rows = again ? [] : [row(`out ${leased.id}`, { queue: "delivery", lane: leased.lane })];
        await ledger.settle(leased, { end: again ? retry : { kind: "done" }, rows });
        if (!again) done += 1;
      }
    }

    await Promise.all([
      ...Array.from({ length: adders }, (_, adder) => add(adder)),
      ...Array.from({ length: drainers }, (_, drainer) => drain(drainer)),
    ]);
    expect(wrong).toEqual([]);
    const counts = await first.ledger.stats();
    expect(counts).toMatchObject([
      { queue: "delivery", state: "ready", count: adders * each },
      { queue: "message", state: "done", count: adders * each },
    ]);
    expect(await place().query("select id from queue where head = 1")).toHaveLength(lanes);
  });

  test("a row is taken by one of many who ask at once", async () => {
    const first = await place().open();
    const second = await place().openSecond(first);
    await first.ledger.accept(Array.from({ length: 5 }, (_, n) => row(`${n}`, { lane: `${n}` })));
    const taken = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? first : second).ledger.take("message")));
    const ids = taken.flatMap((leased) => (leased ? [leased.id] : []));
    expect(new Set(ids).size).toBe(ids.length);
    const rest = [];
    while (ids.length + rest.length < 5) rest.push((await take(first.ledger)).id);
    expect([...ids, ...rest].sort()).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("an edit or a withdrawal that races with a worker either comes in time or says that it is too late", async () => {
    const first = await place().open();
    const second = await place().openSecond(first);
    const count = 20;
    await first.ledger.accept(Array.from({ length: count }, (_, n) => row(`${n}`, { lane: `${n}`, content: "old" })));
    const [edits, takes] = await Promise.all([
      Promise.all(Array.from({ length: count }, (_, n) => second.ledger.edit(`${n}`, "new"))),
      Promise.all(Array.from({ length: count }, () => first.ledger.take("message"))),
    ]);
    const taken = takes.flatMap((leased) => (leased ? [leased] : []));
    for (const leased of taken) expect(leased.content).toBe(edits[Number(leased.id)] ? "new" : "old");
  });

  test("a row whose commit takes long is not overtaken by those that are accepted behind it, and holds up no other lane", async () => {
    const first = await place().open();
    const second = await place().openSecond(first);
    await first.ledger.accept([row("event", { queue: "control" })]);
    const event = await take(first.ledger, "control");
    const inserted = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const settled = first.ledger.settle(event, {
      end: { kind: "done" },
      rows: [row("early")],
      async also() {
        inserted.resolve();
        await release.promise;
      },
    });
    await inserted.promise;
    const accepted: string[] = [];
    const accept = async (id: string, lane: string) => {
      await second.ledger.accept([row(id, { lane })]);
      accepted.push(id);
    };
    const late = [accept("late", "thread"), accept("other", "elsewhere")];
    // SQLite has one writer: there everybody waits for a step that is being committed.
    if (place().kind === "postgres") await until(() => accepted.length > 0);
    // More than there are connections: those who wait for one lane must not use them all up.
    const later = Array.from({ length: 24 }, (_, n) => `later${n}`);
    late.push(...later.map((id) => accept(id, "thread")));
    if (place().kind === "postgres") await accept("another", "nowhere");
    expect(accepted).toEqual(place().kind === "postgres" ? ["other", "another"] : []);
    release.resolve();
    await Promise.all([settled, ...late]);
    expect((await first.ledger.open("message", "thread")).map(({ id }) => id)).toEqual(["early", "late", ...later]);
  });

  test("two ledgers that open an empty store at once both work", async () => {
    const first = place().open();
    const second = place().kind === "postgres" ? place().open() : first;
    await Promise.all([(await first).ledger.accept([row("1")]), (await second).ledger.accept([row("2", { lane: "b" })])]);
    expect((await (await first).ledger.trace("b")).map(({ id }) => id)).toEqual(["2"]);
  });
});

await onPostgres("neighbours", (place) => {
  test("stores in two schemas of one database do not know each other", async () => {
    const { ledger } = await place().open();
    await ledger.accept([row("1")]);
    const [home] = await place().query("select current_schema() as name");
    const schema = `${home?.name}_neighbour`;
    await place().query(`create schema ${schema}`);
    const neighbour = await place().open({ url: place().url.replace(String(home?.name), schema) });
    expect(await neighbour.ledger.take("message")).toBeUndefined();
    expect(await neighbour.ledger.accept([row("1")])).toBe("accepted");
    await neighbour.ledger.close();
    await place().query(`set client_min_messages = warning; drop schema ${schema} cascade`);
  });
});

await onEveryEngine("a deep backlog", (place) => {
  test("20,000 waiting rows do not slow an empty take", async () => {
    const { ledger } = await place().open({ leaseMs: 600_000 });
    const names = ["a", "b", "c", "d", "e"];
    const pile = (from: number, to: number) =>
      ledger.accept(Array.from({ length: to - from }, (_, n) => row(`${from + n}`, { lane: names[n % 5] ?? "a", facts: null })));
    await pile(0, 50);
    for (const _ of names) await take(ledger);
    const small = await timeEmptyTake(ledger);
    await pile(50, 20_050);
    const large = await timeEmptyTake(ledger);
    expect(large).toBeLessThan(small * 5 + 20);
  }, 60_000);
});

/** The median of many, in milliseconds. */
async function timeEmptyTake(ledger: Ledger): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < 41; n++) {
    const began = performance.now();
    if (await ledger.take("message")) throw new Error("took a row of a lane that is at work");
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[20] ?? Number.NaN;
}
