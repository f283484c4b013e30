import { expect, test } from "@jest/globals";
import { complete, fail, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import { hangUp, rpcError } from "../../../src/simulator/agents/vendor-steps.ts";
import { createGate, createStage } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { createAgentspace, echo } from "../../support/systems/systems.ts";
import { until } from "../../support/until.ts";

const stage = createStage();

async function setUp(script = echo, more: Readonly<Record<string, unknown>> = {}) {
  const { agent, config } = await createAgentspace(script);
  stage.owns(() => agent.stop());
  const { slack } = await stage.world({ config: { agents: { space: { ...config, ...more } } } });
  return { agent, slack, chat: createChat(slack) };
}

test("three turns are one conversation of the bridge's making, each streamed, and nothing of the person is told", async () => {
  const { agent, slack, chat } = await setUp();
  const other = createChat(slack, { user: "UBEN" });
  const answers = [await chat.ask("one"), await other.ask("uno"), await chat.ask("two"), await chat.ask("three")];

  expect(answers).toEqual(["You said one", "You said uno", "You said two, after one", "You said three, after one and two"]);
  const contexts = agent.received.map(({ contextId }) => contextId);
  expect(new Set(contexts).size).toBe(2);
  expect([contexts[2], contexts[3]]).toEqual([contexts[0], contexts[0]]);
  expect(new Set(agent.calls.map(({ operation }) => operation))).toEqual(new Set(["card", "message/stream"]));
  expect(agent.received.every(({ metadata }) => Object.keys({ ...metadata.message, ...metadata.request }).length === 0)).toBe(true);
  expect(agent.violations).toEqual([]);
});

test("an identity that the admin asks for goes on message and request", async () => {
  const { agent, chat } = await setUp(echo, { identity: { required: true } });
  await chat.ask("one");
  const who = { userPrincipalName: "ann@acme.test" };
  expect(agent.received[0]?.metadata).toEqual({ message: who, request: who });
});

test("what it thinks is no part of the answer, what it says grows, and the end of the stream is the end of the answer", async () => {
  const gate = createGate();
  const { slack, chat } = await setUp(() => [
    working("Weighing two answers"),
    output("a", "The first half,"),
    wait(gate.passed),
    output("a", " the second half.", { append: true }),
    complete(),
  ]);
  await chat.say("one");
  await until(() => slack.thread("C1", chat.ts).replies.some(({ streaming, text }) => streaming && text.includes("The first half,")));
  gate.open();

  expect(await chat.heard(1)).toEqual(["The first half, the second half."]);
});

test("a cut in the middle is not its end: the person is told, and nothing is sent again", async () => {
  const { agent, chat } = await setUp(() => [working(), output("a", "half"), wait(new Promise(() => undefined))]);
  agent.failNext({ kind: "cut", after: 2 });
  await chat.say("one");
  await until(() => /connection to the agent broke.*Reference/s.test(chat.replies().at(-1) ?? ""));
  expect(agent.received).toHaveLength(1);
});

test("a stream that ends without a word is told, and the next message is answered", async () => {
  const { agent, chat } = await setUp(({ text }) => (text === "one" ? [working(), hangUp()] : [complete("Here I am.")]));
  expect(await chat.ask("one")).toMatch(/no way to ask it what became of your message.*Reference/s);
  expect(await chat.ask("two")).toBe("Here I am.");
  expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
});

test("an error of its own is explained in words", async () => {
  const { agent, chat } = await setUp(() => [rpcError(-32603, "stack trace")]);
  const said = await chat.ask("one");
  expect(said).toMatch(/had an internal error\..*Reference/s);
  expect(said).not.toContain("stack trace");
  agent.failNext({ kind: "status", status: 403 });
  expect(await chat.ask("two")).toMatch(/not allowed to use this agent \(403\).*administrator.*Reference/s);
});

test("a failure is told with its words", async () => {
  const { chat } = await setUp(() => [working(), fail("The index is empty.")]);
  await chat.say("one");
  await until(() => /could not finish.*Reference/s.test(chat.replies().at(-1) ?? ""));
  expect(chat.replies().join("\n")).toContain("The index is empty.");
});

test("stop ends the turn and leaves the stream, for there is no cancel", async () => {
  const { agent, chat } = await setUp(() => [working(), output("a", "So far"), wait(new Promise(() => undefined))]);
  await chat.say("a long one");
  await until(() => agent.tasks()[0]?.answer === "So far");
  await chat.say("stop");
  await until(() => chat.replies().at(-1)?.startsWith("Stopped. Reference"));
  expect(agent.calls.map(({ operation }) => operation)).toEqual(["card", "message/stream"]);
});
