import { describe, expect, test } from "@jest/globals";
import { fromActions, fromCommand, fromMessage, fromSessionStopped, type Reading } from "../../../adapters/slack/inbound.ts";
import { asObject } from "../../../adapters/slack/payload.ts";
import { actionsSchema, commandSchema, messageEventSchema, sessionStoppedSchema } from "../../../adapters/slack/wire.ts";
import { fixture } from "./fixture.ts";

const reading: Reading = { team: "T1", botUser: "UBOT", botId: "BBOT", directMessages: "chat" };
const read = (whatHappened: string, how: Partial<Reading> = {}) =>
  fromMessage(messageEventSchema.parse(fixture(whatHappened).event), { ...reading, ...how }, new Map());

describe("messages that are meant for the bot", () => {
  test("a mention in a channel begins the thread of that message", () => {
    expect(read("mentioned")).toEqual({
      kind: "message",
      id: "slack:T1:C1:1700000000.000100",
      thread: {
        platform: "slack",
        workspace: "T1",
        channel: "C1",
        thread: "1700000000.000100",
        address: { team: "T1", channel: "C1", threadTs: "1700000000.000100", ts: "1700000000.000100" },
      },
      author: { id: "UANN", workspace: "T1" },
      at: 1_700_000_000_000,
      text: "my VPN & my mail are down",
      attachments: [],
      trigger: "mention",
    });
  });

  test("the message event of the same post is the same event", () => {
    expect(read("mentioned-as-message")).toEqual(read("mentioned"));
  });

  test("a reply in a thread without a mention is a follow-up of that thread", () => {
    expect(read("replied-in-thread")).toMatchObject({
      trigger: "followUp",
      thread: { thread: "1700000000.000100" },
      text: "and the printer?",
    });
  });

  test("a reply that is also shown in the channel stays a reply", () => {
    expect(read("reply-broadcast")).toMatchObject({ trigger: "followUp", thread: { thread: "1700000000.000100" } });
  });

  test("a file comes along as facts; one that Slack only names is still to be asked for", () => {
    const url = "https://files.slack.com/files-pri/T1-F1/download/error.png";
    expect(read("file-shared")).toMatchObject({
      attachments: [
        { id: "F1", name: "error.png", mediaType: "image/png", size: 1234, source: { url } },
        { id: "F2", name: "file", source: {} },
      ],
    });
  });

  test("a stranger in a shared channel keeps the workspace that they come from, in a thread of ours", () => {
    expect(read("stranger-mentioned")).toMatchObject({ author: { id: "USTR", workspace: "T2" }, thread: { workspace: "T1" } });
  });
});

describe("direct messages", () => {
  test("a whole direct message channel is one chat without an end, and answers go under each question", () => {
    const first = read("direct-message");
    const second = read("direct-message-in-thread");
    expect(first).toMatchObject({ trigger: "direct", thread: { channel: "DANN", thread: "dm", endless: true } });
    expect(first?.thread.address).toMatchObject({ threadTs: "1700000020.000100" });
    expect(second?.thread).toMatchObject({ thread: "dm", address: { threadTs: "1700000020.000100", ts: "1700000025.000100" } });
  });

  test("a forwarded message comes as a quote, with its files; the preview of a link is nobody's word", () => {
    expect(read("forwarded")).toMatchObject({
      text: "what is this?\n\n> stop & look\n> @UBEN the printer burns",
      attachments: [{ id: "F7", name: "fire.png", source: { url: "https://files.slack.com/files-pri/T1-F7/download/fire.png" } }],
    });
  });

  test("what somebody says of themselves with /me is their message", () => {
    const event = { ...asObject(fixture("direct-message").event), subtype: "me_message", text: "wonders why the VPN is down" };
    expect(fromMessage(messageEventSchema.parse(event), reading, new Map())).toMatchObject({
      kind: "message",
      trigger: "direct",
      text: "wonders why the VPN is down",
    });
  });

  test("attachments that cannot be read take no message away", () => {
    const event = { ...asObject(fixture("direct-message").event), attachments: "none" };
    expect(fromMessage(messageEventSchema.parse(event), reading, new Map())).toMatchObject({ text: "hello" });
  });

  test("where threads are wanted, each thread in it is a conversation of its own", () => {
    const event = read("direct-message-in-thread", { directMessages: "threads" });
    expect(event).toMatchObject({ trigger: "direct", thread: { thread: "1700000020.000100" } });
    expect(event?.thread.endless).toBeUndefined();
  });
});

describe("what is not for us", () => {
  test.each([
    "said-in-channel",
    "replied-to-somebody-else",
    "own-message",
    "own-message-changed",
    "other-bot",
    "other-app",
    "joined",
    "link-unfolded",
  ])("%s is nobody's message", (whatHappened) => {
    expect(read(whatHappened)).toBeUndefined();
  });
});

describe("edits and deletions", () => {
  test("an edit names the message and has an id of its own", () => {
    expect(read("edited")).toMatchObject({
      kind: "edited",
      id: "slack:T1:C1:1700000000.000100:edited:1700000030.000200",
      message: "slack:T1:C1:1700000000.000100",
      text: "my VPN is down",
    });
  });

  test("a deletion names the message", () => {
    expect(read("deleted")).toMatchObject({ kind: "deleted", message: "slack:T1:C1:1700000000.000100", author: { id: "UANN" } });
  });
});

describe("control", () => {
  test("the stop button stops the thread it stands in", () => {
    const event = fromSessionStopped(sessionStoppedSchema.parse(fixture("session-stopped").event), reading);
    expect(event).toMatchObject({ kind: "stop", thread: { channel: "C1", thread: "1700000000.000100" }, author: { id: "UANN" } });
  });

  test("a command in a direct message speaks of that chat", () => {
    const event = fromCommand(commandSchema.parse(fixture("command")), reading, 5);
    expect(event).toMatchObject({ kind: "command", word: "status", at: 5, thread: { channel: "DANN", thread: "dm" } });
    expect(event?.thread.address).toEqual({ team: "T1", channel: "DANN" });
  });

  test("a command that knows no thread, or an unknown word, is no event", () => {
    const command = commandSchema.parse(fixture("command"));
    expect(fromCommand({ ...command, channel_id: "C1" }, reading, 5)).toBeUndefined();
    expect(fromCommand({ ...command, text: "dance" }, reading, 5)).toBeUndefined();
    expect(fromCommand(command, { ...reading, directMessages: "threads" }, 5)).toBeUndefined();
  });

  test("a feedback click names the delivery and the value", () => {
    const event = fromActions(actionsSchema.parse(fixture("feedback-clicked")), reading);
    expect(event).toMatchObject({ kind: "feedback", delivery: "delivery-7:1", value: "down", thread: { thread: "1700000000.000100" } });
  });
});
