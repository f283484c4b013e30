import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { failpoints } from "../../src/model/failpoint.ts";
import type { Blow } from "../support/crash/lives.ts";
import { killAll } from "../support/crash/process.ts";
import { createGroup, type Run, run, toTable } from "../support/crash/run.ts";
import { slackSocketPlatform } from "../support/crash/slack.ts";

/** The same as over signed requests, with one kill at each failpoint: an event whose socket died with the bridge comes again over a new one. */

const patienceMs = 900_000;
const group = createGroup(5);
const done: Run[] = [];
const runs = new Map<string, Promise<Run>>();

function begin(title: string, blows: readonly Blow[]): void {
  const running = group(() => run(slackSocketPlatform, title, blows));
  running.then(
    (each) => done.push(each),
    () => undefined, // its test hears of it
  );
  runs.set(title, running);
}

beforeAll(async () => {
  const calm = await run(slackSocketPlatform, "never", []);
  done.push(calm);
  runs.set("never", Promise.resolve(calm));
  for (const failpoint of failpoints) begin(failpoint, toBlows(calm, failpoint));
}, patienceMs);

afterAll(() => {
  killAll();
  const order = ["never", ...runs.keys()];
  const sorted = done.toSorted((a, b) => order.indexOf(a.title) - order.indexOf(b.title));
  process.stdout.write(`\n20 messages in 5 threads over sockets, SQLite, SIGKILL\n${toTable(sorted)}\n\n`);
});

test.each(["never", ...failpoints])(
  "killed at: %s; every turn over sockets has one end, in order",
  async (title) => {
    const found = await runs.get(title);
    expect(found?.faults).toEqual([]);
    if (!found) throw new Error(`nothing was run for ${title}`);
    expect(found).toMatchObject({ answers: 20 - found.notices, doubled: 0, repeated: 0, lost: 0, disorder: 0, leftEmpty: 0 });
  },
  patienceMs,
);

/** While messages are taken, for there the door matters; a failpoint that a calm life does not reach is looked for after another kill. */
function toBlows({ hits }: Run, failpoint: string): readonly Blow[] {
  const total = hits.total[failpoint] ?? 0;
  const blow = { kind: "failpoint", failpoint, from: "start" } as const;
  if (total > 0) return [{ ...blow, hit: Math.ceil(total / 2) }];
  return [
    { kind: "ready", ms: 900 },
    { ...blow, hit: 1 },
  ];
}
