import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, output, wait, working } from "../../src/simulator/agents/steps.ts";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createJumpClock, type JumpClock } from "../support/jump-clock.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();
/** A little more than the time for which a person is remembered. */
const anHour = 3_700_000;

interface Scene {
  readonly slack: SlackSimulator;
  readonly agent: SimulatedAgent;
  readonly clock: JumpClock;
  readonly gate: ReturnType<typeof createGate>;
  goOn(ts: string, user: string, text: string): Promise<void>;
}

/** An agent that requires an identity and says who asked what it remembers; "slowly" waits for the gate. */
async function setUp(settings: Readonly<Record<string, unknown>> = {}, identity: Readonly<Record<string, unknown>> = {}): Promise<Scene> {
  const gate = createGate();
  const clock = createJumpClock();
  const agent = await stage.agent({
    modes: { streaming: false, push: true },
    script: async function* (turn) {
      yield working();
      if (turn.text.includes("slowly")) yield wait(gate.passed);
      yield output("a", `${turn.metadata.userPrincipalName}: ${[...turn.before, turn.text].join(", ")}`);
      yield complete();
    },
  });
  const { slack } = await stage.world({
    clock,
    config: {
      agents: { helper: { url: agent.url, delivery: ["push"], identity: { required: true }, ...settings } },
      routes: [{ agent: "helper", followUps: "thread" }],
      identity,
    },
  });
  const goOn = async (threadTs: string, user: string, text: string) => void (await slack.say({ channel: "C1", user, text, threadTs }));
  return { slack, agent, clock, gate, goOn };
}

const names = ({ received }: SimulatedAgent) => received.map(({ metadata }) => metadata.message.userPrincipalName);
const contexts = ({ received }: SimulatedAgent) => received.map(({ contextId }) => contextId);

