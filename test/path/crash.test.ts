import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { failpoints } from "../../src/model/failpoint.ts";
import { draw } from "../support/crash/draw.ts";
import type { Blow } from "../support/crash/lives.ts";
import { killAll } from "../support/crash/process.ts";
import { createGroup, type Run, run, toTable } from "../support/crash/run.ts";
import { slackPlatform } from "../support/crash/slack.ts";

/**
 * The bridge runs in a process of its own and is killed with SIGKILL while 20 messages in 5 threads are under way; Slack and the agents
 * live on here and are the judges. Runs go on side by side, for most of their time is waiting; each test looks at its own.
 */

const patienceMs = 900_000;
const group = createGroup(4);
const done: Run[] = [];
const runs = new Map<string, Promise<Run>>();

function begin(title: string, blows: readonly Blow[]): void {
  const running = group(() => run(slackPlatform, title, blows));
  running.then(
    (each) => done.push(each),
    () => undefined, // its test hears of it
  );
  runs.set(title, running);
}

async function expectNoFault(title: string): Promise<Run> {
  const found = await runs.get(title);
  expect(found?.faults).toEqual([]);
  if (!found) throw new Error(`nothing was run for ${title}`);
  expect(found).toMatchObject({ answers: 20 - found.notices, doubled: 0, repeated: 0, lost: 0, disorder: 0, leftEmpty: 0 });
  return found;
}

const first = (failpoint: string) => `${failpoint}, 1st`;
const later = (failpoint: string) => `${failpoint}, later`;
/** The numbers that the moments of the random kills are drawn from. */
const seeds = [1, 2, 3];
const atRandom = (seed: number) => `a random moment, seed ${seed}`;
const twice = "twice in a row during recovery";

beforeAll(async () => {
  const calm = await run(slackPlatform, "never", []);
  done.push(calm);
  runs.set("never", Promise.resolve(calm));
  // The runs that wait for an expiry take the longest.
  const slow = ["ask.sent.after", "ask.send.before"];
  for (const failpoint of failpoints.toSorted((a, b) => slow.indexOf(b) - slow.indexOf(a))) {
    begin(first(failpoint), toFirst(calm, failpoint));
    begin(later(failpoint), toLater(calm, failpoint, failpoints.indexOf(failpoint)));
  }
  for (const seed of seeds) begin(atRandom(seed), [{ kind: "ready", ms: Math.floor(draw(seed) * 1_500) }]);
  begin(twice, [
    { kind: "failpoint", failpoint: "follow.ids.after", hit: 3, from: "taken" },
    { kind: "started", ms: 200 + Math.floor(draw(4) * 400) },
    { kind: "ready", ms: Math.floor(draw(5) * 150) },
  ]);
}, patienceMs);

afterAll(() => {
  killAll();
  const order = ["never", ...failpoints.flatMap((failpoint) => [first(failpoint), later(failpoint)]), ...runs.keys()];
  const sorted = done.toSorted((a, b) => order.indexOf(a.title) - order.indexOf(b.title));
  process.stdout.write(`\n20 messages in 5 threads, SQLite, SIGKILL\n${toTable(sorted)}\n\n`);
});

test(
  "a bridge that nobody kills answers every message",
  async () => {
    expect(await expectNoFault("never")).toMatchObject({ answers: 20, notices: 0 });
  },
  patienceMs,
);

describe.each(failpoints)("killed at %s", (failpoint) => {
  test.each([
    ["the first time", first(failpoint)],
    ["a later time", later(failpoint)],
  ])(
    "%s it is reached, the bridge ends every turn exactly once and in order",
    async (_, title) => {
      await expectNoFault(title);
    },
    patienceMs,
  );
});

test.each(seeds)(
  "killed at a random moment (seed %i), the bridge ends every turn exactly once and in order",
  async (seed) => {
    await expectNoFault(atRandom(seed));
  },
  patienceMs,
);

test(
  "killed twice more while it recovers, the bridge ends every turn exactly once and in order",
  async () => {
    await expectNoFault(twice);
  },
  patienceMs,
);

/** A failpoint that a calm life does not reach lies on the way of recovery: it is looked for after another kill. */
function toFirst({ hits }: Run, failpoint: string): readonly Blow[] {
  const blow: Blow = { kind: "failpoint", failpoint, hit: 1, from: "start" };
  return (hits.total[failpoint] ?? 0) > 0 ? [blow] : [{ kind: "ready", ms: 500 }, blow];
}

/** When every message is taken, where the failpoint is still reached then; otherwise somewhere in the middle of the taking. */
function toLater({ hits }: Run, failpoint: string, place: number): readonly Blow[] {
  const total = hits.total[failpoint] ?? 0;
  const often = hits.sinceArmed[failpoint] ?? 0;
  const hit = Math.min(2 + (place % 3), Math.floor(often / 2));
  if (hit >= 2) return [{ kind: "failpoint", failpoint, hit, from: "taken" }];
  const middle: Blow = { kind: "failpoint", failpoint, hit: Math.max(2, Math.floor(total * 0.6)), from: "start" };
  return total > 0
    ? [middle]
    : [
        { kind: "ready", ms: 900 },
        { ...middle, hit: 2 },
      ];
}
