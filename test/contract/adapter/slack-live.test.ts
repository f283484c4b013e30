import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { LivePost } from "../../../src/model/adapter.ts";
import { textReply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { until } from "../../support/until.ts";
import { createManualClock, type ManualClock } from "../../unit/slack/manual-clock.ts";
import { createSlackWorld, type SlackWorld } from "./slack-world.ts";

let world: SlackWorld;
let clock: ManualClock;
let thread: ThreadRef;
let live: LivePost;
const signal = new AbortController().signal;
const asker = { id: "UANN", workspace: "T1" };

beforeEach(async () => {
  clock = createManualClock(Date.now());
  world = await createSlackWorld({ clock });
  await world.mention("tell me a story");
  thread = (await until(() => world.received[0])).thread;
  live = (await world.adapter.live?.(thread, asker, signal)) ?? fail();
});
afterEach(() => world.stop());

const fail = (): never => {
  throw new Error("this adapter can show live text");
};
const seen = () => world.slack.thread("C1", thread.thread).replies.filter(({ user }) => user === "UBOT");
const calls = (method: string) => world.slack.calls(method).length;
/** Lets the shown text come, at the pace of the adapter's clock. */
const shows = (text: string) =>
  until(
    async () => {
      await clock.advance(500);
      return seen()[0]?.text === text;
    },
    5_000,
    `the thread shows ${text.slice(0, 40)}`,
  );
const end = (text: string) => world.adapter.edit(live.posted, textReply(text, "answer"), "d1", signal);

describe("text that is shown while it is made", () => {
  test("begins empty, is appended to, and ends as the whole reply in the same message", async () => {
    expect(seen()).toMatchObject([{ ts: live.posted.message, text: "", streaming: true }]);
    live.show("Once");
    await shows("Once");
    live.show("Once upon a");
    await shows("Once upon a");
    await end("Once upon a time");
    expect(seen()).toMatchObject([{ text: "Once upon a time", streaming: false, deliveryId: "d1" }]);
    expect(calls("chat.update")).toBe(0);
  });

  test("is found where nobody heard that it was begun, until it holds anything, and not where it was begun before", async () => {
    const find = (since: number) => world.adapter.findLive?.(thread, asker, since, signal);
    const [begun] = seen();
    const at = Number(begun?.ts) * 1_000;
    expect(await find(at)).toEqual(live.posted);
    expect(await find(at + 60_000)).toBeUndefined();
    await end("Once upon a time");
    expect(await find(at)).toBeUndefined();
  });

  test("is appended to once a second at most", async () => {
    live.show("a");
    await shows("a");
    const before = calls("chat.appendStream");
    for (const text of ["ab", "abc", "abcd"]) live.show(text);
    await clock.advance(400);
    expect(calls("chat.appendStream")).toBe(before);
    await shows("abcd");
    expect(calls("chat.appendStream")).toBe(before + 1);
  });

  test("that takes another turn is written anew in the same message", async () => {
    live.show("I think it is A");
    await shows("I think it is A");
    live.show("It is B");
    await shows("It is B");
    await end("It is B indeed");
    expect(seen()).toMatchObject([{ ts: live.posted.message, text: "It is B indeed", streaming: false }]);
  });

  test("goes on as edits before Slack ends the stream", async () => {
    live.show("slow");
    await shows("slow");
    await clock.advance(270_000);
    await until(() => !seen()[0]?.streaming);
    live.show("slow and steady");
    await shows("slow and steady");
    expect(calls("chat.update")).toBeGreaterThan(0);
    await end("slow and steady wins");
    expect(seen()).toMatchObject([{ text: "slow and steady wins" }]);
  });

  test("survives a stream that Slack ended early", async () => {
    live.show("one");
    await shows("one");
    world.slack.expireStreams();
    live.show("one two");
    await shows("one two");
    await end("one two three");
    expect(seen()).toMatchObject([{ text: "one two three" }]);
  });

  test("survives a stream that ends just before the reply", async () => {
    live.show("one");
    await shows("one");
    world.slack.expireStreams();
    await end("one two");
    expect(seen()).toMatchObject([{ text: "one two", streaming: false, deliveryId: "d1" }]);
  });

  test("is not doubled by an append whose answer was lost", async () => {
    world.slack.fault({ kind: "dropAfter", method: "chat.appendStream" });
    live.show("one ");
    await until(() => calls("chat.appendStream") > 0);
    live.show("one two");
    await shows("one two");
    await end("one two three");
    expect(seen()).toMatchObject([{ text: "one two three", streaming: false }]);
  });

  test("waits as long as a rate limit says", async () => {
    world.slack.fault({ kind: "429", retryAfter: 20, method: "chat.appendStream" });
    live.show("one");
    await until(() => calls("chat.appendStream") === 1);
    await clock.advance(15_000);
    expect(calls("chat.appendStream")).toBe(1);
    await shows("one");
  });

  test("ends with the whole reply when nothing of it could be shown", async () => {
    world.slack.fault({ kind: "error", error: "not_authed", method: "chat.appendStream", times: 9 });
    live.show("one");
    await until(() => calls("chat.appendStream") > 0);
    await end("one two");
    expect(seen()).toMatchObject([{ text: "one two", streaming: false }]);
  });

  test("stops growing where a message is full, and the reply brings the first part whole", async () => {
    const paragraphs = Array.from({ length: 300 }, (_, index) => `Paragraph ${index} ${"word ".repeat(10)}`.trim()).join("\n\n");
    live.show(paragraphs.slice(0, 10_900));
    await until(async () => {
      await clock.advance(500);
      return (seen()[0]?.text.length ?? 0) > 10_000;
    });
    live.show(paragraphs);
    await clock.advance(10_000);
    const [first, ...rest] = world.adapter.split(textReply(paragraphs, "answer"));
    await world.adapter.edit(live.posted, first ?? fail(), "d1", signal);
    for (const [index, piece] of rest.entries()) await world.adapter.post(thread, piece, `d${index + 2}`, signal);
    expect(
      seen()
        .map(({ text }) => text)
        .join("")
        .replace(/\s/g, ""),
    ).toBe(paragraphs.replace(/\s/g, ""));
  });

  test("calls nobody, also where a call is cut by the stream", async () => {
    for (const text of ["<!ch", "<!channel", "<!channel> <@", "<!channel> <@UBEN> @her", "<!channel> <@UBEN> @here now"]) {
      live.show(text);
      await clock.advance(1_500);
    }
    await end("<!channel> <@UBEN> @here now");
    expect(seen().flatMap(({ calls }) => calls)).toEqual([]);
  });

  test("shows nothing more once it is closed, and leaves the message as it is", async () => {
    live.show("one");
    await shows("one");
    await live.close();
    live.show("one two");
    await clock.advance(10_000);
    expect(seen()).toMatchObject([{ text: "one" }]);
  });

  test.each(["invalid_blocks", "msg_blocks_too_long"])("ends as text alone where Slack refuses the blocks (%s)", async (error) => {
    live.show("one");
    await shows("one");
    for (const method of ["chat.stopStream", "chat.update"]) world.slack.fault({ kind: "error", error, method });
    await end("one **two**");
    expect(seen()).toMatchObject([{ text: expect.stringContaining("*two*"), streaming: false, deliveryId: "d1" }]);
  });

  test("that another process left behind is ended by the reply", async () => {
    live.show("half a sen");
    await shows("half a sen");
    await world.adapter.stop();
    const again = await world.restart();
    await again.edit(live.posted, textReply("half a sentence", "answer"), "d1", signal);
    await again.stop();
    expect(seen()).toMatchObject([{ text: "half a sentence", streaming: false, deliveryId: "d1" }]);
  });

  test("that was deleted meanwhile is posted anew", async () => {
    live.show("one");
    await shows("one");
    const messages = world.slack.workspace.messages.get("C1") ?? [];
    world.slack.workspace.messages.set(
      "C1",
      messages.filter(({ ts }) => ts !== live.posted.message),
    );
    await expect(end("one two")).rejects.toMatchObject({ kind: "replacedGone" });
  });
});

test("a direct message needs no recipient for a stream", async () => {
  await world.direct("hello");
  const { thread: dm } = await until(() => world.received.find((event) => event.kind === "message" && event.trigger === "direct"));
  await world.adapter.live?.(dm, asker, signal);
  expect(world.slack.calls("chat.startStream").at(-1)?.args).not.toHaveProperty("recipient_user_id");
});
