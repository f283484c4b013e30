import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { textReply } from "../../../src/model/reply.ts";
import { until } from "../../support/until.ts";
import { createSlackWorld, type SlackWorld } from "./slack-world.ts";

let world: SlackWorld;
beforeEach(async () => {
  world = await createSlackWorld();
});
afterEach(() => world.stop());

const mention = { type: "app_mention", user: "UANN", team: "T1", text: "<@UBOT> hello", ts: "1700000000.000100", channel: "C1" };
const now = () => Math.floor(Date.now() / 1000);
const deliver = async (body: unknown, bend?: Parameters<SlackWorld["slack"]["deliver"]>[1]) => world.slack.deliver(body, bend);
const form = { contentType: "application/x-www-form-urlencoded" };

describe("the door for Slack", () => {
  test.each([
    ["a false signature", { signature: `v0=${"0".repeat(64)}` }],
    ["no signature to speak of", { signature: "v0" }],
    ["a stale time", { timestamp: now() - 301 }],
    ["a time in the future", { timestamp: now() + 360 }],
  ])("answers %s with 401", async (_, bend) => {
    expect((await deliver(world.slack.envelope(mention), bend)).status).toBe(401);
    expect(world.received).toEqual([]);
  });

  test.each([
    ["what is not JSON", "{", {}],
    ["JSON that is no object", "[1]", {}],
    ["a form without a command", "a=1", form],
    ["a click that is not JSON", "payload=x", form],
    ["another media type", "hello", { contentType: "text/plain" }],
  ])("answers %s with 400", async (_, body, bend) => {
    expect((await deliver(body, bend)).status).toBe(400);
  });

  test("looks at the signature before the body", async () => {
    expect((await deliver("{", { signature: "v0=1" })).status).toBe(401);
  });

  test("answers a body over one megabyte with 413", async () => {
    expect((await deliver({ type: "event_callback", pad: "x".repeat(1024 * 1024) })).status).toBe(413);
  });

  test("answers the challenge with which Slack tries the address", async () => {
    const answer = await deliver({ type: "url_verification", token: "x", challenge: "3eZbrw1aB" });
    expect(answer).toMatchObject({ status: 200, body: "3eZbrw1aB" });
  });

  test("answers 503 while nothing can be committed", async () => {
    world.onReceive(async () => {
      throw new Error("the store is down");
    });
    expect((await deliver(world.slack.envelope(mention))).status).toBe(503);
  });

  test("takes nothing from another workspace or another app", async () => {
    const envelope = world.slack.envelope(mention);
    const authorizations = [{ enterprise_id: null, team_id: "T9", user_id: "UBOT", is_bot: true, is_enterprise_install: false }];
    await deliver({ ...envelope, team_id: "T9", authorizations });
    await deliver({ ...envelope, team_id: "T9", authorizations: undefined });
    expect(world.received).toEqual([]);
  });

  test("takes an event of a shared channel that is ours by its authorizations", async () => {
    await deliver({ ...world.slack.envelope({ ...mention, user: "USTR", user_team: "T2" }), team_id: "T2", is_ext_shared_channel: true });
    expect(world.received).toMatchObject([{ author: { id: "USTR", workspace: "T2" }, thread: { workspace: "T1" } }]);
  });

  test.each([
    { type: "event_callback", team_id: "T1" },
    { type: "event_callback", team_id: "T1", event: null },
    { type: "event_callback", team_id: "T1", event: { type: "message" } },
    { type: "event_callback", team_id: "T1", event: { type: "app_mention", channel: { id: 1 }, ts: 5, user: [] } },
    {
      type: "event_callback",
      team_id: "T1",
      event: { type: "message", subtype: "message_changed", channel: "C1", ts: "1.1", message: "x" },
    },
    { type: "block_actions", team: { id: "T1" }, actions: [] },
    { type: "block_actions", team: { id: "T1" }, user: {}, actions: [{ action_id: "a2a_feedback", type: "feedback_buttons" }] },
    { type: "app_rate_limited", team_id: "T1", minute_rate_limited: 1518467820, api_app_id: "A1" },
    { type: "nobody knows" },
    {},
  ])("drops what cannot be read, without asking for it again: %j", async (body) => {
    expect((await deliver(body)).status).toBe(200);
    expect(world.received).toEqual([]);
  });

  test("an edit that only unfolds a link is no edit, one that changes words is", async () => {
    const { ts } = await world.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> one" });
    const unchanged = { type: "message", user: "UANN", ts, text: "<@UBOT> one" };
    const changed = { type: "message", subtype: "message_changed", channel: "C1", ts: "1700000009.000001", event_ts: "1700000009.000001" };
    await deliver(world.slack.envelope({ ...changed, message: unchanged, previous_message: unchanged }));
    await (await world.slack.edit("C1", ts, "<@UBOT> two")).delivered;
    await (await world.slack.remove("C1", ts)).delivered;
    const [edited, deleted] = world.received.filter(({ kind }) => kind !== "message");
    expect(edited).toMatchObject({ kind: "edited", text: "two", message: world.received[0]?.id });
    expect(deleted).toMatchObject({ kind: "deleted", message: world.received[0]?.id });
  });
});

