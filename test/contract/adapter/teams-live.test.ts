import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { LivePost } from "../../../src/model/adapter.ts";
import { textReply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { until } from "../../support/until.ts";
import { createManualClock, type ManualClock } from "../../unit/slack/manual-clock.ts";
import { createTeamsWorld, passing, type TeamsWorld } from "./teams-world.ts";

let world: TeamsWorld;
let clock: ManualClock;
let thread: ThreadRef;
let live: LivePost;
const signal = new AbortController().signal;

const begin = async (where: "personal" | "channel") => {
  clock = createManualClock(Date.now());
  world = await createTeamsWorld({ clock });
  await (where === "personal" ? world.direct("tell me a story") : world.mention("tell me a story"));
  thread = (await until(() => world.received[0])).thread;
};
const open = async () => {
  const { author } = await until(() => world.received[0]);
  live = (await passing(clock, world.adapter.live?.(thread, author, signal) ?? Promise.reject(new Error("no live text")))) ?? live;
};
afterEach(async () => {
  await world.stop();
  expect(world.teams.violations).toEqual([]);
});

const messages = () =>
  (thread.endless ? world.teams.chat(thread.channel) : world.teams.thread(thread.channel, thread.thread)).messages.filter(({ bot }) => bot);
const calls = (operation: "post" | "edit") => world.teams.calls(operation).length;
/** Lets the shown text come, at the pace of the adapter's clock. */
const shows = (text: string) =>
  until(
    async () => {
      await clock.advance(500);
      return messages()[0]?.text === text;
    },
    5_000,
    `the thread shows ${text.slice(0, 40)}`,
  );
const passes = (ms: number) => world.passes(clock, ms);
const end = (text: string, adapter = world.adapter) => passing(clock, adapter.edit(live.posted, textReply(text, "answer"), "d1", signal));

describe("text that is shown while it is made, in a personal chat,", () => {
  beforeEach(async () => {
    await begin("personal");
    await open();
  });

  test("is a stream: it begins with a word, grows, and ends as the whole reply", async () => {
    expect(messages()).toMatchObject([{ id: live.posted.message, text: "Writing…", streaming: true }]);
    live.show("Once");
    await shows("Once");
    live.show("Once upon a");
    await shows("Once upon a");
    await end("Once upon a time");
    expect(messages()).toMatchObject([{ id: live.posted.message, text: "Once upon a time", stream: "final", aiLabel: true }]);
    expect(calls("edit")).toBe(0);
  });

  test("comes once a second at most, with all that came meanwhile", async () => {
    live.show("a");
    await shows("a");
    const before = calls("post");
    for (const text of ["ab", "abc", "abcd"]) live.show(text);
    await clock.advance(400);
    expect(calls("post")).toBe(before);
    await shows("abcd");
    expect(calls("post")).toBe(before + 1);
  });

  test("that takes another turn is not shown before its end", async () => {
    live.show("I think it is A");
    await shows("I think it is A");
    live.show("It is B");
    await passes(5_000);
    expect(messages()).toMatchObject([{ text: "I think it is A" }]);
    await end("It is B indeed");
    expect(messages()).toMatchObject([{ text: "It is B indeed", stream: "final" }]);
  });

  test("goes on as edits before Teams ends the stream", async () => {
    live.show("slow");
    await shows("slow");
    await passes(106_000);
    expect(messages()).toMatchObject([{ text: "slow", stream: "final" }]);
    live.show("slow and steady");
    await shows("slow and steady");
    expect(calls("edit")).toBeGreaterThan(0);
    await end("slow and steady wins");
    expect(messages()).toMatchObject([{ text: "slow and steady wins", aiLabel: true }]);
  });

  test("survives a stream that Teams ended early", async () => {
    live.show("one");
    await shows("one");
    world.teams.expireStreams();
    live.show("one two");
    await passes(10_000);
    await end("one two three");
    expect(messages()).toMatchObject([{ text: "one two three", aiLabel: true }]);
  });

  test("is stopped by the person who presses Stop", async () => {
    live.show("one");
    await shows("one");
    world.teams.pressStop({ user: "ann" });
    live.show("one two");
    await passes(5_000);
    const [asked] = world.received;
    expect(await until(() => world.received.find(({ kind }) => kind === "stop"))).toMatchObject({
      author: asked?.author,
      thread: { channel: thread.channel },
    });
    await passing(clock, world.adapter.edit(live.posted, textReply("Stopped.", "notice"), "d1", signal));
    expect(messages()).toMatchObject([{ text: "Stopped." }]);
  });

  test.each(["429", "500", "dropAfter"] as const)("survives a chunk that ends with %s", async (kind) => {
    world.teams.fault({ kind, operation: "post" });
    live.show("one ");
    await passes(6_000);
    live.show("one two");
    await passes(6_000);
    await end("one two three");
    expect(messages()).toMatchObject([{ text: "one two three", stream: "final" }]);
  });

  test("whose end got lost on the way is ended once", async () => {
    live.show("one");
    await shows("one");
    await passes(2_000);
    world.teams.fault({ kind: "dropAfter", operation: "post" });
    await expect(end("one two")).rejects.toMatchObject({ kind: "ambiguous" });
    await passes(2_000);
    await end("one two");
    expect(messages()).toMatchObject([{ text: "one two", stream: "final" }]);
  });

  test("shows nothing more once it is closed, and leaves the message as it is", async () => {
    live.show("one");
    await shows("one");
    await live.close();
    live.show("one two");
    await passes(10_000);
    expect(messages()).toMatchObject([{ text: "one" }]);
  });

  test("that another process left behind is ended by the reply, also when its time is over", async () => {
    live.show("half a sen");
    await shows("half a sen");
    await world.adapter.stop();
    const again = await world.restart();
    await passes(2_000);
    await end("half a sentence", again);
    expect(messages()).toMatchObject([{ text: "half a sentence", stream: "final" }]);
    await end("half a sentence more", again);
    expect(messages()).toMatchObject([{ text: "half a sentence more" }]);
    await again.stop();
  });

  test("that was left behind for longer than a stream lives is replaced", async () => {
    live.show("half a sen");
    await shows("half a sen");
    await world.adapter.stop();
    await clock.advance(121_000);
    const again = await world.restart();
    await end("half a sentence", again);
    await again.stop();
    expect(messages()).toMatchObject([{ text: "half a sentence", aiLabel: true }]);
  });

  test("stops growing where a message is full, and the reply brings the first part whole", async () => {
    const paragraphs = Array.from({ length: 600 }, (_, index) => `Paragraph ${index} ${"word ".repeat(10)}`.trim()).join("\n\n");
    live.show(paragraphs.slice(0, 15_000));
    await passes(3_000);
    live.show(paragraphs);
    await passes(3_000);
    const [first, ...rest] = world.adapter.split(textReply(paragraphs, "answer"));
    if (first) await passing(clock, world.adapter.edit(live.posted, first, "d1", signal));
    for (const [index, piece] of rest.entries()) await passing(clock, world.adapter.post(thread, piece, `d${index + 2}`, signal));
    const all = messages().map(({ text }) => text);
    expect(all.join("").replace(/\s/g, "")).toBe(paragraphs.replace(/\s/g, ""));
  });
});

test("the stream of a sign is gone on with, words about the work first", async () => {
  await begin("personal");
  await world.adapter.sign(thread, { kind: "working", text: "reading" }, signal);
  await passes(3_000);
  await open();
  live.show("Once upon");
  await shows("Once upon");
  await end("Once upon a time");
  await passing(clock, world.adapter.sign(thread, { kind: "idle" }, signal));
  expect(messages()).toMatchObject([{ id: live.posted.message, text: "Once upon a time", stream: "final" }]);
});

describe("text that is shown while it is made, in a channel,", () => {
  beforeEach(() => begin("channel"));

  test("takes the place of the sign, by edits at a calm pace", async () => {
    await passing(clock, world.adapter.sign(thread, { kind: "working" }, signal));
    await open();
    live.show("# Once");
    await shows("**Once**");
    const before = calls("edit");
    for (const text of ["Once u", "Once up", "Once upon"]) live.show(text);
    await clock.advance(1_000);
    expect(calls("edit")).toBe(before);
    await shows("Once upon");
    await end("Once upon a time");
    await passing(clock, world.adapter.sign(thread, { kind: "idle" }, signal));
    expect(messages()).toMatchObject([{ id: live.posted.message, text: "Once upon a time", aiLabel: true }]);
    expect(calls("post")).toBe(1);
  });

  test("that was deleted meanwhile is posted anew", async () => {
    await open();
    live.show("one");
    await shows("one");
    world.teams.fault({ kind: "error", status: 404, code: "ActivityNotFoundInConversation", operation: "edit", times: 9 });
    await expect(end("one two")).rejects.toMatchObject({ kind: "replacedGone" });
  });

  test("and was deleted meanwhile does not stand for the sign of what comes next", async () => {
    await open();
    live.show("one");
    await shows("one");
    world.teams.fault({ kind: "error", status: 404, code: "ActivityNotFoundInConversation", operation: "edit", times: 1 });
    await live.close();
    await expect(end("one two")).rejects.toMatchObject({ kind: "replacedGone" });
    await passing(clock, world.adapter.post(thread, textReply("one two", "answer"), "d1", signal));
    await passes(30_000);
    await passing(clock, world.adapter.sign(thread, { kind: "working" }, signal));
    expect(messages().map(({ text }) => text)).toEqual(["one", "one two", "Working on it…"]);
  });

  test("calls nobody", async () => {
    await open();
    live.show(world.callsToPeople);
    await passes(3_000);
    await end(world.callsToPeople);
    expect(messages().flatMap(({ calls: called }) => called)).toEqual([]);
  });
});
