import { describe, expect, test } from "@jest/globals";
import { fromDeletion, fromEdit, fromMessage } from "../../../adapters/discord/inbound.ts";
import { type Place, toPlace } from "../../../adapters/discord/place.ts";
import { toTime } from "../../../adapters/discord/snowflake.ts";
import { deleted, message } from "./fixture.ts";

const guild = "613425648685547541";
const channel = "613425648685547545";
const root = "1441012345678901248";
const ann = "80351110224678912";
const reading = {
  bot: "987654321098765432",
  names: { role: (id: string) => (id === "613425648685540001" ? "Agents" : undefined), channel: () => "print-room" },
};
const inChannel: Place = { kind: "channel", guild, channel };
const inThread: Place = { kind: "thread", guild, channel, thread: root };
const read = (whatHappened: string, place: Place = inChannel) => fromMessage(message(whatHappened), place, reading);

describe("what is meant for the bot", () => {
  test("a mention in a channel begins the thread of that message", () => {
    expect(read("mentioned")).toEqual({
      kind: "message",
      id: `discord:${root}`,
      thread: {
        platform: "discord",
        workspace: guild,
        channel,
        thread: root,
        address: { guild, channel, thread: root, root: true, message: root },
      },
      author: { id: ann, workspace: guild },
      at: toTime(root),
      text: "the printer of @Ben Baker on #print-room burns :fire_x:",
      attachments: [],
      trigger: "mention",
    });
  });

  test("what is said in a thread is a follow-up of the same thread, and an open question to somebody else is none", () => {
    const followUp = read("replied-in-thread", inThread);
    expect(followUp).toMatchObject({ trigger: "followUp", text: "and now it smokes", thread: { workspace: guild, channel, thread: root } });
    expect(followUp?.thread.address).not.toHaveProperty("root");
    expect(read("replied-to-somebody-else", inThread)).toBeUndefined();
  });

  test("a reply that notifies the bot counts as a mention", () => {
    expect(read("reply-pings-bot")).toMatchObject({ trigger: "mention", text: "yes please" });
  });

  test("direct messages are one chat without an end", () => {
    expect(read("direct-message", { kind: "direct", channel: "1441000000000000001" })).toMatchObject({
      trigger: "direct",
      thread: { workspace: "dm", channel: "1441000000000000001", thread: "chat", endless: true },
      author: { id: ann, workspace: "dm" },
    });
  });

  test("a forwarded message comes as a quote, with its files", () => {
    expect(read("forwarded", { kind: "direct", channel: "1441000000000000001" })).toMatchObject({
      trigger: "direct",
      text: "> stop\n> @Ben Baker the printer burns",
      attachments: [{ name: "fire.png", source: { channel: "1441000000000000001", message: "1441012345678901440" } }],
    });
    expect(read("forwarded")).toBeUndefined();
  });

  test.each([
    ["sticker", ":Wave:"],
    ["poll", "Which printer?\n- the old one\n- the new one"],
  ])("a %s says something, too", (whatHappened, text) => {
    expect(read(whatHappened, { kind: "direct", channel: "1441000000000000001" })).toMatchObject({ text, trigger: "direct" });
  });

  test("the chat of a voice channel has no threads: it is one chat, in which the bot has to be mentioned", () => {
    const chat: Place = { kind: "chat", guild, channel };
    expect(read("mentioned", chat)).toMatchObject({ thread: { thread: "chat", endless: true }, trigger: "mention" });
    expect(read("said-in-channel", chat)).toBeUndefined();
  });

  test("a file comes with what is needed to fetch it, also when its address has run out", () => {
    expect(read("file-attached")).toMatchObject({
      attachments: [
        {
          id: "1441012345678901500",
          name: "printer.png",
          mediaType: "image/png",
          size: 4711,
          source: { url: expect.stringContaining("https://cdn.discordapp.com/"), channel, message: "1441012345678901410" },
        },
      ],
    });
  });
});

test.each(["said-in-channel", "everyone-called", "role-called", "own-message", "other-bot", "webhook", "thread-created"])(
  "%s is not ours",
  (whatHappened) => {
    expect(read(whatHappened)).toBeUndefined();
  },
);

describe("changes", () => {
  test("an edit names its message, and is a new one at each time", () => {
    expect(fromEdit(message("edited"), inChannel, reading)).toMatchObject({
      kind: "edited",
      id: `discord:${root}:edited:2026-11-20T10:01:00.500000+00:00`,
      message: `discord:${root}`,
      text: "the scanner burns",
      at: Date.parse("2026-11-20T10:01:00.500Z"),
    });
  });

  test("a link that was unfolded is no edit", () => {
    expect(fromEdit(message("link-unfolded"), inChannel, reading)).toBeUndefined();
  });

  test("a deletion names its message, and several are several", () => {
    expect(fromDeletion(deleted("deleted"), inChannel, 7)).toMatchObject([
      { kind: "deleted", id: `discord:${root}:deleted`, message: `discord:${root}`, thread: { thread: root }, at: 7 },
    ]);
    expect(fromDeletion(deleted("deleted-in-bulk"), inThread, 7)).toMatchObject([
      { thread: { thread: root } },
      { thread: { thread: root } },
    ]);
  });
});

describe("places", () => {
  const place = (type: number, more: object = { guild_id: guild, parent_id: channel }) => toPlace({ id: root, type, ...more });
  test.each([
    [0, { kind: "channel", guild, channel: root }],
    [5, { kind: "channel", guild, channel: root }],
    [10, { kind: "thread", guild, channel, thread: root }],
    [11, { kind: "thread", guild, channel, thread: root }],
    [12, { kind: "thread", guild, channel, thread: root }],
    [2, { kind: "chat", guild, channel: root }],
    [1, { kind: "direct", channel: root }],
    [4, undefined],
    [15, undefined],
  ])("a channel of type %s", (type, expected) => {
    expect(place(type)).toEqual(expected);
  });

  test("a thread whose parent is not known is no place to answer in", () => {
    expect(place(11, { guild_id: guild })).toBeUndefined();
    expect(place(0, {})).toBeUndefined();
  });
});
