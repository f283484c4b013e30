import { expect, test } from "@jest/globals";
import { createPace } from "../../../adapters/slack/pace.ts";
import { createManualClock } from "./manual-clock.ts";

const never = new AbortController().signal;

function setUp() {
  const clock = createManualClock();
  const pace = createPace({ perSecond: 1, burst: 2, clock });
  const begun = clock.now();
  const turns: string[] = [];
  const take = (channel: string, signal = never) =>
    pace.turn(channel, signal).then(
      () => turns.push(`${channel}+${clock.now() - begun}`),
      (error: unknown) => turns.push(error instanceof Error && "kind" in error ? String(error.kind) : "?"),
    );
  return { clock, pace, turns, take };
}

test("a burst goes at once, then one a second, channel by channel", async () => {
  const { clock, turns, take } = setUp();
  for (const channel of ["a", "a", "a", "a", "b"]) void take(channel);
  await clock.advance(3000);
  expect(turns).toEqual(["a+0", "a+0", "b+0", "a+1000", "a+2000"]);
});

test("a paused channel waits and the others do not", async () => {
  const { clock, pace, turns, take } = setUp();
  pace.pause("a", 3000);
  void take("a");
  void take("b");
  await clock.advance(3000);
  expect(turns).toEqual(["b+0", "a+3000"]);
});

test("a long wait is given back instead", async () => {
  const { clock, pace, turns, take } = setUp();
  pace.pause("a", 60_000);
  void take("a");
  await clock.advance(0);
  expect(turns).toEqual(["rateLimited"]);
});

test("a wait ends with its signal, and nothing is posted", async () => {
  const { clock, turns, take } = setUp();
  const ending = new AbortController();
  void take("a");
  void take("a");
  void take("a", ending.signal);
  ending.abort();
  await clock.advance(0);
  expect(turns).toEqual(["a+0", "a+0", "unavailable"]);
});
