import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, output, type Step, wait } from "../../src/simulator/agents/steps.ts";
import type { AgentTurn } from "../../src/simulator/agents/turn.ts";
import type { Fault } from "../../src/simulator/slack/fault.ts";
import type { SlackSimulator, SlackSimulatorOptions } from "../../src/simulator/slack/simulator.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

async function* answer(turn: AgentTurn): AsyncGenerator<Step> {
  yield output("a", `You said: ${turn.text}`, { last: true });
  yield complete();
}

/** `streaming: false`: the answer comes as one post. */
async function setUp(
  streaming: boolean,
  script: (turn: AgentTurn) => AsyncIterable<Step> = answer,
  options: SlackSimulatorOptions = {},
): Promise<{ slack: SlackSimulator; agent: SimulatedAgent }> {
  const agent = await stage.agent({ modes: { streaming, push: false }, script });
  const { slack } = await stage.world({ slack: options, config: { agents: { helper: { url: agent.url } } } });
  return { slack, agent };
}

const everyDeliveryOnce = (slack: SlackSimulator) => expect([...slack.deliveries().values()].filter((count) => count !== 1)).toEqual([]);

describe("an answer is posted once although", () => {
  const faults: readonly (Fault & { readonly what: string })[] = [
    { what: "Slack asks to wait (429)", kind: "429", retryAfter: 1 },
    { what: "Slack asks to wait twice", kind: "429", retryAfter: 1, times: 2 },
    { what: "Slack answers with 500", kind: "500" },
    { what: "Slack answers with internal_error", kind: "error", error: "internal_error" },
    { what: "the connection is cut before Slack took the post", kind: "dropBefore" },
    { what: "the connection is cut after Slack took the post", kind: "dropAfter" },
    { what: "the connection is cut after the post, three times", kind: "dropAfter", times: 3 },
  ];
  test.each(faults)("$what", async ({ what: _, ...fault }) => {
    const { slack } = await setUp(false);
    slack.fault({ ...fault, method: "chat.postMessage" });
    const ts = await mention(slack, "hello");
    await until(() => slack.calls("chat.postMessage").length > 0);
    await until(() => replies(slack, ts).length > 0, 15_000);
    await slack.say({ channel: "C1", user: "UANN", text: "again", threadTs: ts });
    await until(() => replies(slack, ts).length > 1, 15_000);

    expect(replies(slack, ts)).toEqual(["You said: hello", "You said: again"]);
    everyDeliveryOnce(slack);
  });

  test("the look-up of an ambiguous post fails too", async () => {
    const { slack } = await setUp(false);
    slack.fault({ kind: "dropAfter", method: "chat.postMessage" });
    slack.fault({ kind: "500", method: "conversations.replies", times: 2 });
    const ts = await mention(slack, "hello");
    await until(() => slack.calls("conversations.replies").length >= 3);
    await slack.say({ channel: "C1", user: "UANN", text: "again", threadTs: ts });
    await until(() => replies(slack, ts).length > 1);
    expect(replies(slack, ts)).toEqual(["You said: hello", "You said: again"]);
    everyDeliveryOnce(slack);
  });

  test("all of Slack's Web API is out for a while; nothing overtakes it afterwards, and other channels are fine", async () => {
    const { slack, agent } = await setUp(false, answer, { channels: [{ id: "C2" }] });
    const ts = await mention(slack, "first");
    await until(() => replies(slack, ts).length === 1);
    slack.outage({ kind: "500" });
    await slack.say({ channel: "C1", user: "UANN", text: "second", threadTs: ts });
    await until(() => agent.received.length === 2);
    await slack.say({ channel: "C1", user: "UANN", text: "third", threadTs: ts });
    await until(() => agent.received.length === 3);
    await until(() => slack.calls("conversations.replies").length >= 4);
    expect(replies(slack, ts)).toHaveLength(1);
    slack.outage();
    const other = await mention(slack, "elsewhere", { channel: "C2" });
    const said = () => replies(slack, ts).filter((text) => text.startsWith("You said"));
    await until(() => said().length === 3 && replies(slack, other, "C2").length === 1, 15_000);

    expect(said()).toEqual(["You said: first", "You said: second", "You said: third"]);
    expect([...agent.countByMessageId().values()]).toEqual([1, 1, 1, 1]);
    everyDeliveryOnce(slack);
  });

  test("one channel is told to wait: other channels do not wait with it", async () => {
    const { slack } = await setUp(false, answer, { channels: [{ id: "C2" }] });
    slack.fault({ kind: "429", retryAfter: 3, method: "chat.postMessage", channel: "C1" });
    const slow = await mention(slack, "slow");
    await until(() => slack.calls("chat.postMessage").length === 1);
    const fast = await mention(slack, "fast", { channel: "C2" });
    await until(() => replies(slack, fast, "C2").length === 1);
    expect(replies(slack, slow)).toEqual([]);
    await until(() => replies(slack, slow).length === 1);
    expect(replies(slack, slow)).toEqual(["You said: slow"]);
  });
});

