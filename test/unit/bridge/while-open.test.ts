import { afterEach, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import type { ReplyPart } from "../../../src/model/reply.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";
import { until } from "../../support/until.ts";

/** What a person is to be told while a call stays open is told at once. */

const ids = { taskId: "t", contextId: "c" };
const words = (text: string): readonly ReplyPart[] => [{ kind: "text", text }];
const working: AgentEvent = { kind: "working", ...ids };
const signIn: AgentEvent = { kind: "authRequired", ...ids, parts: words("Please sign in.") };
const answer = (text: string): readonly AgentEvent[] => [
  { kind: "output", ...ids, artifact: text, append: false, parts: words(text) },
  { kind: "ended", ...ids, outcome: "completed", parts: [], mark: text },
];

let bench: TaskBench;
afterEach(() => bench.close());

test("that the agent wants a sign-in", async () => {
  const agent = createFakeAgent();
  bench = await createTaskBench({ agent });
  agent.onSend(async function* () {
    yield working;
    await until(async () => (await bench.task(turn)).taskId !== undefined);
    yield signIn;
    await until(async () => (await bench.posts()).includes("Please sign in."), 500);
    yield* answer("Done.");
  });
  const turn = await bench.say("the report");
  await bench.work();
  expect(await bench.posts()).toEqual(["Please sign in.", "Done."]);
});

test("that it wants one by push", async () => {
  const agent = createFakeAgent({}, { push: true });
  bench = await createTaskBench({ agent });
  agent.onSend(async function* () {
    yield working;
    await bench.pushToWorker(signIn);
    await until(async () => (await bench.posts()).includes("Please sign in."), 500);
    yield* answer("Done.");
  });
  await bench.say("the report");
  await bench.work();
  expect(await bench.posts()).toEqual(["Please sign in.", "Done."]);
});

test("the answer to another message", async () => {
  const agent = createFakeAgent(
    { taskId: "always", operations: { get: false, resubscribe: false, list: false } },
    { push: true, get: false },
  );
  bench = await createTaskBench({ agent });
  agent.onSend([working], async function* () {
    yield working;
    await bench.arrive(first, ...answer("One."));
    await until(async () => (await bench.posts()).includes("One."), 500);
    yield* answer("Two.");
  });
  const first = await bench.say("one");
  await bench.work();
  await bench.say("two");
  await bench.work();
  expect(await bench.posts()).toEqual(["One.", "Two."]);
});

test("its own answer, where others are waited for", async () => {
  const agent = createFakeAgent(
    { taskId: "always", operations: { get: false, resubscribe: false, list: false } },
    { push: true, get: false },
  );
  bench = await createTaskBench({ agent });
  let second = "";
  agent.onSend([working], async function* () {
    yield working;
    await bench.arrive(second, ...answer("Two."));
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error("the call was not left");
  });
  await bench.say("one");
  await bench.work();
  second = await bench.say("two");
  await bench.work();
  expect(await bench.posts()).toEqual(["Two."]);
});
