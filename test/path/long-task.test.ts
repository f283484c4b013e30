import { afterEach, describe, expect, test } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, detach, output, type Step, wait, working } from "../../src/simulator/agents/steps.ts";
import type { AgentTurn } from "../../src/simulator/agents/turn.ts";
import { timeOf, until } from "../support/until.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
let agent: SimulatedAgent | undefined;
let gate = Promise.withResolvers<void>();
afterEach(async () => {
  gate.resolve();
  await world?.stop();
  await agent?.stop();
});

/** An agent that works until the gate opens; "quick" is answered at once. */
async function* patient(turn: AgentTurn, how: "open" | "detached"): AsyncGenerator<Step> {
  yield working("on it");
  if (!turn.text.includes("quick")) {
    if (how === "detached") yield detach();
    yield wait(gate.promise);
  }
  yield output("a", `Done with ${turn.text}`, { last: true });
  yield complete();
}

async function setUp(how: "stream" | "blocking" | "push", more: Record<string, unknown> = {}) {
  gate = Promise.withResolvers<void>();
  agent = await createSimulatedAgent({
    name: "helper",
    protocol: "1.0",
    binding: "JSONRPC",
    modes: { streaming: how === "stream", push: how === "push" },
    script: (turn) => patient(turn, how === "push" ? "detached" : "open"),
  });
  world = await createWorld({ config: { agents: { helper: { url: agent.url, delivery: [how], ...more } } } });
  const { slack } = world;
  const replies = (ts: string) =>
    slack
      .thread("C1", ts)
      .replies.filter(({ bot, streaming }) => bot && !streaming)
      .map(({ text }) => text);
  const begin = async (text: string) => (await slack.say({ channel: "C1", user: "UANN", text: `<@UBOT> ${text}` })).ts;
  const goOn = (ts: string, text: string) => slack.say({ channel: "C1", user: "UANN", text, threadTs: ts });
  const seen = (ts: string, pattern: RegExp) =>
    until(() => replies(ts).find((text) => pattern.test(text)), 2_000, `${pattern} in ${replies(ts)}`);
  return { slack, agent, replies, begin, goOn, seen };
}

describe.each(["stream", "blocking", "push"] as const)("while an agent works for long by %s", (how) => {
  test("status, a second message and stop are each answered within two seconds, and other threads go on", async () => {
    const { agent, replies, begin, goOn, seen } = await setUp(how);
    const ts = await begin("the big report");
    await until(() => agent.received.length === 1);
    // What is said while the call is open waits for its end.
    const head = async () => (await world?.app.ledger.open("task", `slack:T1:C1:${ts}`))?.[0];
    if (how === "push") await until(async () => (await head())?.state === "ready");

    await goOn(ts, "status");
    await seen(ts, /has been working for/);
    await goOn(ts, "and a chart please");
    await seen(ts, how === "push" ? /Passed on/ : /waits/);
    await goOn(ts, "status");
    await until(() => replies(ts).filter((text) => /has been working for/.test(text)).length === 2, 2_000);

    const other = await begin("quick question");
    await until(() => replies(other).length === 1);
    expect(replies(other)).toEqual(["Done with quick question"]);

    await goOn(ts, "stop");
    await seen(ts, /Stopping/);
    await seen(ts, /Stopped\. Reference/);
    await until(async () => (await world?.app.ledger.open("task", `slack:T1:C1:${ts}`))?.length === 0);
    expect(replies(ts).some((text) => text.startsWith("Done"))).toBe(false);
    if (how !== "blocking") expect(agent.tasks().find((task) => task.state === "canceled")).toBeDefined();
  });

  test("a stop of the process hands the task over within five seconds, and the answer appears once", async () => {
    const { slack, agent, replies, begin } = await setUp(how);
    const ts = await begin("the big report");
    await until(() => agent.received.length === 1);
    expect(await timeOf(world?.stopBridge() ?? Promise.resolve())).toBeLessThan(5_000);
    gate.resolve();
    await world?.startBridge();
    await until(() => replies(ts).length > 0);
    expect(replies(ts)).toEqual([how === "blocking" ? expect.stringMatching(/Done|Reference/) : "Done with the big report"]);
    expect([...agent.countByMessageId().values()]).toEqual([1]);
    expect([...slack.deliveries().values()].every((count) => count === 1)).toBe(true);
  });
});

test("a message that joins a parked task goes to the same task, and both have one answer", async () => {
  const { agent, replies, begin, goOn } = await setUp("push");
  const ts = await begin("the big report");
  await until(() => agent.received.length === 1 && agent.calls.length > 0);
  await goOn(ts, "with a quick chart");
  await until(() => agent.received.length === 2);
  expect(agent.received[1]?.taskId).toBe(agent.tasks()[0]?.id);
  gate.resolve();
  await until(() => replies(ts).some((text) => text.startsWith("Done")));
  await until(async () => (await world?.app.ledger.open("task", `slack:T1:C1:${ts}`))?.length === 0);
  expect(replies(ts).filter((text) => text.startsWith("Done"))).toHaveLength(1);
});

test("a message that waits is asked when the first is answered, in order", async () => {
  const { agent, replies, begin, goOn } = await setUp("stream", { whileRunning: "queue" });
  const ts = await begin("one");
  await until(() => agent.received.length === 1);
  await goOn(ts, "two");
  await goOn(ts, "three");
  await until(() => replies(ts).filter((text) => /waits/.test(text)).length === 2, 2_000);
  gate.resolve();
  await until(() => replies(ts).filter((text) => text.startsWith("Done")).length === 3);
  expect(replies(ts).filter((text) => text.startsWith("Done"))).toEqual(["Done with one", "Done with two", "Done with three"]);
});

test("where messages are refused while the agent works, the person is told at once", async () => {
  const { agent, replies, begin, goOn, seen } = await setUp("stream", { whileRunning: "refuse" });
  const ts = await begin("one");
  await until(() => agent.received.length === 1);
  await goOn(ts, "two");
  await seen(ts, /still working on the last message/);
  gate.resolve();
  await until(() => replies(ts).includes("Done with one"));
  expect(agent.received).toHaveLength(1);
});
