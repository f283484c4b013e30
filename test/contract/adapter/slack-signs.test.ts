import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { slackSchema } from "../../../adapters/slack/config.ts";
import { createSlackAdapter } from "../../../adapters/slack/index.ts";
import { silentLog } from "../../../src/log.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { ConfigError } from "../../../src/model/errors.ts";
import { textReply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { until } from "../../support/until.ts";
import { createManualClock, type ManualClock } from "../../unit/slack/manual-clock.ts";
import { createSlackWorld, memoryStore, type SlackWorld } from "./slack-world.ts";
import { emptyDirectory } from "./world.ts";

let world: SlackWorld;
let clock: ManualClock;
let thread: ThreadRef;
const signal = new AbortController().signal;

beforeEach(async () => {
  clock = createManualClock(Date.now());
  world = await createSlackWorld({ clock });
  await world.mention("hello");
  thread = (await until(() => world.received[0])).thread;
});
afterEach(() => world.stop());

const working = (text?: string) => world.adapter.sign(thread, { kind: "working", ...(text && { text }) }, signal);
const idle = () => world.adapter.sign(thread, { kind: "idle" }, signal);
const status = () => world.slack.status("C1", thread.thread);

describe("the sign of life", () => {
  test("is the agent session, with its stop button, until it is taken away", async () => {
    await working();
    expect(status()).toMatchObject({ session: "processing", stopButton: true });
    await idle();
    expect(status()).toMatchObject({ session: "active", stopButton: false });
  });

  test("is set again only before Slack would take it away", async () => {
    for (let i = 0; i < 5; i++) await working();
    expect(world.slack.calls("agents.sessions.setStatus")).toHaveLength(1);
    await clock.advance(95_000);
    await working();
    expect(world.slack.calls("agents.sessions.setStatus")).toHaveLength(2);
  });

  test("is a status line where the app is no agent, and the first way is not tried again", async () => {
    world.slack.workspace.app.agent = false;
    await working("reading <!channel>\nfiles");
    expect(status().text).toBe("reading <!\u200bchannel> files");
    await idle();
    expect(status().text).toBe("");
    expect(world.slack.calls("agents.sessions.setStatus")).toHaveLength(1);
  });

  test("is a reaction where nothing else is allowed", async () => {
    world.slack.workspace.app.agent = false;
    world.slack.fault({ kind: "error", error: "missing_scope", method: "assistant.threads.setStatus" });
    const reactions = () => world.slack.thread("C1", thread.thread).messages[0]?.reactions;
    await working();
    expect(reactions()).toEqual(["eyes"]);
    await idle();
    expect(reactions()).toEqual([]);
  });

  test("ends as it was last wanted, however slow Slack is", async () => {
    world.slack.fault({ kind: "slow", ms: 100, method: "agents.sessions.setStatus" });
    await Promise.all([working(), idle()]);
    expect(status()).toMatchObject({ session: "active" });
  });

  test("that fails is told to the caller, and tried anew in the same way", async () => {
    world.slack.fault({ kind: "429", method: "agents.sessions.setStatus" });
    await expect(working()).rejects.toMatchObject({ kind: "rateLimited" });
    await working();
    expect(status()).toMatchObject({ session: "processing" });
  });
});

describe("the sign of life of a bridge that is alone", () => {
  const calls = () => world.slack.calls("agents.sessions.setStatus").map(({ args }) => args.status);

  beforeEach(async () => {
    await world.stop();
    world = await createSlackWorld({ clock, alone: true });
    await world.mention("hello");
    thread = (await until(() => world.received[0])).thread;
  });

  test("waits a moment whether it is needed, with the newest words", async () => {
    const shown = [working(), working()];
    await clock.advance(140);
    expect(calls()).toEqual([]);
    await clock.advance(20);
    await Promise.all(shown);
    expect(calls()).toEqual(["processing"]);
    expect(status()).toMatchObject({ session: "processing", stopButton: true });
    await idle();
    expect(calls()).toEqual(["processing", "active"]);
  });

  test("is not shown where the end comes at once; the end is", async () => {
    const shown = working();
    await idle();
    await shown;
    await clock.advance(1_000);
    expect(calls()).toEqual(["active"]);
    const again = working();
    await clock.advance(160);
    await again;
    expect(calls()).toEqual(["active", "processing"]);
  });

  test("is not taken away where none was ever shown", async () => {
    const shown = world.adapter.sign(thread, { kind: "working", first: true }, signal);
    await idle();
    await shown;
    expect(calls()).toEqual([]);
    const again = working();
    await clock.advance(160);
    await again;
    await idle();
    expect(calls()).toEqual(["processing", "active"]);
    await clock.advance(200_000);
    await idle();
    expect(calls()).toEqual(["processing", "active"]);
  });

  test("that fails after its wait is told to the caller", async () => {
    world.slack.fault({ kind: "429", method: "agents.sessions.setStatus" });
    const shown = expect(working()).rejects.toMatchObject({ kind: "rateLimited" });
    await clock.advance(160);
    await shown;
  });

  test("is dropped by a stop", async () => {
    const shown = working();
    await world.adapter.stop();
    await shown;
    await clock.advance(1_000);
    expect(calls()).toEqual([]);
  });
});

describe("posting", () => {
  test("a rate limit of one channel holds back that channel only", async () => {
    world.failNextPost("rateLimited");
    const post = (id: string) => world.adapter.post(thread, textReply("hello", "answer"), id, signal);
    await expect(post("d1")).rejects.toMatchObject({ kind: "rateLimited" });
    const later = post("d2");
    await world.direct("hi");
    const dm = await until(() => world.received.find((event) => event.thread.thread === "dm"));
    await world.adapter.post(dm.thread, textReply("hi", "answer"), "d3", signal);
    expect(world.seen(thread)).toHaveLength(0);
    await clock.advance(2_000);
    await later;
    expect(world.seen(thread)).toHaveLength(1);
  });

  test("a post is found behind hundreds of others, and not where somebody else wrote the same id", async () => {
    for (let i = 0; i < 230; i++) await world.slack.say({ channel: "C1", user: "UBEN", text: `word ${i}`, threadTs: thread.thread });
    await world.adapter.post(thread, textReply("here", "answer"), "d9", signal);
    const messages = world.slack.workspace.messages.get("C1") ?? [];
    expect(await world.adapter.find?.(thread, "d9", signal)).toMatchObject({ message: messages.at(-1)?.ts });
    world.slack.workspace.messages.set(
      "C1",
      messages.map((message) => ({ ...message, user: "UBEN" })),
    );
    expect(await world.adapter.find?.(thread, "d9", signal)).toBeUndefined();
  });

  test("an answer that the Markdown block cannot hold is shown as text", async () => {
    world.slack.fault({ kind: "error", error: "msg_blocks_too_long", method: "chat.postMessage" });
    await world.adapter.post(thread, textReply("**hello** <@UBEN>", "answer"), "d1", signal);
    expect(world.slack.thread("C1", thread.thread).replies).toMatchObject([
      { text: expect.stringContaining("*hello*"), calls: [], deliveryId: "d1" },
    ]);
  });

  test("a question whose blocks Slack refuses is shown with its choices as words", async () => {
    const choices = [
      { id: "0", label: "Yes" },
      { id: "1", label: "No <!channel>" },
    ];
    for (const method of ["chat.postMessage", "chat.update"]) world.slack.fault({ kind: "error", error: "invalid_blocks", method });
    const posted = await world.adapter.post(thread, { ...textReply("Go on?", "question"), choices }, "d1", signal);
    const shown = { text: expect.stringMatching(/Go on\?\n[\s\S]*Yes\n[\s\S]*No/), calls: [], buttons: [] };
    expect(world.slack.thread("C1", thread.thread).replies).toMatchObject([shown]);
    await world.adapter.edit(posted, { ...textReply("Go on?", "question"), choices }, "d1", signal);
    expect(world.slack.thread("C1", thread.thread).replies).toMatchObject([shown]);
  });

  test("a page in place of an answer leaves the outcome open", async () => {
    world.slack.fault({ kind: "500", method: "chat.postMessage" });
    const post = world.adapter.post(thread, textReply("hello", "answer"), "d1", signal);
    await expect(post).rejects.toMatchObject({ kind: "ambiguous" });
  });
});

describe("starting", () => {
  const create = (config: Readonly<Record<string, unknown>>) =>
    createSlackAdapter({
      config: slackSchema.parse({ ...world.slack.config, ...config }),
      fetch,
      openSocket: async () => {
        throw new Error("no sockets here");
      },
      fail: () => undefined,
      clock: systemClock,
      log: silentLog,
      openStore: memoryStore,
      alone: false,
    });

  test("with a token that Slack does not accept ends with an error that names the key", async () => {
    const adapter = create({ botToken: "xoxb-wrong" });
    await expect(adapter.start(async () => ({ kind: "accepted" }), emptyDirectory, signal)).rejects.toThrow(ConfigError);
    await expect(adapter.start(async () => ({ kind: "accepted" }), emptyDirectory, signal)).rejects.toThrow("slack.botToken");
    await adapter.stop();
  });

  test("while Slack cannot be reached ends with an error that allows another try", async () => {
    const adapter = create({ apiUrl: "http://127.0.0.1:9/api/" });
    await expect(adapter.start(async () => ({ kind: "accepted" }), emptyDirectory, signal)).rejects.toMatchObject({ kind: "unavailable" });
    await adapter.stop();
  });

  test("is needed before anything can be sent", async () => {
    const adapter = create({});
    await expect(adapter.post(thread, textReply("hello", "answer"), "d1", signal)).rejects.toMatchObject({ kind: "unavailable" });
    await adapter.stop();
  });
});
