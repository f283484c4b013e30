import { afterEach, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import { AgentError } from "../../../src/model/errors.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

const unreachable = new AgentError("unreachable", "nobody is there");
const working: AgentEvent = { kind: "working", taskId: "t", contextId: "c" };
const done: AgentEvent = { kind: "ended", taskId: "t", contextId: "c", outcome: "completed", parts: [{ kind: "text", text: "Done." }] };

/** Two tries beside the first, and looks that come after 0.5, 1, 2, 4, ... seconds. */
const pace = { reach: [10, 20], lookMax: 3_600_000 };

let bench: TaskBench;
afterEach(() => bench.close());

async function setUp() {
  const agent = createFakeAgent({ limits: { pollSeconds: 600 } });
  bench = await createTaskBench({ agent, pace });
  return agent;
}

/** Works once that many milliseconds have passed, and not one before. */
async function workAfter(ms: number) {
  bench.clock.advance(ms - 1);
  expect(await bench.work()).toBe(false);
  bench.clock.advance(1);
  expect(await bench.work()).toBe(true);
}

test("a message that did not get through at first is looked after as soon as any other", async () => {
  const agent = await setUp();
  agent.onSend(unreachable, unreachable, [working]);
  agent.onLook([working], [done]);
  await bench.say("the report");
  await bench.work();
  await workAfter(10);
  await workAfter(20);
  expect(agent.sent).toHaveLength(3);
  await workAfter(500);
  await workAfter(1_000);
  expect(agent.looked).toHaveLength(2);
  expect(await bench.posts()).toEqual(["Done."]);
});

/** A second message joins the task of the first, which was looked at three times by then. */
async function joinAfterLooks(): Promise<void> {
  await bench.say("the report");
  await bench.work();
  for (const pause of [500, 1_000, 2_000]) await workAfter(pause);
  await bench.say("with a chart");
  await bench.work();
}

test("a message that joins a task which was looked at often has its tries all the same, at their own pace", async () => {
  const agent = await setUp();
  agent.onSend([working], unreachable, unreachable, [working]);
  agent.onLook([working], [working], [working], [done]);
  await joinAfterLooks();
  await workAfter(10);
  await workAfter(20);
  expect(agent.sent).toHaveLength(4);
  expect(await bench.posts()).toEqual([]);
});

test("each message of a task has its own tries", async () => {
  const agent = await setUp();
  agent.onSend(unreachable, unreachable, [working], unreachable, unreachable, unreachable);
  await bench.say("the report");
  await bench.work();
  await workAfter(10);
  await workAfter(20);
  agent.onLook([working]);
  await bench.say("with a chart");
  await bench.work();
  await workAfter(10);
  await workAfter(20);
  expect(agent.sent).toHaveLength(6);
  expect(await bench.posts()).toEqual([expect.stringContaining("cannot be reached")]);
});

test("what was sent a moment ago is looked after soon, however often the task was looked at before", async () => {
  const agent = await setUp();
  agent.onSend([working], [working]);
  agent.onLook([working], [working], [working], [done]);
  await joinAfterLooks();
  await workAfter(500);
  expect(await bench.posts()).toEqual(["Done."]);
});
