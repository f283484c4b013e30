import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { failpoints } from "../../src/model/failpoint.ts";
import { toBlows } from "../support/crash/blows.ts";
import { killAll } from "../support/crash/process.ts";
import { createGroup, type Run, run, toTable } from "../support/crash/run.ts";
import { slackPostgresPlatform } from "../support/crash/slack.ts";
import { hasPostgres } from "../support/postgres.ts";

/** As on SQLite (`crash.test.ts`), once for each failpoint: what a bridge that was killed had in hand is taken up when its leases are over. */

const patienceMs = 900_000;
/** Each bridge has up to eleven connections, and PostgreSQL a hundred for everybody. */
const group = createGroup(4);
const done: Run[] = [];
const runs = new Map<string, Promise<Run>>();

async function expectNoFault(title: string): Promise<Run> {
  const found = await runs.get(title);
  expect(found?.faults).toEqual([]);
  if (!found) throw new Error(`nothing was run for ${title}`);
  expect(found).toMatchObject({ answers: 20 - found.notices, doubled: 0, repeated: 0, lost: 0, disorder: 0, leftEmpty: 0 });
  return found;
}

function tests(): void {
  beforeAll(async () => {
    const calm = await run(slackPostgresPlatform, "never", []);
    done.push(calm);
    runs.set("never", Promise.resolve(calm));
    // The runs that wait for an expiry take the longest.
    const slow = ["ask.sent.after", "ask.send.before"];
    for (const failpoint of failpoints.toSorted((a, b) => slow.indexOf(b) - slow.indexOf(a))) {
      const running = group(() => run(slackPostgresPlatform, failpoint, toBlows(calm, failpoint)));
      running.then(
        (each) => done.push(each),
        () => undefined, // its test hears of it
      );
      runs.set(failpoint, running);
    }
  }, patienceMs);

  afterAll(() => {
    killAll();
    const order = ["never", ...failpoints];
    const sorted = done.toSorted((a, b) => order.indexOf(a.title) - order.indexOf(b.title));
    process.stdout.write(`\n20 messages in 5 threads, PostgreSQL, SIGKILL\n${toTable(sorted)}\n\n`);
  });

  test(
    "a bridge that nobody kills answers every message",
    async () => {
      expect(await expectNoFault("never")).toMatchObject({ answers: 20, notices: 0 });
    },
    patienceMs,
  );

  test.each(failpoints)(
    "killed at %s, the bridge ends every turn exactly once and in order",
    async (failpoint) => {
      await expectNoFault(failpoint);
    },
    patienceMs,
  );
}

if (await hasPostgres()) describe("on PostgreSQL", tests);
else test.todo("kills on PostgreSQL, which is not there");
