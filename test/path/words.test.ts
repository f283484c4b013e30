import { afterEach, expect, test } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, inputRequired, output, wait, working } from "../../src/simulator/agents/steps.ts";
import { until } from "../support/until.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
let agent: SimulatedAgent | undefined;
let gate = Promise.withResolvers<void>();
afterEach(async () => {
  gate.resolve();
  await world?.stop();
  await agent?.stop();
});

async function setUp(limits: Record<string, number> = {}, streaming = true) {
  gate = Promise.withResolvers<void>();
  agent = await createSimulatedAgent({
    name: "helper",
    protocol: "1.0",
    binding: "JSONRPC",
    modes: { streaming, push: false },
    script: async function* (turn) {
      yield working();
      if (turn.text.includes("begin")) yield output("a", "So far: a beginning.");
      if (turn.text.includes("long")) yield wait(gate.promise);
      yield output("a", `Said before: ${turn.before.join(", ") || "nothing"}.`, { last: true });
      yield complete();
    },
  });
  world = await createWorld({ config: { agents: { helper: { url: agent.url, limits } } } });
  return { slack: world.slack, agent };
}

test("a direct message needs no mention, goes on without a thread, and begins afresh after it rested", async () => {
  const { slack, agent } = await setUp({ contextIdleHours: 0.000_4 });
  const channel = slack.direct("UANN");
  const say = async (text: string) => {
    const { ts } = await slack.say({ channel, user: "UANN", text });
    const answer = () => slack.thread(channel, ts).replies.filter(({ bot, streaming }) => bot && !streaming)[0]?.text;
    return until(answer);
  };
  expect(await say("one")).toBe("Said before: nothing.");
  expect(await say("two")).toBe("Said before: one.");
  const rested = Date.now() + 1_500;
  await until(() => Date.now() > rested);
  expect(await say("three")).toBe("Said before: nothing.");
  const contexts = agent.received.map(({ contextId }) => contextId ?? "");
  expect([contexts[0], contexts[2]]).toEqual(["", ""]);
  expect(contexts[1]).not.toBe("");
});

test("`new` makes the agent forget, and `help` tells the words", async () => {
  const { slack } = await setUp();
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> one" });
  const last = () =>
    slack
      .thread("C1", ts)
      .replies.filter(({ bot, streaming }) => bot && !streaming)
      .at(-1)?.text ?? "";
  await until(() => last() === "Said before: nothing.");
  await slack.say({ channel: "C1", user: "UANN", text: "New!", threadTs: ts });
  await until(() => last().includes("new conversation"));
  await slack.say({ channel: "C1", user: "UANN", text: "two", threadTs: ts });
  await until(() => last() === "Said before: nothing.");
  await slack.say({ channel: "C1", user: "UANN", text: "help", threadTs: ts });
  await until(() => last().includes("`stop`: end it"));
});

test("Slack's stop button ends the turn, and the thread says so", async () => {
  const { slack, agent } = await setUp();
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> a long job" });
  await until(() => agent.received.length === 1 && slack.status("C1", ts).stopButton);
  await slack.pressStop("C1", ts, "UANN");
  await until(() => slack.thread("C1", ts).replies.some(({ text }) => text.startsWith("Stopped. Reference")));
  await until(() => agent.tasks()[0]?.state === "canceled");
  await until(() => !slack.status("C1", ts).stopButton);
});

test("the working sign is there within two seconds, and gone when the answer stands", async () => {
  const { slack, agent } = await setUp();
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> a long job" });
  await until(() => slack.status("C1", ts).stopButton, 2_000);
  await until(() => agent.received.length === 1);
  gate.resolve();
  await until(() => slack.thread("C1", ts).replies.some(({ text }) => text.startsWith("Said before")));
  await until(() => !slack.status("C1", ts).stopButton);
});

test("text that was streamed before the stop button stays, followed by the end", async () => {
  const { slack } = await setUp();
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> begin a long job" });
  await until(() => slack.thread("C1", ts).replies.some(({ streaming, text }) => streaming && text.includes("So far")));
  await until(() => slack.status("C1", ts).stopButton);
  await slack.pressStop("C1", ts, "UANN");
  await until(() => slack.thread("C1", ts).replies.some(({ text }) => text.startsWith("Stopped. Reference")));
  const shown = slack.thread("C1", ts).replies.filter(({ bot }) => bot);
  expect(shown.map(({ text }) => text)).toEqual(["So far: a beginning.", "Stopping…", expect.stringMatching(/^Stopped\. Reference/)]);
  expect(shown.some(({ streaming }) => streaming)).toBe(false);
});

test("`new` leaves an open question behind: the agent need not push for it any more, and the next message is a new task", async () => {
  agent = await createSimulatedAgent({
    name: "helper",
    protocol: "1.0",
    binding: "JSONRPC",
    modes: { streaming: false, push: true },
    script: async function* (turn) {
      if (turn.text.includes("ask")) yield inputRequired("Which one?");
      else yield complete(`Said before: ${turn.before.join(", ") || "nothing"}.`);
    },
  });
  world = await createWorld({ config: { agents: { helper: { url: agent.url, delivery: ["push"] } } } });
  const { slack } = world;
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> ask me" });
  const last = () =>
    slack
      .thread("C1", ts)
      .replies.filter(({ bot }) => bot)
      .at(-1)?.text ?? "";
  await until(() => last() === "Which one?");
  await slack.say({ channel: "C1", user: "UANN", text: "new", threadTs: ts });
  await until(() => agent?.calls.some(({ operation }) => operation === "DeleteTaskPushNotificationConfig"));
  await slack.say({ channel: "C1", user: "UANN", text: "hello", threadTs: ts });
  await until(() => last() === "Said before: nothing.");
  expect(agent.received[1]?.taskId ?? "").toBe("");
  expect(agent.violations).toEqual([]);
});
