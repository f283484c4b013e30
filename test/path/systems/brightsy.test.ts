import { expect, test } from "@jest/globals";
import { complete, fail, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import { createGate, createStage } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { createBrightsy, echo } from "../../support/systems/systems.ts";
import { until } from "../../support/until.ts";

const stage = createStage();

async function setUp(script = echo, more: Readonly<Record<string, unknown>> = {}) {
  const { agent, config } = await createBrightsy(script);
  stage.owns(() => agent.stop());
  const { slack } = await stage.world({ config: { agents: { brightsy: { ...config, ...more } } } });
  return { agent, slack, chat: createChat(slack) };
}

const operations = ({ agent }: Awaited<ReturnType<typeof setUp>>) => agent.calls.map(({ operation }) => operation);

test("three turns are one task, each streamed, with the API key and nothing of the person", async () => {
  const scene = await setUp();
  const { agent, chat } = scene;
  const answers = [await chat.ask("one"), await chat.ask("two"), await chat.ask("three")];

  expect(answers).toEqual(["You said one", "You said two, after one", "You said three, after one and two"]);
  expect(agent.tasks()).toHaveLength(1);
  expect(operations(scene)).toEqual(["card", "create", "stream", "continue", "stream", "continue", "stream"]);
  expect(agent.received.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`Bearer ${agent.apiKey}`));
  expect(agent.received.map(({ metadata }) => metadata)).toEqual(Array(3).fill({ message: {}, request: {} }));
  expect(agent.violations).toEqual([]);
});

test("an identity that the admin asks for goes with the request, which has no place for it in the message", async () => {
  const { agent, chat } = await setUp(echo, { identity: { required: true } });
  await chat.ask("one");
  await chat.ask("two");
  expect(agent.received.map(({ metadata }) => metadata.request)).toEqual(Array(2).fill({ userPrincipalName: "ann@acme.test" }));
});

test("a stream that is cut is followed by polling, and the answer stands there once", async () => {
  const gate = createGate();
  const scene = await setUp(() => [
    output("a", "First half, "),
    wait(gate.passed),
    output("a", "second half.", { append: true }),
    complete(),
  ]);
  const { agent, chat } = scene;
  agent.failOn("stream", { kind: "cut", after: 1 }, { kind: "status", status: 503 });
  await chat.say("one");
  await until(() => operations(scene).includes("poll"));
  gate.open();

  expect(await chat.heard(1)).toEqual(["First half, second half."]);
  expect(agent.countByText().get("one")).toBe(1);
  expect(operations(scene).slice(0, 4)).toEqual(["card", "create", "stream", "poll"]);
});

test("without a stream the task is polled until it is done", async () => {
  const gate = createGate();
  const scene = await setUp(() => [working(), wait(gate.passed), complete("Done.")], { delivery: ["poll"] });
  const { agent, chat } = scene;
  await chat.say("one");
  await until(() => operations(scene).filter((operation) => operation === "poll").length >= 2);
  gate.open();

  expect(await chat.heard(1)).toEqual(["Done."]);
  expect(agent.violations).toEqual([]);
});

test("stop deletes the task, and the thread says so", async () => {
  const { agent, chat } = await setUp(() => [working(), output("a", "So far"), wait(new Promise(() => undefined))]);
  await chat.say("a long one");
  await until(() => agent.tasks()[0]?.answer === "So far");
  await chat.say("stop");

  await until(() => chat.replies().at(-1)?.startsWith("Stopped. Reference"));
  expect(agent.tasks()[0]?.state).toBe("canceled");
  expect(agent.calls.filter(({ operation }) => operation === "cancel")).toHaveLength(1);
});

test("a second message waits for the answer to the first, for the task is the conversation", async () => {
  const gate = createGate();
  const { agent, chat } = await setUp(({ text }) => [working(), wait(gate.passed), complete(`Answer to ${text}`)]);
  await chat.say("one");
  await until(() => agent.received.length === 1);
  expect(await chat.ask("two")).toMatch(/^Your message waits/);
  expect(agent.received).toHaveLength(1);
  gate.open();

  expect((await chat.heard(3)).slice(1)).toEqual(["Answer to one", "Answer to two"]);
  expect(agent.violations).toEqual([]);
});

test("a task that Brightsy has cleaned up is begun anew without a word", async () => {
  const { agent, chat } = await setUp();
  await chat.ask("one");
  agent.expire();
  expect(await chat.ask("two")).toBe("You said two");
  expect(agent.countByText().get("two")).toBe(1);
});

test.each([
  [401, /did not accept the message.*credentials \(401\).*administrator.*Reference/s],
  [413, /too large for the agent \(413\).*Reference/s],
] as const)("an answer of %i is explained in words", async (status, words) => {
  const { agent, chat } = await setUp();
  agent.failNext({ kind: "status", status });
  expect(await chat.ask("one")).toMatch(words);
  expect(await chat.ask("two")).toBe("You said two");
});

test("a failure is told with Brightsy's words", async () => {
  const { chat } = await setUp(() => [working(), fail("The printer is out of paper.")]);
  await chat.say("print it");
  await until(() => /could not finish.*Reference/s.test(chat.replies().at(-1) ?? ""));
  expect(
    chat
      .replies()
      .join("\n")
      .match(/out of paper/g),
  ).toHaveLength(1);
});