describe.each([
  { door: "signed requests", slack: {}, refused: 503 },
  { door: "sockets", slack: { socketMode: true, answerMs: 1_000 }, refused: 0 },
])("commands and buttons over $door", ({ slack, refused }) => {
  beforeEach(async () => {
    await world.stop();
    world = await createSlackWorld({ slack });
  });

  test("a command in a channel is answered at once, to its author, with how to say it in a thread", async () => {
    const answer = await world.slack.command("/agent stop", { channel: "C1", user: "UANN" });
    expect(JSON.parse(answer.body)).toMatchObject({ response_type: "ephemeral", text: expect.stringContaining("<@UBOT>") });
    expect(world.received).toEqual([]);
  });

  test("a command in a direct message is committed before it is answered", async () => {
    const where = { channel: world.slack.direct("UANN"), user: "UANN" };
    expect(await world.slack.command("/agent status", where)).toMatchObject({ status: 200, body: "" });
    expect(world.received).toMatchObject([{ kind: "command", word: "status", thread: { thread: "dm", endless: true } }]);
    world.onReceive(async () => {
      throw new Error("the store is down");
    });
    expect((await world.slack.command("/agent stop", where)).status).toBe(refused);
  });

  test("the answer to such a command stands in the direct message", async () => {
    await world.slack.command("/agent status", { channel: world.slack.direct("UANN"), user: "UANN" });
    const [event] = world.received;
    if (event) await world.adapter.post(event.thread, textReply("all is quiet", "notice"), "d1", new AbortController().signal);
    expect(world.slack.channel("DUANN")).toMatchObject([{ user: "UBOT", text: "all is quiet" }]);
  });

  test("the stop button of Slack stops the thread", async () => {
    await world.mention("write a book");
    const [event] = world.received;
    if (!event) throw new Error("nothing was received");
    await world.adapter.sign(event.thread, { kind: "working" }, new AbortController().signal);
    await (await world.slack.pressStop("C1", event.thread.thread, "UANN")).delivered;
    expect(await until(() => world.received.find(({ kind }) => kind === "stop"))).toMatchObject({
      thread: { thread: event.thread.thread },
    });
  });

  test("feedback under an answer names its delivery", async () => {
    const asked = await createSlackWorld({ slack, config: { feedbackButtons: true } });
    try {
      await asked.mention("hello");
      const thread = (await until(() => asked.received[0])).thread;
      const { message } = await asked.adapter.post(thread, textReply("hi", "answer"), "d7", new AbortController().signal);
      await asked.slack.click({ channel: "C1", user: "UBEN", ts: message, actionId: "a2a_feedback", value: "down:d7" });
      expect(asked.received.at(-1)).toMatchObject({ kind: "feedback", delivery: "d7", value: "down", author: { id: "UBEN" } });
    } finally {
      await asked.stop();
    }
  });
});
