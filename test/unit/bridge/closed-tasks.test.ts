import { afterEach, expect, test } from "@jest/globals";
import type { AgentEvent, TaskRef } from "../../../src/model/agent.ts";
import { AgentError } from "../../../src/model/errors.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

/** A message that joins a task which the agent has brought to its end a moment before: it begins a new one, and both are answered. */

const one = { taskId: "t1", contextId: "c" };
const two = { taskId: "t2", contextId: "c" };
const working = (ids: TaskRef): AgentEvent => ({ kind: "working", ...ids });
const answer = (ids: TaskRef, text: string): readonly AgentEvent[] => [
  { kind: "output", ...ids, artifact: ids.taskId, append: false, parts: [{ kind: "text", text }] },
  { kind: "ended", ...ids, outcome: "completed", parts: [], mark: ids.taskId },
];
const closed = new AgentError("taskGone", "of the test");
const pushesOnly = { operations: { get: false, resubscribe: false, list: false } };

let bench: TaskBench;
afterEach(() => bench.close());

async function say(text: string) {
  const turn = await bench.say(text);
  await bench.work();
  return turn;
}

async function push(turn: string, events: readonly AgentEvent[]) {
  await bench.arrive(turn, ...events);
  await bench.work();
}

test("by looks, the end of the closed one is read first", async () => {
  const agent = createFakeAgent({ delivery: ["poll"] });
  bench = await createTaskBench({ agent });
  agent.onSend([working(one)], closed, answer(two, "Two."));
  agent.onLook(answer(one, "One."));
  await say("one");
  await say("two");
  expect(await bench.posts()).toEqual(["One.", "Two."]);
  expect(agent.sent.map(({ taskId, referenceTaskIds }) => [taskId, referenceTaskIds])).toEqual([
    [undefined, undefined],
    ["t1", undefined],
    [undefined, ["t1"]],
  ]);
});

test("by looks that show it open still, it is looked at until it ends", async () => {
  const agent = createFakeAgent({ delivery: ["poll"] });
  bench = await createTaskBench({ agent });
  agent.onSend([working(one)], closed, answer(two, "Two."));
  agent.onLook([working(one)], answer(one, "One."));
  await say("one");
  await say("two");
  expect(await bench.posts()).toEqual([]);
  bench.clock.advance(60_000);
  await bench.work();
  expect(await bench.posts()).toEqual(["One.", "Two."]);
});

test("by looks that find nothing any more, it is lost, and the next is asked", async () => {
  const agent = createFakeAgent({ delivery: ["poll"] });
  bench = await createTaskBench({ agent });
  agent.onSend([working(one)], closed, answer(two, "Two."));
  agent.onLook(closed);
  await say("one");
  await say("two");
  expect(await bench.posts()).toEqual([expect.stringContaining("Reference"), "Two."]);
});

async function setUpPushes() {
  const agent = createFakeAgent(pushesOnly, { push: true, get: false });
  bench = await createTaskBench({ agent });
  agent.onSend([working(one)], closed, [working(two)]);
  const turns = [await say("one"), await say("two")] as const;
  return { agent, turns };
}

test("by pushes, the end of the closed one is waited for", async () => {
  const { agent, turns } = await setUpPushes();
  expect(agent.sent).toHaveLength(2);
  await push(turns[0], answer(one, "One."));
  expect(agent.sent).toHaveLength(3);
  await push(turns[1], answer(two, "Two."));
  expect(await bench.posts()).toEqual(["One.", "Two."]);
});

test("by pushes that are late, each answer is that of its own question", async () => {
  const { agent, turns } = await setUpPushes();
  bench.clock.advance(30_000);
  await bench.work();
  expect(agent.sent).toHaveLength(3);
  await push(turns[0], answer(one, "One."));
  await push(turns[1], answer(two, "Two."));
  expect(await bench.posts()).toEqual([expect.stringMatching(/^No answer came in time/), expect.stringMatching(/One\.$/), "Two."]);
});

/** The first is asked and the second does not get through at once; then the first has its end. */
async function setUpRetry(config: Readonly<Record<string, unknown>>, get: boolean) {
  const agent = createFakeAgent(config, { push: true, get });
  bench = await createTaskBench({ agent });
  agent.onSend([working(one)], new AgentError("unreachable", "of the test"));
  const turns = [await say("one"), await say("two")] as const;
  return { agent, turns };
}

test("where the message gets through after that end, and its call breaks, the end is not its answer as well", async () => {
  const { agent, turns } = await setUpRetry({}, true);
  await push(turns[0], answer(one, "One."));
  agent.onSend(new AgentError("broken", "of the test"));
  agent.onLook(answer(one, "One."));
  bench.clock.advance(60_000);
  await bench.work();
  await push(turns[1], answer(two, "Two."));
  expect(await bench.posts()).toEqual(["One.", "Two."]);
});

test("where the message gets through after the waiting was given up, each answer is that of its own question", async () => {
  const { agent, turns } = await setUpRetry({ ...pushesOnly, limits: { answerMinutes: 0.01 } }, false);
  agent.onSend([working(two)]);
  bench.clock.advance(600);
  await bench.work();
  bench.clock.advance(60_000);
  await bench.work();
  await push(turns[0], answer(one, "One."));
  await push(turns[1], answer(two, "Two."));
  expect((await bench.posts()).map((text) => text.split("\n").at(-1))).toEqual([
    expect.stringMatching(/^No answer came in time/),
    "One.",
    "Two.",
  ]);
});
