import { describe, expect, test } from "@jest/globals";
import type { FailpointName } from "../../src/model/failpoint.ts";
import { complete, output, working } from "../../src/simulator/agents/steps.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

/** A bridge that can be held up at one place of its way; what it is held up with goes on when the gate is opened. */
async function setUp() {
  const held: { at: FailpointName | undefined; gate: ReturnType<typeof createGate>; arrived: number } = {
    at: undefined,
    gate: createGate(),
    arrived: 0,
  };
  const agent = await stage.agent({
    modes: { streaming: true, push: false },
    script: async function* (turn) {
      yield working();
      yield output("a", `Said before: ${turn.before.join(", ") || "nothing"}.`, { last: true });
      yield complete();
    },
  });
  const world = await stage.world({
    config: { agents: { helper: { url: agent.url } } },
    slack: { people: [{ id: "UZAP", name: "Zap", bot: true }] },
    failpoint: async (name) => {
      if (name !== held.at) return;
      held.arrived += 1;
      await held.gate.passed;
    },
  });
  stage.owns(async () => held.gate.open());
  const { slack } = world;
  const hold = (at: FailpointName) => {
    Object.assign(held, { at, gate: createGate(), arrived: 0 });
  };
  const letGo = () => {
    held.at = undefined;
    held.gate.open();
  };
  const say = async (ts: string, text: string) => {
    const said = await slack.say({ channel: "C1", user: "UANN", text, threadTs: ts });
    await said.delivered;
    return said.ts;
  };
  const begin = async () => {
    const ts = await mention(slack, "one");
    await until(() => replies(slack, ts).length === 1);
    return ts;
  };
  const results = async (ts: string, kind: string) =>
    (await world.app.ledger.trace(`slack:T1:C1:${ts}`))
      .filter(({ facts }) => JSON.stringify(facts).includes(`"kind":"${kind}"`))
      .map(({ result }) => result);
  return { slack, agent, world, held, hold, letGo, say, begin, results };
}

describe("`new` and a message in the same moment", () => {
  test("the message said after it belongs to the new conversation, though the word is still on its way", async () => {
    const { slack, world, held, hold, letGo, say, begin } = await setUp();
    const ts = await begin();
    hold("control.commit.before");
    await say(ts, "new");
    await until(() => held.arrived > 0);
    const second = await say(ts, "two");
    // The message lane has time to look at it while the word is held up.
    const soon = Date.now() + 500;
    await until(async () => (await world.app.ledger.row(`event:slack:T1:C1:${second}`))?.settledAt !== undefined || Date.now() > soon);
    letGo();
    await until(() => replies(slack, ts).length === 3);
    expect(replies(slack, ts).at(-1)).toBe("Said before: nothing.");
  });

  test("the message said before it belongs to the old one, though the word overtakes it", async () => {
    const { slack, held, hold, letGo, say, begin } = await setUp();
    const ts = await begin();
    hold("converse.person.before");
    await say(ts, "two");
    await until(() => held.arrived > 0);
    held.at = undefined;
    await say(ts, "new");
    await until(() => replies(slack, ts).some((text) => text.includes("new conversation")));
    letGo();
    await until(() => replies(slack, ts).length === 3);
    expect(replies(slack, ts).at(-1)).toBe("Said before: one.");
    await say(ts, "three");
    await until(() => replies(slack, ts).length === 4);
    expect(replies(slack, ts).at(-1)).toBe("Said before: nothing.");
  });
});

describe("while the author of a message is looked up", () => {
  test("a deletion keeps it from being sent, and its sign goes", async () => {
    const { slack, agent, held, hold, letGo, say, begin, results } = await setUp();
    const ts = await begin();
    hold("converse.person.before");
    const second = await say(ts, "two");
    await until(() => held.arrived > 0 && slack.status("C1", ts).stopButton);
    await (await slack.remove("C1", second)).delivered;
    await until(async () => (await results(ts, "deleted")).includes("told"));
    letGo();
    await until(() => !slack.status("C1", ts).stopButton);
    await say(ts, "three");
    await until(() => replies(slack, ts).length === 2);
    expect(agent.received.map(({ text }) => text)).toEqual(["one", "three"]);
    expect(await results(ts, "message")).toContainEqual({ withdrawn: true });
  });

  test("an edit changes what the agent gets", async () => {
    const { slack, agent, held, hold, letGo, say, begin, results } = await setUp();
    const ts = await begin();
    hold("converse.person.before");
    const second = await say(ts, "two");
    await until(() => held.arrived > 0);
    await (await slack.edit("C1", second, "two, but better")).delivered;
    await until(async () => (await results(ts, "edited")).includes("told"));
    letGo();
    await until(() => replies(slack, ts).length === 2);
    expect(agent.received.map(({ text }) => text)).toEqual(["one", "two, but better"]);
  });
});

describe("while a message of somebody else is looked at", () => {
  test("a follow-up of the person whose conversation it is belongs to it all the same", async () => {
    const { slack, agent, held, hold, letGo, say, begin } = await setUp();
    const ts = await begin();
    hold("converse.person.before");
    await (await slack.say({ channel: "C1", user: "UBEN", text: "<@UBOT> ben asks", threadTs: ts })).delivered;
    await until(() => held.arrived > 0);
    await say(ts, "two");
    letGo();
    await until(() => agent.received.length === 3);
    expect(agent.received.map(({ text }) => text)).toEqual(["one", "ben asks", "two"]);
  });
});

describe("`stop` while the author of a message is looked up", () => {
  test("keeps it from being sent, and the thread says so", async () => {
    const { slack, agent, held, hold, letGo, say, begin } = await setUp();
    const ts = await begin();
    hold("converse.person.before");
    await say(ts, "two");
    await until(() => held.arrived > 0);
    held.at = undefined;
    await say(ts, "stop");
    await until(() => replies(slack, ts).length === 2);
    expect(replies(slack, ts)[1]).toBe("Stopping…");
    letGo();
    await until(() => replies(slack, ts).length === 3);
    expect(replies(slack, ts)[2]).toMatch(/^Stopped\. Reference/);
    await until(() => !slack.status("C1", ts).stopButton);
    await say(ts, "three");
    await until(() => replies(slack, ts).length === 4);
    expect(agent.received.map(({ text }) => text)).toEqual(["one", "three"]);
  });
});
