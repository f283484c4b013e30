import { describe, expect, test } from "@jest/globals";
import { fromActivity, type Incoming } from "../../../adapters/teams/inbound.ts";
import type { Activity } from "../../../adapters/teams/wire.ts";
import type { IncomingEvent } from "../../../src/model/message.ts";
import { fixture } from "./fixture.ts";

const tenant = "72f988bf-0000-4000-8000-000000000000";
const channel = "19:help@thread.tacv2";
const ann = { id: "11111111-0000-4000-8000-000000000001", workspace: tenant };
const read = (whatHappened: string, change: Partial<Activity> = {}, local = false): Incoming | undefined =>
  fromActivity({ ...fixture(whatHappened), ...change }, { local, now: 7 });
const event = (whatHappened: string, change?: Partial<Activity>, local?: boolean): IncomingEvent | undefined => {
  const incoming = read(whatHappened, change, local);
  return incoming?.kind === "event" ? incoming.event : undefined;
};

describe("messages that are meant for the bot", () => {
  test("a personal chat is one conversation without an end", () => {
    expect(event("personal")).toEqual({
      kind: "message",
      id: `teams:${tenant}:a:1personal:1763632800001`,
      thread: {
        platform: "teams",
        workspace: tenant,
        channel: "a:1personal",
        thread: "chat",
        endless: true,
        address: {
          tenant,
          serviceUrl: "https://smba.trafficmanager.net/amer/",
          conversation: "a:1personal",
          kind: "personal",
          bot: "28:aaaaaaaa-0000-4000-8000-000000000001",
          user: { id: "29:1annArcher", directory: ann.id },
        },
      },
      author: ann,
      at: Date.parse("2026-11-20T10:00:00.000Z"),
      text: "hello",
      attachments: [],
      trigger: "direct",
    });
  });

  test("a mention in a channel belongs to its thread, and knows the team", () => {
    const mention = event("channel-mention");
    expect(mention).toMatchObject({
      id: `teams:${tenant}:${channel};messageid=1763632800010:1763632800011`,
      thread: { channel, thread: "1763632800010", address: { kind: "channel", team: "19:team@thread.tacv2" } },
      text: "hello",
      trigger: "mention",
    });
    expect(mention?.thread).not.toHaveProperty("endless");
  });

  test("a post at a channel's root begins the thread of that message, also where the root is not named", () => {
    const named = event("channel-root");
    expect(named?.thread).toMatchObject({ channel, thread: "1763632800012" });
    const { conversation } = fixture("channel-root");
    expect(event("channel-root", { conversation: { ...conversation, id: channel } })).toEqual(named);
  });

  test("a group chat wants a mention", () => {
    expect(event("group-mention")).toMatchObject({ text: "what thinks", trigger: "mention", thread: { thread: "chat", endless: true } });
    expect(read("group-overheard")).toBeUndefined();
  });

  test("what is overheard in a thread may be a follow-up; a new thread, or a word to somebody else, is none", () => {
    expect(event("channel-overheard")).toMatchObject({ trigger: "followUp", text: "and the printer?" });
    expect(read("channel-overheard", { text: "<at>Ben</at> and the printer?" })).toBeUndefined();
    expect(read("channel-root", { entities: [], text: "lunch?" })).toBeUndefined();
  });

  test("a file of a personal chat comes with its address, a picture too; the copy in HTML is no file", () => {
    expect(event("file")).toMatchObject({
      attachments: [
        {
          id: "1150D938-8870-4044-9F2C-5BBDEBA70C9D",
          name: "log.txt",
          source: { kind: "file", url: expect.stringContaining("download.aspx") },
        },
      ],
    });
    expect(event("picture")).toMatchObject({ text: "", attachments: [{ name: "image", source: { kind: "image" } }] });
  });

  test("without a directory id a person is the account that this bot knows", () => {
    expect(event("personal", { from: { id: "29:1guest", name: null, aadObjectId: null, role: null } })).toMatchObject({
      author: { id: "29:1guest", workspace: tenant },
    });
  });
});

