import { afterEach, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import { AgentError } from "../../../src/model/errors.ts";
import type { ReplyPart } from "../../../src/model/reply.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

/** An agent that streams its answer, and pushes what it streams. */

const ids = { taskId: "t", contextId: "c" };
const words = (text: string): readonly ReplyPart[] => [{ kind: "text", text }];
const piece = (text: string, append: boolean): AgentEvent => ({ kind: "output", ...ids, artifact: "a", append, parts: words(text) });
const [first, second, third] = [piece("One, ", false), piece("two, ", true), piece("three.", true)] as const;
const completed: AgentEvent = { kind: "ended", ...ids, outcome: "completed", parts: [], mark: "9" };

let bench: TaskBench;
afterEach(() => bench.close());

/** Streams, and lets `between` happen, and be taken, after each of the events. */
async function stream(events: readonly (AgentEvent | Error)[], between: readonly (readonly AgentEvent[])[]) {
  const agent = createFakeAgent({ operations: { get: false } }, { push: true, get: false });
  bench = await createTaskBench({ agent });
  async function* said(): AsyncGenerator<AgentEvent> {
    for (const [index, event] of events.entries()) {
      if (event instanceof Error) throw event;
      yield event;
      for (const pushed of between[index] ?? []) await bench.pushToWorker(pushed);
    }
  }
  agent.onSend(said);
  const turn = await bench.say("count");
  await bench.work();
  return turn;
}

test.each([
  ["the first one late", [[], [], [first]]],
  ["a later one late", [[], [], [second]]],
  ["all in time", [[first], [second], [third]]],
  ["all of them at last", [[], [], [first, second, third]]],
])("says each piece once, with pushes of %s", async (_, between) => {
  await stream([first, second, third, completed], between);
  expect(await bench.posts()).toEqual(["One, two, three."]);
});

const broken = new AgentError("broken", "of the test");

test.each([
  ["goes on and ends", [first, second, third, completed], "One, two, three."],
  ["goes on and breaks", [first, second, third, broken], "One, two, three."],
  ["just stops", [first, second, third], "One, two, three."],
  ["breaks", [first, broken], "One, "],
])("says what the stream brings that %s, where its end comes before by push", async (_, events, answer) => {
  const turn = await stream(events, [[completed]]);
  expect(await bench.posts()).toEqual([answer]);
  expect((await bench.task(turn)).turns[0]?.outcome).toBe("completed");
});

test("that streams no words has them by push", async () => {
  await stream([{ kind: "working", ...ids }, { kind: "working", ...ids }, completed], [[first], [second, third]]);
  expect(await bench.posts()).toEqual(["One, two, three."]);
});
