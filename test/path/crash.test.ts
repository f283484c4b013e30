import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { failpoints } from "../../src/model/failpoint.ts";
import { draw } from "../support/crash/draw.ts";
import type { Blow } from "../support/crash/lives.ts";
import type { Run } from "../support/crash/run.ts";
import { slackPlatform } from "../support/crash/slack.ts";
import { createSuite, failpointsBySpeed, never, patienceMs } from "../support/crash/suite.ts";

/** A bridge that is killed while 20 messages in 5 threads are under way. */

const suite = createSuite({
  platform: slackPlatform,
  messages: 20,
  demands: { repeated: 0, leftEmpty: 0 },
  about: "5 threads, SQLite",
});

const first = (failpoint: string) => `${failpoint}, 1st`;
const later = (failpoint: string) => `${failpoint}, later`;
/** The numbers that the moments of the random kills are drawn from. */
const seeds = [1, 2, 3];
const atRandom = (seed: number) => `a random moment, seed ${seed}`;
const twice = "twice in a row during recovery";

beforeAll(async () => {
  const calm = await suite.calm();
  for (const failpoint of failpointsBySpeed) {
    suite.begin(first(failpoint), toFirst(calm, failpoint));
    suite.begin(later(failpoint), toLater(calm, failpoint, failpoints.indexOf(failpoint)));
  }
  for (const seed of seeds) suite.begin(atRandom(seed), [{ kind: "ready", ms: Math.floor(draw(seed) * 1_500) }]);
  suite.begin(twice, [
    { kind: "failpoint", failpoint: "follow.ids.after", hit: 3, from: "taken" },
    { kind: "started", ms: 200 + Math.floor(draw(4) * 400) },
    { kind: "ready", ms: Math.floor(draw(5) * 150) },
  ]);
}, patienceMs);

afterAll(() => suite.close());

test(
  "a bridge that nobody kills answers every message",
  async () => {
    expect(await suite.sound(never)).toMatchObject({ answers: 20, notices: 0 });
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
      await suite.sound(title);
    },
    patienceMs,
  );
});

test.each(seeds)(
  "killed at a random moment (seed %i), the bridge ends every turn exactly once and in order",
  async (seed) => {
    await suite.sound(atRandom(seed));
  },
  patienceMs,
);

test(
  "killed twice more while it recovers, the bridge ends every turn exactly once and in order",
  async () => {
    await suite.sound(twice);
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
