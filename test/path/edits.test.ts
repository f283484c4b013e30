import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, output, wait, working } from "../../src/simulator/agents/steps.ts";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";
import type { World } from "../support/world.ts";

const stage = createStage();

interface Scene {
  readonly world: World;
  readonly slack: SlackSimulator;
  readonly agent: SimulatedAgent;
  readonly gate: ReturnType<typeof createGate>;
}

/** An agent for which a second message waits until the answer to the first, which comes with the gate. */
async function setUp(settings: Readonly<Record<string, unknown>> = { whileRunning: "queue" }): Promise<Scene> {
  const gate = createGate();
  const agent = await stage.agent({
    modes: { streaming: true, push: false },
    script: async function* (turn) {
      yield working();
      if (turn.text.includes("slowly")) yield wait(gate.passed);
      yield output("a", `You said: ${turn.text}`, { last: true });
      yield complete();
    },
  });
  const world = await stage.world({ config: { agents: { helper: { url: agent.url, ...settings } } } });
  return { world, slack: world.slack, agent, gate };
}

/** A thread whose answer is under way, and a second message that waits behind it. */
async function beginWithWaiting(scene: Scene): Promise<{ readonly ts: string; readonly second: string }> {
  const { slack, agent } = scene;
  const ts = await mention(slack, "slowly");
  await until(() => agent.tasks().length === 1);
  const { ts: second } = await slack.say({ channel: "C1", user: "UANN", text: "second", threadTs: ts });
  await until(() => replies(slack, ts).length === 1);
  expect(replies(slack, ts)[0]).toMatch(/waits until the current answer is complete/);
  return { ts, second };
}

const answers = (slack: SlackSimulator, ts: string) => replies(slack, ts).filter((text) => text.startsWith("You said"));
const trace = ({ world }: Scene, ts: string, channel = "C1") => world.app.ledger.trace(`slack:T1:${channel}:${ts}`);
const results = async (scene: Scene, ts: string, kind: string, channel?: string) =>
  (await trace(scene, ts, channel)).filter(({ facts }) => JSON.stringify(facts).includes(`"kind":"${kind}"`)).map(({ result }) => result);

describe("while a message waits behind another", () => {
  test.each(["queue", "join"])("an edit changes what the agent gets (whileRunning: %s)", async (whileRunning) => {
    const scene = await setUp({ whileRunning });
    const { ts, second } = await beginWithWaiting(scene);
    for (const { statuses } of await (await scene.slack.edit("C1", second, "second, but better")).delivered)
      expect(statuses).toEqual([200]);
    await until(async () => (await results(scene, ts, "edited")).includes("edited"));
    scene.gate.open();
    await until(() => answers(scene.slack, ts).length === 2);

    expect(answers(scene.slack, ts)).toEqual(["You said: slowly", "You said: second, but better"]);
    expect(scene.agent.received.map(({ text }) => text)).toEqual(["slowly", "second, but better"]);
  });

  test("the last of several edits counts", async () => {
    const scene = await setUp();
    const { ts, second } = await beginWithWaiting(scene);
    for (const text of ["one", "two", "three"]) await (await scene.slack.edit("C1", second, text)).delivered;
    await until(async () => (await results(scene, ts, "edited")).length === 3 && !(await results(scene, ts, "edited")).includes(undefined));
    scene.gate.open();
    await until(() => answers(scene.slack, ts).length === 2);
    expect(answers(scene.slack, ts)[1]).toBe("You said: three");
  });

  test.each(["queue", "join"])("a deletion withdraws it, and a third message is answered (whileRunning: %s)", async (whileRunning) => {
    const scene = await setUp({ whileRunning });
    const { ts, second } = await beginWithWaiting(scene);
    await (await scene.slack.remove("C1", second)).delivered;
    await until(async () => (await results(scene, ts, "deleted")).includes("withdrawn"));
    scene.gate.open();
    await until(() => answers(scene.slack, ts).length === 1);
    await scene.slack.say({ channel: "C1", user: "UANN", text: "third", threadTs: ts });
    await until(() => answers(scene.slack, ts).length === 2);

    expect(answers(scene.slack, ts)).toEqual(["You said: slowly", "You said: third"]);
    expect(scene.agent.received.map(({ text }) => text)).toEqual(["slowly", "third"]);
  });

  test("so it does in a direct message that has replies already, of which Slack tells otherwise", async () => {
    const scene = await setUp();
    const { slack, agent, gate } = scene;
    const channel = slack.direct("UANN");
    const first = await slack.say({ channel, user: "UANN", text: "slowly" });
    await until(() => agent.tasks().length === 1);
    const second = await slack.say({ channel, user: "UANN", text: "second" });
    await until(() => replies(slack, second.ts, channel).length === 1);
    await (await slack.remove(channel, second.ts)).delivered;
    await until(async () => (await results(scene, "dm", "deleted", channel)).includes("withdrawn"));
    gate.open();
    await until(() => replies(slack, first.ts, channel).length === 1);
    const third = await slack.say({ channel, user: "UANN", text: "third" });
    await until(() => replies(slack, third.ts, channel).some((text) => text === "You said: third"));
    expect(agent.received.map(({ text }) => text)).toEqual(["slowly", "third"]);
  });

  test("an edit that only puts the bot's mention in changes nothing of the words", async () => {
    const scene = await setUp();
    const { ts, second } = await beginWithWaiting(scene);
    await (await scene.slack.edit("C1", second, "<@UBOT> second &amp; &lt;last&gt;")).delivered;
    await until(async () => (await results(scene, ts, "edited")).includes("edited"));
    scene.gate.open();
    await until(() => answers(scene.slack, ts).length === 2);
    expect(answers(scene.slack, ts)[1]).toBe("You said: second & <last>");
  });
});

