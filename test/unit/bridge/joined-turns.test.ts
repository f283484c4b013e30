import { afterEach, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import { AgentError, type AgentErrorKind } from "../../../src/model/errors.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

/** A message that joins an open task: the task has one answer, whatever becomes of the message. */

const ids = { taskId: "t", contextId: "c" };
const working: AgentEvent = { kind: "working", ...ids };
const output = (text: string, append = false): AgentEvent => ({
  kind: "output",
  ...ids,
  artifact: "a",
  append,
  parts: [{ kind: "text", text }],
});
const completed: AgentEvent = { kind: "ended", ...ids, outcome: "completed", parts: [], mark: "9" };
const error = (kind: AgentErrorKind) => new AgentError(kind, "of the test");

let bench: TaskBench;
afterEach(() => bench.close());

/** A task that has said a part of its answer, and a message that joins it and does not get through. */
async function setUp(kind: AgentErrorKind, get: boolean, ...looks: readonly (readonly AgentEvent[])[]) {
  const agent = createFakeAgent({ delivery: ["poll"], operations: { get, resubscribe: false, list: false } }, { push: !get, get });
  bench = await createTaskBench({ agent });
  agent.onSend([output("One, "), working], error(kind));
  agent.onLook(...looks);
  const first = await bench.say("count");
  await bench.work();
  await bench.say("and quickly");
  await bench.work();
  return { agent, first };
}

const answers = async () => (await bench.posts()).filter((text) => text.startsWith("One, "));

test("what was said so far is not posted for a message that the agent refused", async () => {
  await setUp("refused", true, [output("One, two."), completed]);
  expect(await answers()).toEqual(["One, two."]);
});

test("what was said so far is posted once where a stop comes before the message got through", async () => {
  await setUp("unreachable", true);
  await bench.stop();
  await bench.work();
  expect(await answers()).toEqual(["One, "]);
});

test("pieces that come before the message got through are part of the answer", async () => {
  const { agent, first } = await setUp("unreachable", false);
  await bench.arrive(first, output("two, ", true));
  await bench.work();
  agent.onSend([working]);
  bench.clock.advance(60_000);
  await bench.work();
  await bench.arrive(first, output("three.", true), completed);
  await bench.work();
  expect(await answers()).toEqual(["One, two, three."]);
});

test("what was said so far is posted once where nobody knows what became of any of them", async () => {
  const { agent } = await setUp("unreachable", true);
  agent.onSend([working]);
  agent.onLook(error("taskGone"), error("taskGone"));
  bench.clock.advance(60_000);
  await bench.work();
  bench.clock.advance(60_000);
  await bench.work();
  expect(await answers()).toEqual(["One, "]);
  expect(await bench.posts()).toHaveLength(3);
});
