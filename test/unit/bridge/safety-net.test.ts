import { expect, test } from "@jest/globals";
import { createSafetyNet } from "../../../src/bridge/safety-net.ts";

const noon = 1_800_000_000_000;

test("a few looks come when they are wanted", () => {
  const net = createSafetyNet(3, () => noon);
  expect([noon + 250, noon + 20_700, noon + 20_100].map((wanted) => net.at("helper", wanted))).toEqual([
    noon + 250,
    noon + 20_700,
    noon + 20_100,
  ]);
});

test("more than an agent is to get in a second come in the next that has room, and no other agent waits for that", () => {
  const net = createSafetyNet(3, () => noon);
  const wanted = Array.from({ length: 8 }, () => net.at("helper", noon + 400));
  expect(wanted.map((at) => at - noon)).toEqual([400, 400, 400, 1_000, 1_000, 1_000, 2_000, 2_000]);
  expect(net.at("helper", noon + 2_500) - noon).toBe(2_500);
  expect(net.at("helper", noon + 2_600) - noon).toBe(3_000);
  expect(net.at("other", noon + 400) - noon).toBe(400);
});

test("ten thousand tasks, looked at every twenty seconds where there are few, are looked at in turn", () => {
  let now = noon;
  const net = createSafetyNet(20, () => now);
  const due = Array.from({ length: 10_000 }, () => net.at("helper", now + 20_000));
  const perSecond = new Map<number, number>();
  for (let look = 0; look < 30_000; look += 1) {
    due.sort((a, b) => a - b);
    now = due.shift() ?? now;
    const second = Math.floor(now / 1_000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    due.push(net.at("helper", now + 20_000));
  }
  expect(Math.max(...perSecond.values())).toBe(20);
  expect(now - noon).toBeLessThan((30_000 / 20) * 1_000 + 21_000);
});
