import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, output } from "../../src/simulator/agents/steps.ts";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

async function setUp(followUps: "thread" | "asker" | "mention", slackOptions: Readonly<Record<string, unknown>> = {}) {
  const agent: SimulatedAgent = await stage.agent({
    script: async function* (turn) {
      yield output("a", `You said: ${turn.text}`);
      yield complete();
    },
  });
  const { slack } = await stage.world({
    slack: { people: [{ id: "UZAP", name: "Zap", bot: true }], ...slackOptions },
    config: { agents: { helper: { url: agent.url } }, routes: [{ agent: "helper", followUps }] },
  });
  return { slack, agent };
}

const heard = ({ received }: SimulatedAgent) => received.map(({ text }) => text);

/** A thread in which the bot answered once and people then talk to each other; it ends with a mention, which is always answered. */
async function talk(slack: SlackSimulator): Promise<string> {
  const ts = await mention(slack, "question");
  await until(() => replies(slack, ts).length === 1);
  const say = async (user: string, text: string) => void (await (await slack.say({ channel: "C1", user, text, threadTs: ts })).delivered);
  await say("UBEN", "ben thinks aloud");
  await say("UANN", "ann goes on");
  await say("UANN", "<@UBEN> ann to ben");
  await say("UBEN", "<!here> ben to all");
  await say("UZAP", "zap is a bot");
  await say("UBEN", "<@UBOT> ben asks");
  await until(() => replies(slack, ts).includes("You said: ben asks"));
  return ts;
}

describe("when people go on talking in a thread, the agent hears", () => {
  test.each([
    { followUps: "thread", expected: ["question", "ben thinks aloud", "ann goes on", "ben asks"] },
    { followUps: "asker", expected: ["question", "ann goes on", "ben asks"] },
    { followUps: "mention", expected: ["question", "ben asks"] },
  ] as const)("$expected with followUps: $followUps", async ({ followUps, expected }) => {
    const { slack, agent } = await setUp(followUps);
    const ts = await talk(slack);
    expect(heard(agent)).toEqual(expected);
    expect(replies(slack, ts).filter((text) => text.startsWith("You said"))).toEqual(expected.map((text) => `You said: ${text}`));
  });
});

test("a thread in which the bot was never mentioned is left alone", async () => {
  const { slack, agent } = await setUp("thread");
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "good morning" });
  await (await slack.say({ channel: "C1", user: "UBEN", text: "and to you", threadTs: ts })).delivered;
  const other = await mention(slack, "hello");
  await until(() => replies(slack, other).length === 1);
  expect(heard(agent)).toEqual(["hello"]);
  expect(replies(slack, ts)).toEqual([]);
});

test("a mention in the middle of a thread of people begins a conversation there", async () => {
  const { slack, agent } = await setUp("asker");
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "good morning" });
  await slack.say({ channel: "C1", user: "UBEN", text: "<@UBOT> please help", threadTs: ts });
  await until(() => replies(slack, ts).length === 1);
  await (await slack.say({ channel: "C1", user: "UANN", text: "ann comments", threadTs: ts })).delivered;
  await slack.say({ channel: "C1", user: "UBEN", text: "ben goes on", threadTs: ts });
  await until(() => replies(slack, ts).length === 2);
  expect(heard(agent)).toEqual(["please help", "ben goes on"]);
});

test("a follow-up that comes at the heels of the mention belongs to the conversation too", async () => {
  const { slack } = await setUp("asker");
  const ts = await mention(slack, "one");
  await slack.say({ channel: "C1", user: "UANN", text: "two", threadTs: ts });
  await until(() => replies(slack, ts).includes("You said: two"));
  expect(replies(slack, ts).filter((text) => text.startsWith("You said"))).toEqual(["You said: one", "You said: two"]);
});

