import { expect, test } from "@jest/globals";
import { LeaseLost } from "../../../src/model/errors.ts";
import type { Leased, Ledger, Queue, Step } from "../../../src/model/ledger.ts";
import { until } from "../../support/until.ts";
import { onEveryEngine, row, take } from "./engines.ts";

const done = { kind: "done" } as const;
/** Steps of different lanes that end in the same moment: on SQLite they share a commit. */
const lanes = ["a", "b", "c"] as const;

async function takeThree(ledger: Ledger): Promise<readonly [Leased, Leased, Leased]> {
  await ledger.accept([...lanes.map((lane) => row(lane, { lane })), ...lanes.map((lane) => row(`task ${lane}`, { queue: "task", lane }))]);
  return [await take(ledger), await take(ledger), await take(ledger)];
}

interface Ending {
  readonly leased: Leased;
  readonly step: Step;
}

/** What each step comes to: its outcome, or its error. */
async function settleAll(ledger: Ledger, endings: readonly Ending[]): Promise<readonly unknown[]> {
  const settled = await Promise.allSettled(endings.map(({ leased, step }) => ledger.settle(leased, step)));
  return settled.map((one) => (one.status === "fulfilled" ? one.value : one.reason));
}

/** A step that leaves a row behind, and mail for the task of its lane. */
const leaves = (lane: string, more: Partial<Step> = {}): Step => ({
  end: done,
  rows: [row(`reply ${lane}`, { queue: "delivery", lane })],
  mail: [{ to: `task ${lane}`, item: lane }],
  ...more,
});

/** Hears what is announced. */
async function listenTo(ledger: Ledger) {
  const tasks = [await take(ledger, "task"), await take(ledger, "task"), await take(ledger, "task")];
  const mailed: string[] = [];
  for (const task of tasks) ledger.onMail(task, () => mailed.push(task.lane));
  return { mailed, worker: createWorker(ledger, "delivery") };
}

/** A worker that always has room. `open`: its offers that have had neither a row nor an end. */
function createWorker(ledger: Ledger, queue: Queue) {
  const worker = { given: [] as string[], open: 0 };
  ledger.onDue(queue, () => {
    worker.open += 1;
    return {
      give(leased) {
        worker.open -= 1;
        worker.given.push(leased.id);
      },
      drop() {
        worker.open -= 1;
      },
    };
  });
  return worker;
}

await onEveryEngine("steps that end together", (place) => {
  test("are all kept, on SQLite by one commit", async () => {
    const { ledger } = await place().open();
    const leased = await takeThree(ledger);
    const before = await place().countCommits();
    const endings = leased.map((one) => ({ leased: one, step: leaves(one.lane) }));
    expect(await settleAll(ledger, endings)).toEqual(["settled", "settled", "settled"]);
    if (place().kind === "sqlite") expect((await place().countCommits()) - before).toBe(1);
  });

  const own = new Error("of the caller");
  const failing: readonly (readonly [string, (leased: Leased) => Ending, unknown])[] = [
    ["fails in the caller's own part", (leased) => ({ leased, step: leaves("b", { also: () => Promise.reject(own) }) }), own],
    ["has lost its lease", (leased) => ({ leased: { ...leased, fence: leased.fence + 1 }, step: leaves("b") }), expect.any(LeaseLost)],
    ["bounces", (leased) => ({ leased, step: leaves("b", { mail: [{ to: "nobody", item: 1 }] }) }), "bounced"],
  ];
  test.each(failing)("are kept where one of them %s, and nothing is announced twice", async (_why, fail, outcome) => {
    const { ledger } = await place().open();
    const [a, b, c] = await takeThree(ledger);
    const heard = await listenTo(ledger);
    const endings = [{ leased: a, step: leaves("a") }, fail(b), { leased: c, step: leaves("c") }];
    expect(await settleAll(ledger, endings)).toEqual(["settled", outcome, "settled"]);
    for (const lane of ["a", "c"]) {
      expect(await ledger.row(lane)).toMatchObject({ state: "done" });
      expect(await ledger.row(`reply ${lane}`)).toMatchObject({ state: "leased", attempts: 1 });
    }
    expect(await ledger.row("b")).toMatchObject({ state: "leased" });
    expect(await ledger.row("reply b")).toBeUndefined();
    await until(() => heard.worker.given.length === 2 && heard.worker.open === 0);
    expect(heard.worker.given.toSorted()).toEqual(["reply a", "reply c"]);
    expect(heard.mailed.toSorted()).toEqual(["a", "c"]);
    expect(await ledger.settle(b, { end: done })).toBe("settled");
  });

  test("a step that is put off for unread mail leaves what it would have absorbed, also among others", async () => {
    const { ledger } = await place().open();
    const [a, b, c] = await takeThree(ledger);
    await ledger.accept([row("behind b", { queue: "task", lane: "b" }), row("word", { queue: "control" })]);
    await ledger.settle(await take(ledger, "control"), { end: done, mail: [{ to: "b", item: "a letter" }] });
    const worker = createWorker(ledger, "task");

    const step = { end: done, absorb: ["task b"] };
    expect(await ledger.settle(b, step)).toBe("mail");
    const endings = [
      { leased: a, step: { end: done } },
      { leased: b, step },
      { leased: c, step: { end: done } },
    ];
    expect(await settleAll(ledger, endings)).toEqual(["settled", "mail", "settled"]);
    expect((await ledger.open("task", "b")).map(({ id }) => id)).toEqual(["task b", "behind b"]);
    expect(worker.given).toEqual([]);
    expect(worker.open).toBe(0);

    const [letter] = await ledger.mail(b);
    expect(await ledger.settle(b, { ...step, read: letter?.seq ?? 0 })).toBe("settled");
    await until(() => worker.given.length > 0);
    expect(worker.given).toEqual(["behind b"]);
    expect(worker.open).toBe(0);
  });
});
