import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { LivePost } from "../../../src/model/adapter.ts";
import type { ReplyPart } from "../../../src/model/reply.ts";
import { textReply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { until } from "../../support/until.ts";
import { createManualClock, type ManualClock } from "../../unit/slack/manual-clock.ts";
import { createTeamsWorld, passing, type TeamsWorld } from "./teams-world.ts";

/** What goes over the wire, as it goes: the SDK has lost parts of it before. */

let world: TeamsWorld;
let clock: ManualClock;
const signal = new AbortController().signal;

beforeEach(async () => {
  clock = createManualClock(Date.now());
  world = await createTeamsWorld({ clock });
});
afterEach(async () => {
  await world.stop();
  expect(world.teams.violations).toEqual([]);
});

const direct = async (): Promise<ThreadRef> => {
  await world.direct("hello");
  return (await until(() => world.received[0])).thread;
};
const mention = async (): Promise<ThreadRef> => {
  await world.mention("hello");
  return (await until(() => world.received[0])).thread;
};
const bodies = () => world.teams.calls().flatMap(({ operation, body }) => (operation === "post" || operation === "edit" ? [body] : []));

const label = {
  type: "https://schema.org/Message",
  "@type": "Message",
  "@context": "https://schema.org",
  "@id": "",
  additionalType: ["AIGeneratedContent"],
};

describe("an answer on the wire", () => {
  test("carries the AI label and the thumbs, and nothing that decides the thread but the conversation", async () => {
    const thread = await mention();
    await world.adapter.post(thread, textReply("**Hello**", "answer"), "d1", signal);
    const { tenant, serviceUrl } = world.teams;
    expect(bodies()).toEqual([
      {
        type: "message",
        text: "**Hello**",
        textFormat: "markdown",
        channelId: "msteams",
        serviceUrl,
        from: { id: tenant.app.accountId },
        conversation: {
          id: `${thread.channel};messageid=${thread.thread}`,
          conversationType: "channel",
          isGroup: true,
          tenantId: tenant.id,
        },
        entities: [label],
        channelData: { feedbackLoop: { type: "default" } },
      },
    ]);
    expect(world.teams.calls("post")[0]?.path).toMatch(/\/activities$/);
  });

  test("names its sources, each by the number that stands in the text", async () => {
    const thread = await direct();
    const citations = [
      { title: "Printing", url: "https://wiki.test/printing", snippet: "How to print." },
      { title: "Never cited", url: "https://wiki.test/other" },
      { title: "Paper", url: "javascript:alert(1)", position: 7 },
    ];
    const parts: readonly ReplyPart[] = [
      { kind: "text", text: "Press the button [1], then add paper [7]." },
      { kind: "data", data: { citations } },
    ];
    const [reply, ...more] = world.adapter.split({ parts, tone: "answer", notify: false });
    expect(more).toEqual([]);
    if (reply) await world.adapter.post(thread, reply, "d1", signal);
    expect(bodies()).toMatchObject([
      {
        text: "Press the button [1], then add paper [7].",
        entities: [
          {
            ...label,
            citation: [
              {
                "@type": "Claim",
                position: 1,
                appearance: { "@type": "DigitalDocument", name: "Printing", url: "https://wiki.test/printing", abstract: "How to print." },
              },
              { "@type": "Claim", position: 7, appearance: { "@type": "DigitalDocument", name: "Paper", abstract: "Paper" } },
            ],
          },
        ],
      },
    ]);
    expect(world.teams.chat(thread.channel).messages.at(-1)).toMatchObject({
      aiLabel: true,
      citations: [{ position: 1 }, { position: 7 }],
    });
  });

  test("of the bridge itself has neither label nor thumbs", async () => {
    const thread = await direct();
    await world.adapter.post(thread, textReply("The agent cannot be reached.", "notice"), "d1", signal);
    expect(bodies()).toEqual([expect.not.objectContaining({ entities: expect.anything(), channelData: expect.anything() })]);
  });

  test("that takes the place of another is marked, too", async () => {
    const thread = await mention();
    const posted = await world.adapter.post(thread, textReply("wait", "notice"), "d1", signal);
    await world.adapter.edit(posted, textReply("here", "answer"), "d2", signal);
    expect(bodies().at(-1)).toMatchObject({
      id: posted.message,
      text: "here",
      entities: [label],
      channelData: { feedbackLoop: { type: "default" } },
    });
  });

  test("has no thumbs where they are not wanted", async () => {
    const quiet = await createTeamsWorld({ config: { feedbackButtons: false } });
    try {
      await quiet.direct("hello");
      const { thread } = await until(() => quiet.received[0]);
      await quiet.adapter.post(thread, textReply("Hello", "answer"), "d1", signal);
      expect(quiet.teams.calls("post").at(-1)?.body).toEqual(expect.not.objectContaining({ channelData: expect.anything() }));
    } finally {
      await quiet.stop();
    }
  });
});

test("a question with choices has a card, and a click names delivery and choice as whoever clicked", async () => {
  const thread = await mention();
  const choices = [
    { id: "0", label: "Yes", style: "positive" },
    { id: "1", label: "No", style: "negative" },
  ] as const;
  const [reply] = world.adapter.split({ parts: [{ kind: "text", text: "Shall I restart it?" }], choices, tone: "question", notify: true });
  const { message } = reply ? await world.adapter.post(thread, reply, "d1", signal) : fail();
  const button = (title: string, id: string, style: string) => {
    const data = { a2aQuestion: "d1", a2aChoice: id };
    const msteams = { type: "messageBack", displayText: title, text: title };
    const fallback = { type: "Action.Submit", title, data: { ...data, msteams }, style };
    return { type: "Action.Execute", title, verb: "a2aAnswer", data, style, fallback };
  };
  expect(bodies()).toMatchObject([
    {
      text: "Shall I restart it?",
      entities: [label],
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          content: {
            $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            type: "AdaptiveCard",
            version: "1.4",
            fallbackText: "Answer with one of these: Yes, No",
            body: [],
            actions: [button("Yes", "0", "positive"), button("No", "1", "destructive")],
          },
        },
      ],
    },
  ]);
  const { answer } = await world.teams.submitCard({ channel: thread.channel, user: "ben", id: message, title: "No" });
  expect(JSON.parse(answer?.body ?? "")).toEqual({
    statusCode: 200,
    type: "application/vnd.microsoft.activity.message",
    value: "Your answer is passed on.",
  });
  const { tenant } = world.teams;
  expect(world.received.at(-1)).toMatchObject({
    kind: "action",
    question: "d1",
    choice: "1",
    author: { id: tenant.people.get("ben")?.objectId, workspace: tenant.id },
    thread: { channel: thread.channel, thread: thread.thread },
  });
});

