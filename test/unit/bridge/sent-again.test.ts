import { afterEach, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import { AgentError } from "../../../src/model/errors.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

/** An agent whose answer broke off, and that may be asked once more: it makes a new task, with artifacts of its own. */

const output = (taskId: string, text: string): AgentEvent => ({
  kind: "output",
  taskId,
  artifact: `of ${taskId}`,
  append: false,
  parts: [{ kind: "text", text }],
});
const completed: AgentEvent = { kind: "ended", taskId: "t2", outcome: "completed", parts: [] };

let bench: TaskBench;
afterEach(() => bench.close());

async function* broken(...events: readonly AgentEvent[]) {
  yield* events;
  throw new AgentError("broken", "of the test");
}

async function setUp(...second: readonly (() => AsyncIterable<AgentEvent> | readonly AgentEvent[])[]) {
  const agent = createFakeAgent({ onUnknown: "resend", operations: { get: false, resubscribe: false, list: false } }, { get: false });
  bench = await createTaskBench({ agent, pace: { reach: second.map(() => 1_000) } });
  agent.onSend(() => broken(output("t1", "One, ")), ...second);
  await bench.say("count");
  await bench.work();
  for (const _ of second) {
    bench.clock.advance(1_000);
    await bench.work();
  }
}

test("what is said then takes the place of what was said before", async () => {
  await setUp(() => [output("t2", "One, two."), completed]);
  expect(await bench.posts()).toEqual(["One, two."]);
});

test("what was said before is posted where nothing is said then", async () => {
  await setUp(() => broken());
  expect(await bench.posts()).toEqual(["One, ", expect.stringContaining("Reference")]);
});
