import { afterEach, describe, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";
import { until } from "../../support/until.ts";

const working: AgentEvent = { kind: "working", taskId: "t", contextId: "c" };
const minute = 60_000;

let bench: TaskBench;
afterEach(() => bench.close());

/** An agent that only a push brings an answer of: each turn waits ten minutes, and nobody looks at the task meanwhile. */
async function setUp(taskId: string) {
  const agent = createFakeAgent({ taskId, operations: { get: false }, limits: { answerMinutes: 10 } }, { push: true, get: false });
  // No sign of life: it would have the time looked at, too.
  bench = await createTaskBench({ agent, pace: { signEvery: 86_400_000 } });
  return agent;
}

/** Two turns of one task, the second four minutes after the first. */
async function setUpTwo(taskId: string) {
  const agent = await setUp(taskId);
  agent.onSend([working], [working]);
  const first = await bench.say("the report");
  await bench.work();
  bench.clock.advance(4 * minute);
  const second = await bench.say("with a chart");
  await bench.work();
  expect(agent.sent).toMatchObject([{}, { taskId: "t" }]);
  return { agent, first, second };
}

const outcomes = async (first: string) => (await bench.task(first)).turns.map(({ state, outcome }) => outcome ?? state);
const gaveUp = expect.stringContaining("No answer came in time");

describe("turns that share a task of the agent", () => {
  test("wait as long as the newest of them, and are given up together", async () => {
    const { first } = await setUpTwo("spec");
    bench.clock.advance(10 * minute - 1);
    expect(await bench.work()).toBe(false);
    expect(await outcomes(first)).toEqual(["asked", "asked"]);
    bench.clock.advance(1);
    expect(await bench.work()).toBe(true);
    expect(await outcomes(first)).toEqual(["joined", "expired"]);
    expect(await bench.posts()).toEqual([gaveUp]);
  });

  test("are answered together after the time of the first of them", async () => {
    const { first } = await setUpTwo("spec");
    bench.clock.advance(8 * minute);
    await bench.work();
    await bench.push({ kind: "output", taskId: "t", artifact: "a", append: false, parts: [{ kind: "text", text: "Both done." }] });
    await bench.push({ kind: "ended", taskId: "t", outcome: "completed", parts: [], mark: "1" });
    await bench.work();
    expect(await outcomes(first)).toEqual(["joined", "completed"]);
    expect(await bench.posts()).toEqual(["Both done."]);
  });
});

describe("turns of a task that is the conversation", () => {
  test("wait each for its own time", async () => {
    const { first } = await setUpTwo("always");
    bench.clock.advance(6 * minute - 1);
    expect(await bench.work()).toBe(false);
    bench.clock.advance(1);
    expect(await bench.work()).toBe(true);
    expect(await outcomes(first)).toEqual(["expired", "asked"]);
    expect(await bench.posts()).toEqual([gaveUp]);
    bench.clock.advance(4 * minute - 1);
    expect(await bench.work()).toBe(false);
    bench.clock.advance(1);
    expect(await bench.work()).toBe(true);
    expect(await outcomes(first)).toEqual(["expired", "expired"]);
    expect(await bench.posts()).toEqual([gaveUp, gaveUp]);
  });

  test("are given up in time also while another call is open", async () => {
    const agent = await setUp("always");
    const over = Promise.withResolvers<void>();
    agent.onSend([working], async function* () {
      yield working;
      await over.promise;
    });
    const first = await bench.say("the report");
    await bench.work();
    bench.clock.advance(4 * minute);
    await bench.say("with a chart");
    const open = bench.work();
    await until(() => agent.sent.length === 2);
    await until(async () => (await outcomes(first)).join() === "asked,asked");
    bench.clock.advance(6 * minute);
    await until(async () => (await bench.posts()).length > 0, 2_000);
    expect(await outcomes(first)).toEqual(["expired", "asked"]);
    over.resolve();
    await open;
  });
});
