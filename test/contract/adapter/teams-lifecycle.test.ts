import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { textReply } from "../../../src/model/reply.ts";
import { until } from "../../support/until.ts";
import { createTeamsWorld, type TeamsWorld } from "./teams-world.ts";

let world: TeamsWorld;
beforeEach(async () => {
  world = await createTeamsWorld();
});
afterEach(async () => {
  await world.stop();
  expect(world.teams.violations).toEqual([]);
});

const help = "19:help@thread.tacv2";
const group = "19:group@thread.v2";
const signal = new AbortController().signal;
const bots = (messages: readonly { readonly bot: boolean; readonly text: string }[]) =>
  messages.flatMap(({ bot, text }) => (bot ? [text] : []));
const post = (index: number, text: string, id = "d1") => {
  const event = world.received[index];
  if (!event) throw new Error("nothing was received");
  return world.adapter.post(event.thread, textReply(text, "answer"), id, signal);
};

describe("the places of a conversation", () => {
  test("a channel thread, a group chat and a personal chat are told apart", async () => {
    await world.mention("one");
    await (await world.teams.say({ chat: group, user: "ben", text: "two", mention: true })).delivered;
    await world.direct("three");
    const { id: workspace } = world.teams.tenant;
    expect(world.received.map(({ thread: { address: _, ...thread } }) => thread)).toEqual([
      { platform: "teams", workspace, channel: help, thread: expect.stringMatching(/^\d+$/) },
      { platform: "teams", workspace, channel: group, thread: "chat", endless: true },
      { platform: "teams", workspace, channel: world.teams.personal("ann"), thread: "chat", endless: true },
    ]);
    for (const index of [0, 1, 2]) await post(index, `answer ${index}`, `d${index}`);
    expect(bots(world.teams.thread(help, world.received[0]?.thread.thread ?? "").replies)).toEqual(["answer 0"]);
    expect(bots(world.teams.chat(group).messages)).toEqual(["answer 1"]);
    expect(bots(world.teams.chat(world.teams.personal("ann")).messages)).toEqual(["answer 2"]);
  });

  test("the words of the manifest come as what people said", async () => {
    await world.direct("stop");
    await (await world.teams.say({ chat: group, user: "ben", text: "new", mention: true })).delivered;
    expect(world.received).toMatchObject([{ text: "stop" }, { text: "new" }]);
  });

  test("an answer goes to the newest service url, also from another process", async () => {
    await world.direct("hello");
    const thread = (await until(() => world.received[0])).thread;
    const moved = { ...thread, address: { ...Object(thread.address), serviceUrl: world.teams.serviceUrl.replace("/amer/", "/emea/") } };
    const another = await world.restart();
    await another.post(moved, textReply("Hello", "answer"), "d1", signal).finally(() => another.stop());
    expect(bots(world.teams.chat(thread.channel).messages)).toEqual(["Hello"]);
  });
});

describe("what people do to their messages", () => {
  test("an edit and a deletion name the message", async () => {
    const { id } = await world.teams.say({ user: "ann", text: "one" });
    await (await world.teams.edit({ user: "ann", id, text: "two" })).delivered;
    await (await world.teams.remove({ user: "ann", id })).delivered;
    await (await world.teams.restore({ user: "ann", id })).delivered;
    const [said, edited, deleted, ...more] = world.received;
    expect(edited).toMatchObject({ kind: "edited", text: "two", message: said?.id });
    expect(deleted).toMatchObject({ kind: "deleted", message: said?.id });
    expect(more).toEqual([]);
  });

  test("an edit that comes twice is one", async () => {
    const { id } = await world.teams.say({ user: "ann", text: "one" });
    world.teams.disturb({ duplicates: 1 });
    await (await world.teams.edit({ user: "ann", id, text: "two" })).delivered;
    expect(new Set(world.received.filter(({ kind }) => kind === "edited").map((event) => event.id)).size).toBe(1);
  });

  test("thumbs under an answer name its delivery, and are answered with nothing", async () => {
    await world.direct("hello");
    const { message } = await post(0, "Hello", "d7");
    const { answer } = await world.teams.clickFeedback({ user: "ann", id: message, reaction: "dislike", words: "no" });
    expect(answer).toMatchObject({ status: 200, body: "" });
    expect(world.received.at(-1)).toMatchObject({ kind: "feedback", delivery: "d7", value: "down", author: world.received[0]?.author });
  });

  test("thumbs are known in another process, and under an edited answer", async () => {
    await world.mention("hello");
    const posted = await post(0, "Hello", "d7");
    const another = await world.restart();
    await another.edit(posted, textReply("Hello!", "answer"), "d8", signal).finally(() => another.stop());
    await world.teams.clickFeedback({ channel: help, user: "ben", id: posted.message, reaction: "like" });
    expect(world.received.at(-1)).toMatchObject({ kind: "feedback", delivery: "d8", value: "up" });
  });

  test("thumbs that cannot be committed are not answered as if they were", async () => {
    await world.direct("hello");
    const { message } = await post(0, "Hello");
    world.onReceive(async () => {
      throw new Error("the store is down");
    });
    expect((await world.teams.clickFeedback({ user: "ann", id: message, reaction: "like" })).answer).toMatchObject({ status: 503 });
  });
});

describe("coming and going", () => {
  const welcome = expect.stringContaining("Say `help`");

  test("a person is greeted once, however often the bot is added", async () => {
    world.teams.addPerson({ id: "cem" });
    const chat = world.teams.personal("cem");
    for (let round = 0; round < 2; round++) {
      await (await world.teams.uninstall({ user: "cem" })).delivered;
      await (await world.teams.install({ user: "cem" })).delivered;
      await until(() => bots(world.teams.chat(chat).messages).length > 0);
    }
    await world.adapter.stop();
    expect(bots(world.teams.chat(chat).messages)).toEqual([welcome]);
    expect(world.received).toEqual([]);
  });

  test("a group chat is greeted, a team is not disturbed", async () => {
    const added = world.teams.addGroup({ id: "19:new@thread.v2", installed: false });
    await (await world.teams.install({ chat: added.id, user: "ann" })).delivered;
    await until(() => bots(world.teams.chat(added.id).messages).length > 0);
    world.teams.addTeam({ id: "19:other@thread.tacv2", installed: false });
    await (await world.teams.install({ channel: "19:other@thread.tacv2", user: "ann" })).delivered;
    await world.adapter.stop();
    expect(world.countAll()).toBe(1);
  });

  test("where the bot was taken away nothing is tried, until it is back", async () => {
    await world.direct("hello");
    await (await world.teams.uninstall({ user: "ann" })).delivered;
    const calls = world.teams.calls().length;
    await expect(post(0, "Hello")).rejects.toMatchObject({ kind: "threadGone" });
    expect(world.teams.calls()).toHaveLength(calls);
    await (await world.teams.install({ user: "ann" })).delivered;
    await post(0, "Hello again");
    expect(bots(world.teams.chat(world.teams.personal("ann")).messages)).toContain("Hello again");
  });

  test("a removal that nobody told of is found out by the first call, and forgotten with the next message", async () => {
    await world.mention("hello");
    world.teams.fault({ kind: "error", status: 403, code: "BotNotInConversationRoster", operation: "post" });
    await expect(post(0, "Hello")).rejects.toMatchObject({ kind: "threadGone" });
    await expect(post(0, "Hello")).rejects.toMatchObject({ kind: "threadGone" });
    expect(world.teams.calls("post")).toHaveLength(1);
    await world.mention("are you there?");
    await until(async () => post(0, "Hello").catch(() => undefined));
    expect(world.countAll()).toBe(1);
  });
});