test("a stream begins with a word, grows with all its text, and ends with label and thumbs", async () => {
  const thread = await direct();
  const live: LivePost = (await world.adapter.live?.(thread, { id: "ann", workspace: "t" }, signal)) ?? fail();
  const streamId = live.posted.message;
  const show = async (text: string) => {
    live.show(text);
    await until(async () => {
      await clock.advance(500);
      return world.teams.chat(thread.channel).messages.at(-1)?.text === text;
    });
  };
  await show("A brown");
  await show("A brown fox");
  await passing(clock, world.adapter.edit(live.posted, textReply("A brown fox.", "answer"), "d1", signal));
  const info = (more: object) => ({ entities: [{ type: "streaminfo", ...more }], channelData: more });
  expect(bodies()).toEqual([
    expect.objectContaining({ type: "typing", text: "Writing…", ...info({ streamType: "informative", streamSequence: 1 }) }),
    expect.objectContaining({ type: "typing", text: "A brown", ...info({ streamType: "streaming", streamId, streamSequence: 2 }) }),
    expect.objectContaining({ type: "typing", text: "A brown fox", ...info({ streamType: "streaming", streamId, streamSequence: 3 }) }),
    expect.objectContaining({
      type: "message",
      text: "A brown fox.",
      textFormat: "markdown",
      entities: [{ type: "streaminfo", streamType: "final", streamId }, label],
      channelData: { streamType: "final", streamId, feedbackLoop: { type: "default" } },
    }),
  ]);
  expect(world.teams.chat(thread.channel).messages.at(-1)).toMatchObject({ stream: "final", aiLabel: true, feedback: "default" });
});

const fail = (): never => {
  throw new Error("this should have worked");
};