describe("what happens to messages", () => {
  const message = `teams:${tenant}:a:1personal:1763632800001`;

  test("an edit names the message, and each edit is one", () => {
    expect(event("edited")).toMatchObject({
      kind: "edited",
      message,
      id: `${message}:edited:2026-11-20T10:01:00.000Z`,
      text: "hello there",
    });
  });

  test("a deletion names the message; a message that comes back says nothing new", () => {
    expect(event("deleted")).toMatchObject({ kind: "deleted", message, id: `${message}:deleted`, author: ann });
    expect(read("restored")).toBeUndefined();
  });

  test("an edit and a deletion of a post at a channel's root name it, also where the root is not named", () => {
    const { conversation, id, channelData } = fixture("channel-root");
    const post = event("channel-root");
    for (const [type, eventType] of [
      ["messageUpdate", "editMessage"],
      ["messageDelete", "softDeleteMessage"],
    ] as const) {
      const change = { type, id, conversation: { ...conversation, id: channel }, channelData: { ...channelData, eventType } };
      expect(event("edited", change)).toMatchObject({ message: post?.id, thread: { thread: post?.thread.thread } });
    }
  });

  test("thumbs name the message under which they stand", () => {
    expect(read("feedback")).toMatchObject({
      kind: "feedback",
      message: "1763632800099",
      event: { kind: "feedback", value: "up", author: ann },
    });
    expect(
      read("feedback", { value: { actionName: "feedback", actionValue: { reaction: "dislike", feedback: "plain words" } } }),
    ).toMatchObject({ event: { value: "down" } });
    expect(read("feedback", { value: { actionName: "other" } })).toBeUndefined();
    expect(read("feedback", { replyToId: null })).toBeUndefined();
  });
});

describe("coming and going", () => {
  test.each([
    ["installed", "installed"],
    ["added-to-chat", "installed"],
    ["uninstalled", "uninstalled"],
  ])("%s is %s", (whatHappened, kind) => {
    expect(read(whatHappened)).toMatchObject({ kind, address: { tenant } });
  });

  test("other people who come are not the bot's business", () => {
    expect(read("person-joined")).toBeUndefined();
  });
});

describe("what is not ours", () => {
  test.each(["reaction", "card-clicked"])("%s", (whatHappened) => {
    expect(read(whatHappened)).toBeUndefined();
  });

  test.each([
    ["ourselves", { id: "28:aaaaaaaa-0000-4000-8000-000000000001", name: null, aadObjectId: null, role: null }],
    ["another bot", { id: "28:other", name: null, aadObjectId: null, role: null }],
    ["what calls itself a bot", { id: "29:other", name: null, aadObjectId: null, role: "bot" }],
  ])("the words of %s", (_, from) => {
    expect(read("personal", { from })).toBeUndefined();
  });

  test("a conversation of a kind that nobody knows, or of no tenant", () => {
    const { conversation } = fixture("personal");
    expect(read("personal", { conversation: { ...conversation, conversationType: "meeting" } })).toBeUndefined();
    expect(read("personal", { conversation: { ...conversation, tenantId: null }, channelData: null })).toBeUndefined();
  });
});

describe("a client on this machine", () => {
  const bare = (id: string, isGroup: boolean | null = null) => ({
    conversation: { id, conversationType: null, tenantId: null, isGroup },
    channelData: null,
  });

  test("may leave out tenant, directory id and conversation type", () => {
    const from = { id: "u", name: null, aadObjectId: null, role: null };
    expect(event("personal", { ...bare("c1"), from }, true)).toMatchObject({
      author: { id: "u", workspace: "local" },
      thread: { workspace: "local", channel: "c1", thread: "chat" },
      trigger: "direct",
    });
    expect(event("channel-mention", bare("c1;messageid=5"), true)).toMatchObject({
      thread: { channel: "c1", thread: "5", address: { kind: "channel" } },
    });
    expect(event("channel-mention", bare("c1", true), true)).toMatchObject({
      thread: { channel: "c1", thread: "chat", address: { kind: "groupChat" } },
    });
  });

  test("may leave out ids and times: the same words then come once", () => {
    const nameless = { ...bare("c1"), id: null, timestamp: null };
    expect(event("personal", nameless, true)).toMatchObject({ at: 7, id: expect.stringMatching(/^teams:local:c1:[0-9a-f]{32}$/) });
    expect(event("personal", nameless, true)).toEqual(event("personal", nameless, true));
    expect(event("personal", { ...nameless, text: "else" }, true)?.id).not.toBe(event("personal", nameless, true)?.id);
  });
});
