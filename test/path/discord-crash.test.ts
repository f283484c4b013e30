import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { failpoints } from "../../src/model/failpoint.ts";
import { toBlows } from "../support/crash/blows.ts";
import { discordPlatform } from "../support/crash/discord.ts";
import { draw } from "../support/crash/draw.ts";
import type { Blow } from "../support/crash/lives.ts";
import { killAll } from "../support/crash/process.ts";
import { createGroup, type Run, run, toTable } from "../support/crash/run.ts";

/**
 * As with Slack: the bridge runs in a process of its own and is killed with SIGKILL, while 21 messages in five channel threads and two
 * posts of forums are under way. What is said while it is away it reads when it is back, and a post whose fate nobody knows is posted
 * again with the same nonce: nothing appears twice.
 */

const patienceMs = 900_000;
const messages = 21;
const group = createGroup(4);
const done: Run[] = [];
const runs = new Map<string, Promise<Run>>();

function begin(title: string, blows: readonly Blow[]): void {
  const running = group(() => run(discordPlatform, title, blows));
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
  expect(found).toMatchObject({ answers: messages - found.notices, doubled: 0, lost: 0, disorder: 0, leftEmpty: 0 });
  return found;
}

const firstPost = "after the first post";
/** The numbers that the moments of the random kills are drawn from. */
const seeds = [1, 2, 3, 4, 5, 6];
const atRandom = (seed: number) => `a random moment, seed ${seed}`;
const twice = "twice in a row during recovery";

beforeAll(async () => {
  const calm = await run(discordPlatform, "never", []);
  done.push(calm);
  runs.set("never", Promise.resolve(calm));
  // The runs that wait for an expiry take the longest.
  const slow = ["ask.sent.after", "ask.send.before"];
  begin(firstPost, [{ kind: "failpoint", failpoint: "deliver.post.after", hit: 1, from: "start" }]);
  for (const seed of seeds) begin(atRandom(seed), [{ kind: "ready", ms: Math.floor(draw(seed) * 2_500) }]);
  begin(twice, [
    { kind: "failpoint", failpoint: "follow.ids.after", hit: 3, from: "taken" },
    { kind: "started", ms: 200 + Math.floor(draw(4) * 400) },
    { kind: "ready", ms: Math.floor(draw(5) * 400) },
  ]);
  for (const failpoint of failpoints.toSorted((a, b) => slow.indexOf(b) - slow.indexOf(a))) begin(failpoint, toBlows(calm, failpoint));
}, patienceMs);

afterAll(() => {
  killAll();
  const order = ["never", ...runs.keys()];
  const sorted = done.toSorted((a, b) => order.indexOf(a.title) - order.indexOf(b.title));
  process.stdout.write(
    `\n${messages} messages in 5 channel threads and 2 posts of forums in Discord, SQLite, SIGKILL\n${toTable(sorted)}\n\n`,
  );
});

test(
  "a bridge that nobody kills answers every message in Discord once, and leaves no sign behind",
  async () => {
    expect(await expectNoFault("never")).toMatchObject({ answers: messages, notices: 0, repeated: 0, leftEmpty: 0 });
  },
  patienceMs,
);

describe.each(failpoints)("killed at %s", (failpoint) => {
  test(
    "the bridge ends every turn in Discord once and in order, and no post appears twice",
    async () => {
      await expectNoFault(failpoint);
    },
    patienceMs,
  );
});

test(
  "killed after the first post, the bridge posts it again, and it stands there once",
  async () => {
    expect((await expectNoFault(firstPost)).counted).toBeGreaterThanOrEqual(1);
  },
  patienceMs,
);

test.each(seeds)(
  "killed at a random moment (seed %i), the bridge ends every turn in Discord once and in order",
  async (seed) => {
    await expectNoFault(atRandom(seed));
  },
  patienceMs,
);

test(
  "killed twice more while it recovers, the bridge ends every turn in Discord once and in order",
  async () => {
    await expectNoFault(twice);
  },
  patienceMs,
);