describe("once the agent has the message", () => {
  test("an edit and a deletion are recorded and change nothing", async () => {
    const scene = await setUp();
    const { slack, agent, gate } = scene;
    const ts = await mention(slack, "slowly");
    await until(() => agent.tasks().length === 1);
    await (await slack.edit("C1", ts, "<@UBOT> never mind")).delivered;
    await until(async () => (await results(scene, ts, "edited")).includes("too late"));
    gate.open();
    await until(() => answers(slack, ts).length === 1);
    await (await slack.edit("C1", ts, "<@UBOT> really")).delivered;
    await (await slack.remove("C1", ts)).delivered;
    await until(async () => (await results(scene, ts, "deleted")).includes("too late"));

    expect(answers(slack, ts)).toEqual(["You said: slowly"]);
    expect(agent.received).toHaveLength(1);
  });

  test("an edit that mentions the bot for the first time asks it nothing, and is not kept", async () => {
    const { slack, agent, world } = await setUp();
    const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "to my colleagues" });
    await (await slack.edit("C1", ts, "<@UBOT> to the bot")).delivered;
    const next = await mention(slack, "hello");
    await until(() => replies(slack, next).length === 1);
    expect(agent.received.map(({ text }) => text)).toEqual(["hello"]);
    expect(await world.app.ledger.trace(`slack:T1:C1:${ts}`)).toEqual([]);
  });
});

describe("one post is answered once although Slack tells of it", () => {
  test.each([
    { how: "as message and then as app_mention", disturbance: { first: "message" } },
    { how: "as app_mention and then as message", disturbance: { first: "app_mention" } },
    { how: "in both ways at once, each three times", disturbance: { duplicates: 2 } },
    { how: "in both ways one after another, each three times", disturbance: { duplicates: 2, first: "message" } },
  ] as const)("$how", async ({ disturbance }) => {
    const { slack, agent } = await setUp();
    slack.disturb(disturbance);
    const { ts, delivered } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> hello" });
    for (const { statuses } of await delivered) expect(statuses.every((status) => status === 200)).toBe(true);
    await until(() => replies(slack, ts).length === 1);
    const follow = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> and more", threadTs: ts });
    await follow.delivered;
    await until(() => replies(slack, ts).length === 2);

    expect(replies(slack, ts)).toEqual(["You said: hello", "You said: and more"]);
    expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
  });

  test("once more after the answer, and after a restart of the bridge", async () => {
    const { slack, agent, world } = await setUp();
    const ts = await mention(slack, "hello");
    await until(() => replies(slack, ts).length === 1);
    const event = { type: "app_mention", user: "UANN", team: "T1", text: "<@UBOT> hello", ts, channel: "C1", event_ts: ts };
    expect((await slack.deliver(slack.envelope(event))).status).toBe(200);
    await world.restart();
    expect((await slack.deliver(slack.envelope(event))).status).toBe(200);
    await slack.say({ channel: "C1", user: "UANN", text: "more", threadTs: ts });
    await until(() => replies(slack, ts).length === 2);
    expect(replies(slack, ts)).toEqual(["You said: hello", "You said: more"]);
    expect(agent.received).toHaveLength(2);
  });

  test("two messages whose events come in the wrong order are both answered, once each", async () => {
    const { slack, agent } = await setUp();
    slack.disturb({ hold: true });
    const ts = await mention(slack, "one");
    const { delivered } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> two", threadTs: ts });
    slack.release("reversed");
    await delivered;
    await until(() => answers(slack, ts).length === 2);
    expect([...answers(slack, ts)].sort()).toEqual(["You said: one", "You said: two"]);
    expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
  });
});