describe("a streamed answer stands there whole and once although", () => {
  async function* inHalves(gate: Promise<void>): AsyncGenerator<Step> {
    yield output("a", "The first half");
    yield wait(gate);
    yield output("a", " and the second.", { append: true, last: true });
    yield complete();
  }
  const whole = "The first half and the second.";

  async function begin(before: (slack: SlackSimulator) => void = () => undefined) {
    const gate = createGate();
    const { slack } = await setUp(true, () => inHalves(gate.passed));
    before(slack);
    const ts = await mention(slack, "tell me");
    return { slack, gate, ts, written: () => slack.thread("C1", ts).replies.some(({ text }) => text.includes("first half")) };
  }

  test("the stream at Slack has expired", async () => {
    const { slack, gate, ts, written } = await begin();
    await until(written);
    slack.expireStreams();
    gate.open();
    await until(() => replies(slack, ts).some((text) => text.includes("second")));
    expect(replies(slack, ts)).toEqual([whole]);
    everyDeliveryOnce(slack);
  });

  test("the message was deleted while it was written", async () => {
    const { slack, gate, ts, written } = await begin();
    await until(written);
    const messages = slack.workspace.messages.get("C1") ?? [];
    messages.splice(
      messages.findIndex(({ stream }) => stream !== undefined),
      1,
    );
    gate.open();
    await until(() => replies(slack, ts).some((text) => text.includes("second")));
    expect(replies(slack, ts)).toEqual([whole]);
    everyDeliveryOnce(slack);
  });

  const faults: readonly (Fault & { readonly method: string; readonly kind: string })[] = [
    { kind: "500", method: "chat.startStream" },
    { kind: "429", retryAfter: 1, method: "chat.startStream" },
    { kind: "error", error: "unknown_method", method: "chat.startStream", times: 99 },
    { kind: "500", method: "chat.appendStream" },
    { kind: "dropAfter", method: "chat.appendStream" },
    { kind: "429", retryAfter: 1, method: "chat.stopStream" },
    { kind: "500", method: "chat.stopStream" },
    { kind: "dropAfter", method: "chat.stopStream" },
    { kind: "dropBefore", method: "chat.stopStream" },
  ];
  test.each(faults)("$method went wrong ($kind)", async (fault) => {
    const { slack, gate, ts } = await begin((slack) => slack.fault(fault));
    await until(() => slack.calls("chat.startStream").length > 0);
    if (fault.method !== "chat.startStream") await until(() => slack.calls("chat.appendStream").length > 0);
    gate.open();
    await until(() => replies(slack, ts).some((text) => text.includes("second")), 15_000);
    expect(replies(slack, ts)).toEqual([whole]);
    everyDeliveryOnce(slack);
  });
});

test("an answer that Slack fails at again and again is given up, and its thread is told", async () => {
  const agent = await stage.agent({ modes: { streaming: false, push: false }, script: answer });
  const { slack, app } = await stage.world({ config: { agents: { helper: { url: agent.url } } }, pace: { postGiveUp: 500 } });
  slack.fault({ kind: "500", method: "chat.postMessage", times: 5 });
  const ts = await mention(slack, "hello");
  await until(() => replies(slack, ts).length > 0);
  expect(replies(slack, ts)).toEqual([expect.stringMatching(/^An answer could not be shown here\. Reference `\w+`\.$/)]);
  expect(await app.ledger.buried(10)).toHaveLength(1);
});
