import { afterAll, expect, test } from "@jest/globals";
import type { VendorScriptFor } from "../../../src/simulator/agents/play.ts";
import { complete, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import { killAll } from "../../support/crash/process.ts";
import { createGate, createStage } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { channelOf, createStead } from "../../support/systems/kill.ts";
import { createAgentspace, createBrightsy, createInkeep, createSistava, createSpark } from "../../support/systems/systems.ts";
import { until } from "../../support/until.ts";

/**
 * The bridge is a process of its own and dies by SIGKILL while each of the five systems has a message. What there is a way to is
 * answered by the next life; for the rest the person is told, and nobody is asked twice.
 */

const stage = createStage();
afterAll(killAll);

const patienceMs = 60_000;

/** All five, which answer a first message once the gate is open, and further ones at once. */
async function setUp() {
  const gate = createGate();
  const script: VendorScriptFor = ({ text }) =>
    text === "first"
      ? [working(), output("a", "Answer "), wait(gate.passed), output("a", `to ${text}`, { append: true }), complete()]
      : [working(), complete(`Answer to ${text}`)];
  const limits = { limits: { pollSeconds: 0.1, answerMinutes: 0.1 } };
  const spark = await createSpark({
    reply: async ({ text }) => {
      if (text === "first") await gate.passed;
      return `Answer to ${text}`;
    },
  });
  const brightsy = await createBrightsy(script);
  const [inkeep, sistava, agentspace] = [await createInkeep(script), await createSistava(script), await createAgentspace(script)];
  const systems = { spark, brightsy, inkeep, sistava, agentspace };
  const stead = await createStead({
    agents: Object.fromEntries(Object.entries(systems).map(([name, { config }]) => [name, { ...config, ...limits }])),
  });
  stage.owns(() => Promise.all([stead.stop(), ...Object.values(systems).map(({ agent }) => agent.stop())]));
  stage.owns(async () => gate.open());
  spark.agent.webhook(`${stead.url}/a2a/push/spark`);
  const chats = Object.keys(systems).map((name) => ({ name, chat: createChat(stead.slack, { channel: channelOf(name) }) }));
  const counts = () =>
    Object.fromEntries(Object.entries(systems).map(([name, { agent }]) => [name, agent.received.map(({ text }) => text)]));
  return { gate, stead, systems, chats, counts };
}

const lost = /^The connection to the agent broke, and there is no way to ask it.*Reference `\w+`\.$/s;
const asked = { spark: ["first"], brightsy: ["first"], inkeep: ["first"], sistava: ["first"], agentspace: ["first"] };

test(
  "killed while all five work: Spark's and Brightsy's answers come, the others' threads are told, and nobody is asked twice",
  async () => {
    const { gate, stead, systems, chats, counts } = await setUp();
    const life = await stead.live();
    for (const { chat } of chats) await chat.say("first");
    await until(() => Object.values(systems).every(({ agent }) => agent.received.length === 1), 10_000);
    const growing = (name: string, ts: string) =>
      stead.slack.thread(channelOf(name), ts).replies.some(({ text }) => text.startsWith("Answer"));
    const live = chats.filter(({ name }) => name === "brightsy" || name === "agentspace");
    await until(() => live.every(({ name, chat }) => growing(name, chat.ts)), 10_000, "the growing answers");
    life.kill();
    expect((await life.ended).signal).toBe("SIGKILL");
    await stead.live();
    gate.open();

    const end = (name: string) => (name === "spark" || name === "brightsy" ? /^Answer to first$/ : lost);
    for (const { name, chat } of chats) await until(() => end(name).test(chat.replies().at(-1) ?? ""), 15_000, `the end at ${name}`);
    await stead.slack.settled();
    expect(chats.flatMap(({ chat }) => chat.replies()).filter((text) => text === "Answer to first")).toHaveLength(2);
    expect(counts()).toEqual(asked);

    for (const { chat } of chats) expect(await chat.ask("second")).toBe("Answer to second");
    expect(Object.values(counts())).toEqual(Object.values(asked).map((texts) => [...texts, "second"]));
    for (const { agent } of Object.values(systems)) expect(agent.violations).toEqual([]);
    expect([...stead.slack.deliveries().values()].filter((count) => count > 1)).toEqual([]);
  },
  patienceMs,
);

test.each(["spark", "brightsy", "inkeep", "sistava", "agentspace"] as const)(
  "killed at %s's first word, before a thing of it was kept: the turn has its end, and the message counts once",
  async (name) => {
    const { gate, stead, systems, chats } = await setUp();
    const { agent } = systems[name];
    const chat = chats.find((one) => one.name === name)?.chat;
    if (!chat) throw new Error("no such chat");
    gate.open();
    if ("hold" in agent && name === "spark") agent.hold();
    const life = await stead.live({ failpoint: "ask.send.first", hit: 1 });
    await chat.say("first");
    expect((await life.ended).died).toMatchObject({ failpoint: "ask.send.first" });
    await stead.live();

    await until(() => chat.replies().length === 1, patienceMs);
    // Spark alone may still push; that it did not is told when the time is up.
    expect(chat.replies()[0]).toMatch(name === "spark" ? /^No answer came in time\..*Reference/s : lost);
    expect(agent.received.map(({ text }) => text)).toEqual(["first"]);
    if ("hold" in agent && name === "spark") agent.release();
    const before = chat.replies().length;
    await chat.say("second");
    await until(() => chat.replies().length > before && chat.replies().at(-1) === "Answer to second", patienceMs);
    expect(agent.received.map(({ text }) => text)).toEqual(["first", "second"]);
    expect(agent.violations).toEqual([]);
  },
  patienceMs,
);
