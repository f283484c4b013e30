import { afterEach, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import type { ReplyPart } from "../../../src/model/reply.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

/** An agent that goes on with a task, and says once more, by push, what it has said in an earlier turn of it. */

const ids = { taskId: "t", contextId: "c" };
const words = (text: string): readonly ReplyPart[] => [{ kind: "text", text }];
const working: AgentEvent = { kind: "working", ...ids };
const output = (text: string): AgentEvent => ({ kind: "output", ...ids, artifact: "a", append: false, parts: words(text) });
const completed = (mark?: string): AgentEvent => ({ kind: "ended", ...ids, outcome: "completed", parts: [], ...(mark && { mark }) });
const question: AgentEvent = { kind: "inputRequired", ...ids, parts: words("Which size?"), mark: "1" };
const pushesOnly = { operations: { get: false, resubscribe: false, list: false } };

let bench: TaskBench;
afterEach(() => bench.close());

/** Two turns of one task, the first of which has ended as said. Resolves to both. */
async function setUp(taskId: "always" | "spec", ended: readonly AgentEvent[]) {
  const agent = createFakeAgent({ taskId, ...pushesOnly }, { push: true, get: false });
  bench = await createTaskBench({ agent });
  agent.onSend(ended, [working]);
  const first = await bench.say("one");
  await bench.work();
  const second = await bench.say("two");
  await bench.work();
  return { first, second };
}

async function push(turn: string | undefined, ...events: readonly AgentEvent[]) {
  await bench.arrive(turn, ...events);
  await bench.work();
}

test.each(["an address of its own", "one address for all"])(
  "an answer that is pushed again is not that of the next turn (%s)",
  async (address) => {
    const { first, second } = await setUp("always", [output("One."), completed("1")]);
    const own = address === "an address of its own";
    await push(own ? first : undefined, output("One."), completed("1"));
    await push(own ? second : undefined, output("Two."), completed("2"));
    expect(await bench.posts()).toEqual(["One.", "Two."]);
  },
);

test("a question that is pushed again is not asked again while its answer is worked on", async () => {
  const { first, second } = await setUp("spec", [question]);
  await push(first, question);
  await push(second, output("Two."), completed("2"));
  expect(await bench.posts()).toEqual(["Which size?", "Two."]);
});

test("what an agent says anew at the address of an earlier turn is that of the turn under way", async () => {
  const { first } = await setUp("always", [output("One."), completed("1")]);
  await push(first, output("Two."), completed("2"));
  await push(first, output("Two."), completed("2"));
  expect(await bench.posts()).toEqual(["One.", "Two."]);
});

test.each([
  ["at once", 0],
  ["after it was given up", 86_400_000],
])("an answer to two messages that is pushed to the addresses of both is posted once (%s)", async (_, ms) => {
  const { first, second } = await setUp("spec", [working]);
  bench.clock.advance(ms);
  await bench.work();
  await push(second, output("Both."), completed());
  await push(first, output("Both."), completed());
  expect((await bench.posts()).filter((text) => text.includes("Both."))).toHaveLength(1);
});
