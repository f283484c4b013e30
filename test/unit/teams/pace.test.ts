import { expect, test } from "@jest/globals";
import { createPace } from "../../../adapters/teams/pace.ts";
import { createManualClock } from "../slack/manual-clock.ts";

const never = new AbortController().signal;
const documented = { perSecond: 7, perTwoSeconds: 8, perHalfMinute: 60, perHour: 1_800 };

function setUp(limits = documented) {
  const clock = createManualClock();
  const pace = createPace({ limits, clock });
  const begun = clock.now();
  const turns: string[] = [];
  const take = (conversation: string, signal = never) =>
    pace.turn(conversation, signal).then(
      () => turns.push(`${conversation}+${clock.now() - begun}`),
      (error: unknown) => turns.push(error instanceof Error && "kind" in error ? String(error.kind) : "?"),
    );
  return { clock, pace, turns, take };
}

test("no window of any length ever holds more than Teams takes", async () => {
  const { clock, turns, take } = setUp();
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 5; i++) void take("a");
    await clock.advance(1_000);
  }
  const times = turns.filter((turn) => turn.startsWith("a+")).map((turn) => Number(turn.slice(2)));
  for (const [ms, most] of [
    [1_000, 7],
    [2_000, 8],
    [30_000, 60],
  ] as const) {
    const fullest = Math.max(...times.map((at) => times.filter((other) => other >= at && other < at + ms).length));
    expect(fullest).toBeLessThanOrEqual(most);
  }
  expect(times.length).toBeGreaterThan(60);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("a conversation that is paused waits and the others do not", async () => {
  const { clock, pace, turns, take } = setUp();
  pace.pause("a", 3_000);
  void take("a");
  void take("b");
  await clock.advance(3_000);
  expect(turns).toEqual(["b+0", "a+3000"]);
});

test("a long wait is given back instead", async () => {
  const { clock, pace, turns, take } = setUp();
  pace.pause("a", 60_000);
  void take("a");
  await clock.advance(0);
  expect(turns).toEqual(["rateLimited"]);
});

test("a wait ends with its signal, and nothing is sent", async () => {
  const { clock, turns, take } = setUp({ ...documented, perSecond: 1 });
  const ending = new AbortController();
  void take("a");
  void take("a", ending.signal);
  ending.abort();
  await clock.advance(0);
  expect(turns).toEqual(["a+0", "unavailable"]);
});

test("signs leave room for answers", async () => {
  const { clock, pace, turns, take } = setUp();
  const taken = Array.from({ length: 7 }, () => pace.spare("a")).filter(Boolean);
  expect(taken).toHaveLength(4);
  void take("a");
  await clock.advance(0);
  expect(turns).toEqual(["a+0"]);
  pace.pause("b", 1_000);
  expect(pace.spare("b")).toBe(false);
});
