import { afterAll, beforeAll, test } from "@jest/globals";
import { failpoints } from "../../src/model/failpoint.ts";
import type { Blow } from "../support/crash/lives.ts";
import type { Run } from "../support/crash/run.ts";
import { slackSocketPlatform } from "../support/crash/slack.ts";
import { createSuite, never, patienceMs } from "../support/crash/suite.ts";

/** The same as over signed requests, with one kill at each failpoint: an event whose socket died with the bridge comes again over a new one. */

const suite = createSuite({
  platform: slackSocketPlatform,
  messages: 20,
  demands: { repeated: 0, leftEmpty: 0 },
  about: "5 threads over sockets, SQLite",
});

beforeAll(async () => {
  const calm = await suite.calm();
  for (const failpoint of failpoints) suite.begin(failpoint, toBlows(calm, failpoint));
}, patienceMs);

afterAll(() => suite.close());

test.each([never, ...failpoints])(
  "killed at: %s; every turn over sockets has one end, in order",
  async (title) => {
    await suite.sound(title);
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
