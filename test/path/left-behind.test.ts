import { describe, expect, test } from "@jest/globals";
import type { FailpointName } from "../../src/model/failpoint.ts";
import { complete, output, wait, working } from "../../src/simulator/agents/steps.ts";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createJumpClock } from "../support/jump-clock.ts";
import { ordering, told } from "../support/questions.ts";
import { createGate, createStage, mention, replies, whispers } from "../support/stage.ts";
import { until } from "../support/until.ts";

/** Questions that a conversation has left behind, and those that it has not. */

const stage = createStage();
const anHour = 3_600_000;

async function setUp(settings: Readonly<Record<string, unknown>> = {}, streaming = false) {
  const gate = createGate();
  const clock = createJumpClock();
  const held: { at: FailpointName | undefined; arrived: number; gate: ReturnType<typeof createGate> } = {
    at: undefined,
    arrived: 0,
    gate: createGate(),
  };
  const agent = await stage.agent({
    modes: { streaming, push: true },
    script: async function* (turn) {
      if (turn.text.includes("slowly")) yield* [working(), wait(gate.passed)];
      if (turn.text.includes("recite")) {
        yield output("a", `Said before: ${turn.before.join(", ")}.`, { last: true });
        yield complete();
      } else yield* ordering(turn);
    },
  });
  const { slack, app } = await stage.world({
    clock,
    config: {
      agents: { helper: { url: agent.url, delivery: ["push"], ...settings } },
      routes: [{ agent: "helper", followUps: "thread" }],
    },
    failpoint: async (name) => {
      if (name !== held.at) return;
      held.arrived += 1;
      await held.gate.passed;
    },
  });
  stage.owns(async () => held.gate.open());
  return { slack, agent, app, clock, gate, held };
}

const hasButtons = (slack: SlackSimulator, channel: string, ts: string) =>
  slack.thread(channel, ts).replies.findLast(({ bot, buttons }) => bot && buttons.some(({ type }) => type === "button"));

describe("`new`", () => {
  test("of a person with a context of their own takes the buttons off their question", async () => {
    const { slack } = await setUp({ threadIdentity: "separate-context" });
    const ts = await mention(slack, "hello");
    await until(() => replies(slack, ts).includes("You said hello."));
    await slack.say({ channel: "C1", user: "UBEN", text: "order a laptop", threadTs: ts });
    await until(() => hasButtons(slack, "C1", ts));
    await slack.say({ channel: "C1", user: "UBEN", text: "new", threadTs: ts });
    await until(() => replies(slack, ts).some((text) => text.includes("new conversation")));
    await until(() => !hasButtons(slack, "C1", ts));
  });

  test("said while the agent works: what that still asks has no buttons", async () => {
    const { slack, agent, gate } = await setUp();
    const ts = await mention(slack, "slowly order a laptop");
    await until(() => agent.tasks().length === 1);
    await slack.say({ channel: "C1", user: "UANN", text: "new", threadTs: ts });
    await until(() => replies(slack, ts).length === 1);
    gate.open();
    await until(() => replies(slack, ts).includes("Shall I order the laptop?"));
    await until(() => !hasButtons(slack, "C1", ts), 3_000);
  });

  test("leaves nothing behind that a message would have to wait for", async () => {
    const { slack, app, held } = await setUp({ whileRunning: "refuse" });
    const ts = await mention(slack, "order a laptop");
    await until(() => hasButtons(slack, "C1", ts));
    held.at = "follow.end.before";
    await slack.say({ channel: "C1", user: "UANN", text: "new", threadTs: ts });
    await until(() => held.arrived > 0 && replies(slack, ts).length === 2);
    await slack.say({ channel: "C1", user: "UANN", text: "stop", threadTs: ts });
    await until(() => replies(slack, ts).length === 3);
    expect(replies(slack, ts)[2]).toBe("Nothing is running here.");
    await slack.say({ channel: "C1", user: "UANN", text: "hello", threadTs: ts });
    held.at = undefined;
    const open = () => app.ledger.open("task", `slack:T1:C1:${ts}`);
    await until(async () => (await open()).length === 2 || replies(slack, ts).length === 4);
    held.gate.open();
    await until(() => replies(slack, ts).length === 4);
    expect(replies(slack, ts)[3]).toBe("You said hello.");
  });
});

test.each(["queue", "join"])(
  "a question that a waiting message has answered before it was asked has no buttons (%s)",
  async (whileRunning) => {
    const { slack, agent, gate } = await setUp({ whileRunning, delivery: ["stream"] }, true);
    const ts = await mention(slack, "slowly order a laptop");
    await until(() => agent.received.length === 1);
    await slack.say({ channel: "C1", user: "UANN", text: "two", threadTs: ts });
    await until(() => replies(slack, ts).length === 1);
    gate.open();
    await until(() => replies(slack, ts).includes("You said two."));
    expect(told(agent)[1]).toEqual({ text: "two", task: agent.tasks()[0]?.id });
    await until(() => !hasButtons(slack, "C1", ts), 3_000);
    expect(replies(slack, ts)[1]).toBe("Shall I order the laptop?");
  },
);

describe("a direct message", () => {
  test("that rested too long takes the buttons off the question with which it ended", async () => {
    const { slack, clock } = await setUp();
    const channel = slack.direct("UANN");
    const { ts } = await slack.say({ channel, user: "UANN", text: "order a laptop" });
    await until(() => hasButtons(slack, channel, ts));
    clock.jump(13 * anHour);
    const next = await slack.say({ channel, user: "UANN", text: "recite" });
    await until(() => replies(slack, next.ts, channel).includes("Said before: ."));
    await until(() => !hasButtons(slack, channel, ts));
  });

  test.each(["a click", "words"])("does not rest while the agent works: its late question is answered by %s", async (how) => {
    const { slack, agent, clock, gate } = await setUp();
    const channel = slack.direct("UANN");
    const { ts } = await slack.say({ channel, user: "UANN", text: "slowly order a laptop" });
    await until(() => agent.tasks().length === 1);
    clock.jump(13 * anHour);
    gate.open();
    const asked = await until(() => hasButtons(slack, channel, ts));
    const { actionId = "" } = asked.buttons.find(({ label }) => label === "Approve") ?? {};
    if (how === "a click") await slack.click({ channel, user: "UANN", ts: asked.ts, actionId });
    else await slack.say({ channel, user: "UANN", text: "Approve" });
    await until(() => agent.received.length === 2 || whispers(slack, "UANN", ts, channel).length > 0);
    expect(told(agent)[1]).toEqual({ text: "Approve", task: agent.tasks()[0]?.id });
  });
});
