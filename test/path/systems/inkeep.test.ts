import { describe, expect, test } from "@jest/globals";
import type { InkeepOptions } from "../../../src/simulator/agents/inkeep.ts";
import { complete, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import { rpcError, transfer } from "../../../src/simulator/agents/vendor-steps.ts";
import { createGate, createStage } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { createInkeep, echo } from "../../support/systems/systems.ts";
import { until } from "../../support/until.ts";

const stage = createStage();

async function setUp(script = echo, more: Readonly<Record<string, unknown>> = {}, options: InkeepOptions = {}) {
  const { agent, config } = await createInkeep(script, options);
  stage.owns(() => agent.stop());
  const { slack } = await stage.world({ config: { agents: { inkeep: { ...config, ...more } } } });
  return { agent, slack, chat: createChat(slack) };
}

const stream = { delivery: ["stream"] };

describe.each([
  ["blocking", {}, "message/send"],
  ["streamed by choice", stream, "message/stream"],
] as const)("%s", (_how, more, method) => {
  test("three turns are one conversation of the bridge's making, and another thread is another one", async () => {
    const { agent, slack, chat } = await setUp(echo, more);
    const other = createChat(slack, { user: "UBEN" });
    const answers = [await chat.ask("one"), await other.ask("uno"), await chat.ask("two"), await chat.ask("three")];

    expect(answers).toEqual(["You said one", "You said uno", "You said two, after one", "You said three, after one and two"]);
    const contexts = agent.received.map(({ contextId }) => contextId);
    expect(new Set(contexts).size).toBe(2);
    expect(contexts[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect([contexts[2], contexts[3]]).toEqual([contexts[0], contexts[0]]);
    expect(agent.calls.map(({ operation }) => operation)).toEqual(["card", method, method, method, method]);
    expect(agent.violations).toEqual([]);
  });

  test("a transfer is shown, followed in the same turn, and the next message is for who took over", async () => {
    const gate = createGate();
    const { agent, chat } = await setUp(({ agent: who, text }) => {
      if (who === "billing") return [working(), wait(gate.passed), complete(`Billing on: ${text}`)];
      return [working(), transfer("billing", "This is one for billing.")];
    }, more);
    await chat.say("a refund please");
    await chat.heard(1);
    gate.open();

    expect(await chat.heard(2)).toEqual(["Passed on to billing.", "Billing on: a refund please"]);
    expect(await chat.ask("and when?")).toBe("Billing on: and when?");
    expect([...agent.subAgents().values()]).toEqual(["billing"]);
    expect(agent.received.map(({ text }) => text)).toEqual(["a refund please", "a refund please", "and when?"]);
    expect(new Set(agent.received.map(({ contextId }) => contextId)).size).toBe(1);
    expect([...agent.countByMessageId().values()]).toEqual([1, 1, 1]);
    expect(agent.violations).toEqual([]);
  });

  test("a failure is explained, and the conversation goes on", async () => {
    const { agent, chat } = await setUp(
      ({ text, before }) => (text === "boom" ? [rpcError(-32603, "secret stack trace of Inkeep")] : [complete(`After ${before.length}`)]),
      more,
    );
    const said = await chat.ask("boom");
    expect(said).toMatch(
      method === "message/send" ? /Inkeep could not run its agent\..*Reference/s : /connection to the agent broke.*Reference/s,
    );
    expect(said).not.toContain("stack trace");
    expect(await chat.ask("once more")).toBe("After 1");
    expect(agent.countByMessageId().size).toBe(2);
  });

  test("stop ends the turn, and Inkeep's made-up cancel and get are not asked", async () => {
    const { agent, chat } = await setUp(() => [working(), wait(new Promise(() => undefined))], more);
    await chat.say("a long one");
    await until(() => agent.tasks().length === 1);
    await chat.say("stop");

    await until(() => chat.replies().at(-1)?.startsWith("Stopped. Reference"));
    expect(chat.replies()).toHaveLength(2);
    expect(agent.calls.map(({ operation }) => operation)).toEqual(["card", method]);
  });
});

test("who asks is told on the message", async () => {
  const { agent, chat } = await setUp(echo, { identity: { required: true, fields: ["userPrincipalName", "displayName"] } });
  await chat.ask("one");
  await chat.ask("two");
  const metadata = { message: { userPrincipalName: "ann@acme.test", displayName: "Ann Archer" }, request: {} };
  expect(agent.received.map((received) => received.metadata)).toEqual([metadata, metadata]);
});

test("an agent that does not stream, where only that is configured, is explained", async () => {
  const { agent, chat } = await setUp(echo, stream, { streaming: false });
  expect(await chat.ask("one")).toMatch(/did not accept the message.*does not stream.*administrator.*`delivery`.*Reference/s);
  expect(agent.countByMessageId().get(agent.received[0]?.messageId ?? "")).toBe(0);
});

test("a stream that is cut in the middle ends with a notice, and made-up tasks are not asked for", async () => {
  const { agent, chat } = await setUp(() => [output("a", "half"), wait(new Promise(() => undefined))], stream);
  agent.failNext({ kind: "cut", after: 1 });
  expect(await chat.ask("one")).toMatch(/connection to the agent broke.*no way to ask.*Reference/s);
  expect(agent.calls.map(({ operation }) => operation)).toEqual(["card", "message/stream"]);
});

test("a request that is passed on for ever ends with a word about it", async () => {
  const { agent, chat } = await setUp(({ agent: who }) => [transfer(who === "a" ? "b" : "a", "not mine")]);
  await chat.say("one");
  await until(() => /passed the request on again and again.*Reference/s.test(chat.replies().at(-1) ?? ""));
  expect(chat.replies()).toEqual(["Passed on to a.", "Passed on to b.", expect.any(String)]);
  expect(agent.received).toHaveLength(4);
});
