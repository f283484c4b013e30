import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Reply } from "../../../src/model/reply.ts";
import { textReply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { until } from "../../support/until.ts";
import { createManualClock, type ManualClock } from "../../unit/slack/manual-clock.ts";
import { createTeamsWorld, passing, type TeamsWorld } from "./teams-world.ts";

let world: TeamsWorld;
let clock: ManualClock;
const signal = new AbortController().signal;
const group = "19:group@thread.v2";

beforeEach(async () => {
  clock = createManualClock(Date.now());
  world = await createTeamsWorld({ clock });
});
afterEach(async () => {
  await world.stop();
  expect(world.teams.violations).toEqual([]);
});

const begin = async (where: "channel" | "group" | "personal"): Promise<ThreadRef> => {
  if (where === "channel") await world.mention("hello");
  else if (where === "personal") await world.direct("hello");
  else await (await world.teams.say({ chat: group, user: "ann", text: "hello", mention: true })).delivered;
  return (await until(() => world.received[0])).thread;
};
const seen = (thread: ThreadRef) => world.seen(thread).map(({ text }) => text);
const working = (thread: ThreadRef, text?: string) =>
  passing(clock, world.adapter.sign(thread, { kind: "working", ...(text && { text }) }, signal));
const idle = (thread: ThreadRef) => passing(clock, world.adapter.sign(thread, { kind: "idle" }, signal));
const post = (thread: ThreadRef, text: string, id = "d1", more: Partial<Reply> = {}) =>
  passing(clock, world.adapter.post(thread, { ...textReply(text, "answer"), ...more }, id, signal));
const passes = (ms: number) => world.passes(clock, ms);
const typings = (thread: ThreadRef) => world.teams.chat(thread.channel).typings;

describe("the sign in a channel", () => {
  test("is a message, which the answer of a quick turn fills", async () => {
    const thread = await begin("channel");
    await working(thread);
    await working(thread);
    expect(seen(thread)).toEqual(["Working on it…"]);
    const posted = await post(thread, "Hello");
    await idle(thread);
    expect(world.seen(thread)).toMatchObject([{ message: posted.message, text: "Hello" }]);
    expect(world.teams.calls("post")).toHaveLength(1);
  });

  test("gives way to a message of its own after ten seconds, so that people are notified", async () => {
    const thread = await begin("channel");
    await working(thread);
    await passes(10_500);
    await post(thread, "Hello");
    expect(seen(thread)).toEqual(["Working on it…", "Hello"]);
    await idle(thread);
    expect(seen(thread)).toEqual(["Hello"]);
  });

  test("is not filled by the bridge's own words in between, nor by what is to notify people, nor by what one person alone reads", async () => {
    const thread = await begin("channel");
    await working(thread);
    await post(thread, "Your message waits.", "d1", { tone: "notice" });
    await post(thread, "It took long.", "d2", { notify: true });
    await post(thread, "Between us", "d3", { private: world.received[0]?.author.id ?? "" });
    expect(seen(thread)).toEqual(["Working on it…", "Your message waits.", "It took long."]);
    expect(world.whispers()).toEqual(["Between us"]);
  });

  test("says what the agent does, and does not change restlessly", async () => {
    const thread = await begin("channel");
    await working(thread);
    await working(thread, "reading <at>Ann Archer</at>\nfiles");
    expect(seen(thread)).toEqual(["Working on it…"]);
    await passes(5_000);
    await working(thread);
    expect(seen(thread)).toEqual(["reading &lt;at>Ann Archer&lt;/at> files"]);
  });

  test("that says done where nothing can be deleted", async () => {
    const thread = await begin("channel");
    await working(thread);
    await post(thread, "It went wrong.", "d1", { tone: "notice" });
    world.teams.fault({ kind: "501", operation: "delete" });
    await idle(thread);
    expect(seen(thread)).toEqual(["_Done._", "It went wrong."]);
  });

  test("is the same in a group chat, where typing is seen, too", async () => {
    const thread = await begin("group");
    await working(thread);
    expect(typings(thread)).toBe(1);
    await post(thread, "Hello");
    expect(seen(thread)).toEqual(["Hello"]);
  });
});

describe("an answer that fills the sign", () => {
  test("is shown once, however often it is posted, and by whichever process", async () => {
    const thread = await begin("channel");
    await working(thread);
    const posted = await post(thread, "Hello");
    await passes(20_000);
    const another = await world.restart();
    const again = await passing(clock, another.post(thread, textReply("Hello", "answer"), "d1", signal));
    await another.stop();
    expect(again.message).toBe(posted.message);
    expect(seen(thread)).toEqual(["Hello"]);
  });

  test("is not lost when its answer got lost on the way", async () => {
    const thread = await begin("channel");
    await working(thread);
    world.teams.fault({ kind: "dropAfter", operation: "edit" });
    await expect(post(thread, "Hello")).rejects.toMatchObject({ kind: "ambiguous" });
    await post(thread, "Hello");
    expect(seen(thread)).toEqual(["Hello"]);
  });

  test("is posted anew where the sign is gone", async () => {
    const thread = await begin("channel");
    await working(thread);
    world.teams.fault({ kind: "error", status: 404, code: "ActivityNotFoundInConversation", operation: "edit" });
    await post(thread, "Hello");
    expect(seen(thread)).toEqual(["Working on it…", "Hello"]);
  });

  test("fills the sign that a process left behind when it was killed", async () => {
    const thread = await begin("channel");
    await working(thread);
    const another = await world.restart();
    await passing(clock, another.post(thread, textReply("Hello", "answer"), "d1", signal));
    await another.stop();
    expect(seen(thread)).toEqual(["Hello"]);
  });
});

describe("a sign that a killed process left behind", () => {
  test("stays above what was posted since, and is not filled by a later answer: the next sign stands below", async () => {
    const thread = await begin("channel");
    await working(thread);
    await post(thread, "One", "d1", { notify: true });
    const another = await world.restart();
    await passing(clock, another.post(thread, textReply("Two", "answer"), "d2", signal));
    expect(seen(thread)).toEqual(["Working on it…", "One", "Two"]);
    await passing(clock, another.sign(thread, { kind: "working" }, signal));
    expect(seen(thread)).toEqual(["One", "Two", "Working on it…"]);
    await passing(clock, another.post(thread, textReply("Three", "answer"), "d3", signal));
    await another.stop();
    expect(seen(thread)).toEqual(["One", "Two", "Three"]);
  });

  test("is taken over by the answer that is written next", async () => {
    const thread = await begin("channel");
    await working(thread);
    const another = await world.restart();
    const live = await passing(clock, another.live?.(thread, { id: "ann", workspace: "t" }, signal) ?? fail());
    await passing(clock, another.edit(live.posted, textReply("One", "answer"), "d1", signal));
    await another.stop();
    expect(seen(thread)).toEqual(["One"]);
  });

  test("is gone from a personal chat before the answer grows there: it is not refused for a stream that is still open", async () => {
    const thread = await begin("personal");
    await working(thread);
    await passes(3_000);
    const another = await world.restart();
    const live = await passing(clock, another.live?.(thread, { id: "ann", workspace: "t" }, signal) ?? fail());
    live.show("One");
    await passes(4_000);
    expect(world.teams.chat(thread.channel).messages.filter(({ bot }) => bot)).toMatchObject([{ text: "One", streaming: true }]);
    await passing(clock, another.edit(live.posted, textReply("One.", "answer"), "d1", signal));
    await another.stop();
    expect(seen(thread)).toEqual(["One."]);
  });

  test("with an answer that was being written, it is no reason for a second stream", async () => {
    const thread = await begin("personal");
    const live = await passing(clock, world.adapter.live?.(thread, { id: "ann", workspace: "t" }, signal) ?? fail());
    live.show("On");
    await passes(2_000);
    await live.close();
    const another = await world.restart();
    await passing(clock, another.sign(thread, { kind: "working" }, signal));
    await passes(5_000);
    await passing(clock, another.edit(live.posted, textReply("One.", "answer"), "d1", signal));
    await another.stop();
    expect(seen(thread)).toEqual(["One."]);
  });
});

describe("the sign in a personal chat", () => {
  const shown = (thread: ThreadRef) => world.teams.chat(thread.channel).messages.filter(({ bot }) => bot);

  test("is typing for a moment, and nothing is left of it", async () => {
    const thread = await begin("personal");
    await working(thread);
    await until(() => typings(thread) === 1);
    await post(thread, "Hello");
    await idle(thread);
    await passes(20_000);
    expect(seen(thread)).toEqual(["Hello"]);
    expect(typings(thread)).toBe(1);
  });

  test("is a stream with words about the work, which the answer ends", async () => {
    const thread = await begin("personal");
    await working(thread);
    await passes(3_000);
    expect(shown(thread)).toMatchObject([{ text: "Working on it…", streaming: true }]);
    await working(thread, "reading files");
    await passes(8_000);
    expect(shown(thread)).toMatchObject([{ text: "reading files", streaming: true }]);
    const posted = await post(thread, "Hello");
    await idle(thread);
    expect(shown(thread)).toMatchObject([{ id: posted.message, text: "Hello", stream: "final", aiLabel: true }]);
  });

  test("whose answer got lost on the way is ended once", async () => {
    const thread = await begin("personal");
    await working(thread);
    await passes(3_000);
    await clock.advance(2_000);
    world.teams.fault({ kind: "dropAfter", operation: "post" });
    await expect(post(thread, "Hello")).rejects.toMatchObject({ kind: "ambiguous" });
    await passes(5_000);
    await post(thread, "Hello");
    expect(shown(thread)).toMatchObject([{ text: "Hello", stream: "final" }]);
  });

  test("that Teams has ended early is followed by a message of its own", async () => {
    const thread = await begin("personal");
    await working(thread);
    await passes(3_000);
    world.teams.expireStreams();
    await post(thread, "Hello");
    expect(seen(thread)).toEqual(["Working on it…", "Hello"]);
  });

  test("becomes a message before Teams ends the stream, and a new message brings the answer", async () => {
    const thread = await begin("personal");
    for (let minute = 0; minute < 2; minute++) {
      await working(thread);
      await passes(60_000);
    }
    expect(shown(thread)).toMatchObject([{ text: "Working on it…", stream: "final" }]);
    await post(thread, "Hello");
    await idle(thread);
    expect(seen(thread)).toEqual(["Hello"]);
  });

  test("ends by itself where nobody wants it any more", async () => {
    const thread = await begin("personal");
    await working(thread);
    await passes(200_000);
    expect(shown(thread)).toMatchObject([{ text: "Working on it…", stream: "final" }]);
    const calls = world.teams.calls().length;
    await passes(60_000);
    expect(world.teams.calls()).toHaveLength(calls);
  });

  test("is typing only where Teams takes no streams", async () => {
    const thread = await begin("personal");
    const message = "Content stream is not allowed";
    await working(thread);
    await until(() => typings(thread) === 1);
    world.teams.fault({ kind: "error", status: 403, code: "ContentStreamNotAllowed", message, operation: "post" });
    await passes(15_000);
    expect(shown(thread)).toEqual([]);
    expect(typings(thread)).toBeGreaterThan(2);
    await post(thread, "Hello");
    expect(seen(thread)).toEqual(["Hello"]);
  });

  test("on which the person presses Stop stops the work", async () => {
    const thread = await begin("personal");
    await working(thread);
    await passes(3_000);
    world.teams.pressStop({ user: "ann" });
    await passes(12_000);
    expect(await until(() => world.received.find(({ kind }) => kind === "stop"))).toMatchObject({
      thread: { channel: thread.channel, thread: "chat" },
      author: world.received[0]?.author,
    });
    await post(thread, "Stopped.", "d1", { tone: "notice" });
    expect(seen(thread)).toContain("Stopped.");
  });
});

describe("pace", () => {
  test("a burst keeps to what Teams takes, and 429 of one conversation holds back no other", async () => {
    const limited = await createTeamsWorld({ simulator: { rateLimits: "bare" } });
    try {
      await limited.mention("hello");
      const thread = (await until(() => limited.received[0])).thread;
      const posts = Promise.allSettled(
        Array.from({ length: 12 }, (_, index) => limited.adapter.post(thread, textReply(`${index}`, "answer"), `d${index}`, signal)),
      );
      expect((await posts).filter(({ status }) => status === "rejected")).toEqual([]);
      limited.teams.fault({ kind: "429", retryAfter: 1, conversation: thread.channel });
      await expect(limited.adapter.post(thread, textReply("x", "answer"), "x", signal)).rejects.toMatchObject({ kind: "rateLimited" });
      const later = limited.adapter.post(thread, textReply("later", "answer"), "y", signal);
      await limited.direct("hello");
      const chat = await until(() => limited.received.find(({ thread: { thread: place } }) => place === "chat"));
      await limited.adapter.post(chat.thread, textReply("now", "answer"), "z", signal);
      expect(limited.seen(thread)).toHaveLength(12);
      await later;
      expect(limited.seen(thread)).toHaveLength(13);
    } finally {
      await limited.stop();
    }
  });

  test.each([
    ["412", "unavailable"],
    ["500", "ambiguous"],
    ["502", "ambiguous"],
    ["503", "ambiguous"],
    ["504", "ambiguous"],
    ["dropBefore", "ambiguous"],
  ] as const)("a post that ends with %s is %s, and is made once", async (kind, expected) => {
    const thread = await begin("channel");
    world.teams.fault({ kind, operation: "post", times: 9 });
    await expect(post(thread, "Hello")).rejects.toMatchObject({ kind: expected });
    expect(world.teams.calls("post")).toHaveLength(1);
  });
});

test.each(["429", "503", "dropBefore"] as const)("a sign whose removal ends with %s is taken away a little later", async (kind) => {
  const thread = await begin("channel");
  await working(thread);
  await post(thread, "It went wrong.", "d1", { tone: "notice" });
  world.teams.fault({ kind, operation: "delete" });
  await idle(thread);
  expect(seen(thread)).toEqual(["It went wrong."]);
});

const fail = (): never => {
  throw new Error("this should have worked");
};
