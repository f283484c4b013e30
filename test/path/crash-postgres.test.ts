import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { failpoints } from "../../src/model/failpoint.ts";
import { toBlows } from "../support/crash/blows.ts";
import { slackPostgresPlatform } from "../support/crash/slack.ts";
import { createSuite, failpointsBySpeed, never, patienceMs } from "../support/crash/suite.ts";
import { hasPostgres } from "../support/postgres.ts";

/** As on SQLite (`crash.test.ts`), once for each failpoint: what a bridge that was killed had in hand is taken up when its leases are over. */

/** Each bridge has up to eleven connections, and PostgreSQL a hundred for everybody: also those that only wait must not be too many. */
const suite = createSuite({
  platform: slackPostgresPlatform,
  messages: 20,
  demands: { repeated: 0, leftEmpty: 0 },
  about: "5 threads, PostgreSQL",
  most: 6,
});

function tests(): void {
  beforeAll(async () => {
    const calm = await suite.calm();
    for (const failpoint of failpointsBySpeed) suite.begin(failpoint, toBlows(calm, failpoint));
  }, patienceMs);

  afterAll(() => suite.close());

  test(
    "a bridge that nobody kills answers every message",
    async () => {
      expect(await suite.sound(never)).toMatchObject({ answers: 20, notices: 0 });
    },
    patienceMs,
  );

  test.each(failpoints)(
    "killed at %s, the bridge ends every turn exactly once and in order",
    async (failpoint) => {
      await suite.sound(failpoint);
    },
    patienceMs,
  );
}

if (await hasPostgres()) describe("on PostgreSQL", tests);
else test.todo("kills on PostgreSQL, which is not there");
