import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { failpoints } from "../../src/model/failpoint.ts";
import { toBlows } from "../support/crash/blows.ts";
import { draw } from "../support/crash/draw.ts";
import { createSuite, failpointsBySpeed, never, patienceMs } from "../support/crash/suite.ts";
import { teamsPlatform } from "../support/crash/teams.ts";

/**
 * As with Slack: the bridge runs in a process of its own and is killed with SIGKILL, while 21 messages in five channel threads and two
 * personal chats are under way. Teams cannot be asked whether a post arrived, so one whose fate nobody knows is posted again: such a
 * post may appear twice, if the metric of the process that repeated it says so.
 */

const messages = 21;
const suite = createSuite({
  platform: teamsPlatform,
  messages,
  demands: {},
  about: "5 channel threads and 2 personal chats of Teams, SQLite",
});

const firstPost = "after the first post";
/** The numbers that the moments of the random kills are drawn from. */
const seeds = [1, 2, 3, 4, 5, 6];
const atRandom = (seed: number) => `a random moment, seed ${seed}`;
const twice = "twice in a row during recovery";

beforeAll(async () => {
  const calm = await suite.calm();
  suite.begin(firstPost, [{ kind: "failpoint", failpoint: "deliver.post.after", hit: 1, from: "start" }]);
  for (const seed of seeds) suite.begin(atRandom(seed), [{ kind: "ready", ms: Math.floor(draw(seed) * 2_500) }]);
  suite.begin(twice, [
    { kind: "failpoint", failpoint: "follow.ids.after", hit: 3, from: "taken" },
    { kind: "started", ms: 200 + Math.floor(draw(4) * 400) },
    { kind: "ready", ms: Math.floor(draw(5) * 400) },
  ]);
  for (const failpoint of failpointsBySpeed) suite.begin(failpoint, toBlows(calm, failpoint));
}, patienceMs);

afterAll(() => suite.close());

test(
  "a bridge that nobody kills answers every message in Teams once, and leaves no sign behind",
  async () => {
    expect(await suite.sound(never)).toMatchObject({ answers: messages, notices: 0, repeated: 0, leftEmpty: 0 });
  },
  patienceMs,
);

describe.each(failpoints)("killed at %s", (failpoint) => {
  test(
    "the bridge ends every turn in Teams once and in order, and a post that appears twice is one that it counted",
    async () => {
      await suite.sound(failpoint);
    },
    patienceMs,
  );
});

test(
  "killed after the first post, which nobody can look up, the bridge posts it again and counts that",
  async () => {
    expect((await suite.sound(firstPost)).counted).toBeGreaterThanOrEqual(1);
  },
  patienceMs,
);

test.each(seeds)(
  "killed at a random moment (seed %i), the bridge ends every turn in Teams once and in order",
  async (seed) => {
    await suite.sound(atRandom(seed));
  },
  patienceMs,
);

test(
  "killed twice more while it recovers, the bridge ends every turn in Teams once and in order",
  async () => {
    await suite.sound(twice);
  },
  patienceMs,
);