test("other bots are ignored, mentions of theirs too, and so is what the bot says itself", async () => {
  const { slack, agent } = await setUp("thread");
  const byBot = await slack.say({ channel: "C1", user: "UZAP", text: "<@UBOT> do something" });
  expect((await byBot.delivered).every(({ statuses }) => statuses[0] === 200)).toBe(true);
  const ts = await mention(slack, "hello");
  await until(() => replies(slack, ts).length === 1);
  await slack.settled();
  const own = {
    type: "message",
    user: "UBOT",
    bot_id: "BBOT",
    text: "<@UBOT> echo",
    ts: "1700000000.000100",
    channel: "C1",
    channel_type: "channel",
    thread_ts: ts,
  };
  expect((await slack.deliver(slack.envelope(own))).status).toBe(200);
  expect((await slack.deliver(slack.envelope({ ...own, subtype: "bot_message", user: undefined }))).status).toBe(200);
  const next = await mention(slack, "still there?");
  await until(() => replies(slack, next).length === 1);

  expect(heard(agent)).toEqual(["hello", "still there?"]);
  expect(replies(slack, byBot.ts)).toEqual([]);
});

test("a direct message needs no mention, and goes on as one conversation", async () => {
  const { slack, agent } = await setUp("mention");
  const channel = slack.direct("UANN");
  await slack.say({ channel, user: "UANN", text: "hello" });
  await until(() => agent.received.length === 1);
  await until(() => slack.channel(channel).length + slack.thread(channel, slack.channel(channel)[0]?.ts ?? "").replies.length >= 2);
  await slack.say({ channel, user: "UANN", text: "and again" });
  await until(() => agent.received.length === 2);
  expect(agent.received[1]?.contextId).toBe(agent.tasks()[0]?.contextId);
});

test("a follow-up that comes before its mention is heard once the mention has come; what was said before that is not", async () => {
  const { slack, agent } = await setUp("asker");
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "good morning" });
  await (await slack.say({ channel: "C1", user: "UANN", text: "nothing for a bot", threadTs: ts })).delivered;
  // The mention is lost on its way, as when the bridge is down, and Slack sends it again later.
  slack.disturb({ hold: true });
  await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> the mention", threadTs: ts });
  const followUp = { type: "message", user: "UANN", text: "the follow-up", channel: "C1", channel_type: "channel", thread_ts: ts };
  const later = `${Number(ts.split(".")[0]) + 60}.000100`;
  expect((await slack.deliver(slack.envelope({ ...followUp, ts: later, event_ts: later }))).status).toBe(200);
  slack.release();
  await until(() => replies(slack, ts).includes("You said: the follow-up"));
  expect(heard(agent)).toEqual(["the mention", "the follow-up"]);
});

test("a follow-up that is changed or taken back before its mention has come is heard as it then stands", async () => {
  const { slack, agent } = await setUp("asker");
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "good morning" });
  slack.disturb({ hold: true });
  await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> the mention", threadTs: ts });
  const at = (second: number) => `${Number(ts.split(".")[0]) + second}.000100`;
  const place = { type: "message", channel: "C1", channel_type: "channel" };
  const said = (second: number, text: string) => ({ type: "message", user: "UANN", text, thread_ts: ts, ts: at(second) });
  const deliver = async (event: Record<string, unknown>) => expect((await slack.deliver(slack.envelope(event))).status).toBe(200);
  await deliver({ ...place, ...said(60, "a slip"), event_ts: at(60) });
  await deliver({ ...place, ...said(61, "first draft"), event_ts: at(61) });
  await deliver({
    ...place,
    subtype: "message_deleted",
    deleted_ts: at(60),
    previous_message: said(60, "a slip"),
    ts: at(62),
    event_ts: at(62),
  });
  const change = { message: said(61, "better words"), previous_message: said(61, "first draft") };
  await deliver({ ...place, subtype: "message_changed", ...change, ts: at(63), event_ts: at(63) });
  slack.release();
  await until(() => replies(slack, ts).includes("You said: better words"));
  expect(heard(agent)).toEqual(["the mention", "better words"]);
});