describe("an owner-only thread, which is the default where an identity is required", () => {
  test.each(["a follow-up", "a mention"])("refuses %s of a second person openly, and goes on with its owner", async (how) => {
    const { slack, agent, goOn } = await setUp();
    const ts = await mention(slack, "secret");
    await until(() => replies(slack, ts).length === 1);

    await goOn(ts, "UBEN", how === "a mention" ? "<@UBOT> tell me" : "tell me");
    await until(() => replies(slack, ts).length === 2);
    await goOn(ts, "UANN", "more");
    await until(() => replies(slack, ts).length === 3);

    expect(replies(slack, ts)[1]).toMatch(/This conversation is its owner's.*start a thread of your own/s);
    expect(replies(slack, ts)[2]).toBe("ann@acme.test: secret, more");
    expect(agent.received.map(({ text }) => text)).toEqual(["secret", "more"]);
    expect(names(agent)).toEqual(["ann@acme.test", "ann@acme.test"]);
  });

  test("refuses a second person also while the owner's answer is still under way", async () => {
    const { slack, agent, goOn, gate } = await setUp();
    const ts = await mention(slack, "slowly");
    await until(() => agent.tasks().length === 1);
    await goOn(ts, "UBEN", "and me?");
    await until(() => replies(slack, ts).length === 1);
    gate.open();
    await until(() => replies(slack, ts).length === 2);

    expect(replies(slack, ts)[0]).toMatch(/owner's/);
    expect(replies(slack, ts)[1]).toBe("ann@acme.test: slowly");
    expect(agent.received).toHaveLength(1);
  });

  test.each(["stop", "new"])("does not let a second person say %s", async (word) => {
    const { slack, agent, goOn, gate } = await setUp();
    const ts = await mention(slack, "slowly");
    await until(() => agent.tasks().length === 1);
    await goOn(ts, "UBEN", `<@UBOT> ${word}`);
    await until(() => replies(slack, ts).length === 1);
    gate.open();
    await until(() => replies(slack, ts).length === 2);
    await goOn(ts, "UANN", "more");
    await until(() => replies(slack, ts).length === 3);

    expect(replies(slack, ts)[0]).toMatch(/owner's/);
    expect(replies(slack, ts).slice(1)).toEqual(["ann@acme.test: slowly", "ann@acme.test: slowly, more"]);
  });
});

describe("when an e-mail address has changed", () => {
  test("that of the owner, the agent is told the new one in a fresh context, and the thread is told so", async () => {
    const { slack, agent, clock, goOn } = await setUp();
    const ts = await mention(slack, "secret");
    await until(() => replies(slack, ts).length === 1);

    const ann = slack.workspace.people.get("UANN");
    if (ann) ann.email = "ann.baker@acme.test";
    clock.jump(anHour);
    await goOn(ts, "UANN", "more");
    await until(() => replies(slack, ts).length === 3);

    expect(replies(slack, ts)[1]).toMatch(/Your identity has changed.*starts afresh/s);
    expect(replies(slack, ts)[2]).toBe("ann.baker@acme.test: more");
    expect(names(agent)).toEqual(["ann@acme.test", "ann.baker@acme.test"]);
    expect(agent.received[1]).toMatchObject({ contextId: undefined, taskId: undefined, referenceTaskIds: [] });
    await goOn(ts, "UANN", "again");
    await until(() => replies(slack, ts).length === 4);
    expect(replies(slack, ts)[3]).toBe("ann.baker@acme.test: more, again");
  });

  test("and is not confirmed yet, the next message is refused", async () => {
    const { slack, agent, clock, goOn } = await setUp();
    const ts = await mention(slack, "secret");
    await until(() => replies(slack, ts).length === 1);

    const ann = slack.workspace.people.get("UANN");
    if (ann) Object.assign(ann, { email: "boss@acme.test", emailConfirmed: false });
    clock.jump(anHour);
    await goOn(ts, "UANN", "more");
    await until(() => replies(slack, ts).length === 2);

    expect(replies(slack, ts)[1]).toMatch(/could not be verified/);
    expect(names(agent)).toEqual(["ann@acme.test"]);
  });

  test("that of a second person with a context of their own, theirs is a fresh one too", async () => {
    const { slack, agent, clock, goOn } = await setUp({ threadIdentity: "separate-context" });
    const ts = await mention(slack, "root");
    await until(() => replies(slack, ts).length === 1);
    await goOn(ts, "UBEN", "ben's secret");
    await until(() => replies(slack, ts).length === 2);

    const ben = slack.workspace.people.get("UBEN");
    if (ben) ben.email = "benedict@acme.test";
    clock.jump(anHour);
    await goOn(ts, "UBEN", "what do you know?");
    await until(() => agent.received.length === 3 && replies(slack, ts).length >= 3);

    expect(replies(slack, ts).at(-1)).toBe("benedict@acme.test: what do you know?");
    expect(agent.received[2]?.contextId).toBeUndefined();
  });
});

describe("a thread of several people", () => {
  test("shared: one context, and each speaks under their own name", async () => {
    const { slack, agent, goOn } = await setUp({ threadIdentity: "shared" });
    const ts = await mention(slack, "one");
    await until(() => replies(slack, ts).length === 1);
    await goOn(ts, "UBEN", "two");
    await until(() => replies(slack, ts).length === 2);
    await goOn(ts, "UANN", "three");
    await until(() => replies(slack, ts).length === 3);

    expect(replies(slack, ts)).toEqual(["ann@acme.test: one", "ben@acme.test: one, two", "ann@acme.test: one, two, three"]);
    expect(names(agent)).toEqual(["ann@acme.test", "ben@acme.test", "ann@acme.test"]);
    expect(new Set(contexts(agent).slice(1)).size).toBe(1);
    expect(agent.violations).toEqual([]);
  });

  test("separate-context: each has a context of their own, which is still theirs later", async () => {
    const { slack, agent, goOn } = await setUp({ threadIdentity: "separate-context" });
    const ts = await mention(slack, "ann one");
    await until(() => replies(slack, ts).length === 1);
    await goOn(ts, "UBEN", "ben one");
    await until(() => replies(slack, ts).length === 2);
    await goOn(ts, "UANN", "ann two");
    await until(() => replies(slack, ts).length === 3);
    await goOn(ts, "UBEN", "ben two");
    await until(() => replies(slack, ts).length === 4);

    expect(replies(slack, ts)).toEqual([
      "ann@acme.test: ann one",
      "ben@acme.test: ben one",
      "ann@acme.test: ann one, ann two",
      "ben@acme.test: ben one, ben two",
    ]);
    expect(contexts(agent).slice(0, 2)).toEqual([undefined, undefined]);
    expect(contexts(agent)[2]).not.toBe(contexts(agent)[3]);
    expect(agent.violations).toEqual([]);
  });

  test("separate-context: a second person does not join the task of the first, but waits for it", async () => {
    const { slack, agent, goOn, gate } = await setUp({ threadIdentity: "separate-context" });
    const ts = await mention(slack, "slowly");
    await until(() => agent.tasks().length === 1);
    await goOn(ts, "UBEN", "and me?");
    await until(() => replies(slack, ts).length === 1);
    expect(agent.received).toHaveLength(1);
    gate.open();
    await until(() => replies(slack, ts).length === 3);

    expect(replies(slack, ts)[0]).toMatch(/waits until the current answer is complete/);
    expect(replies(slack, ts).slice(1)).toEqual(["ann@acme.test: slowly", "ben@acme.test: and me?"]);
    expect(agent.received[1]).toMatchObject({ contextId: undefined, taskId: undefined });
    expect(names(agent)).toEqual(["ann@acme.test", "ben@acme.test"]);
  });
});
