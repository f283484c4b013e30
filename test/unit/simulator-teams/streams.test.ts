import { describe, expect, test } from "@jest/globals";
import { createFakeClock } from "../simulator-slack/rig.ts";
import { channel, createRig, group, type Rig } from "./rig.ts";

const chat = "a:1ann";

/** A rig whose clock has moved on enough for the next request of a stream, each time. */
async function createStreamRig() {
  const clock = createFakeClock(Date.now());
  const rig = await createRig({ clock });
  rig.teams.personal("ann");
  return Object.assign(rig, { clock });
}

type StreamRig = Awaited<ReturnType<typeof createStreamRig>>;

function chunk(text: string, streamSequence: number, streamId?: string, streamType = "streaming") {
  const info = { streamType, streamSequence, ...(streamId !== undefined && { streamId }) };
  return { type: "typing", text, entities: [{ type: "streaminfo", ...info }], channelData: info };
}

function final(text: string, streamId: string, more: Readonly<Record<string, unknown>> = {}) {
  return { type: "message", text, entities: [{ type: "streaminfo", streamType: "final", streamId }], ...more };
}

async function send(rig: StreamRig, activity: Readonly<Record<string, unknown>>, conversation = chat) {
  rig.clock.move(1_000);
  return rig.post(conversation, activity);
}

async function open(rig: StreamRig, text = "A"): Promise<string> {
  return (await send(rig, chunk(text, 1))).body.id ?? "";
}

const shown = ({ teams }: Rig) => teams.chat(chat).messages.map(({ text, stream }) => [text, stream]);

describe("a stream", () => {
  test("goes from a word about the work over growing text to its end", async () => {
    await using rig = await createStreamRig();
    const opened = await send(rig, chunk("Searching...", 1, undefined, "informative"));
    expect(opened.status).toBe(201);
    const id = opened.body.id ?? "";
    expect((await send(rig, chunk("A brown", 2, id))).status).toBe(202);
    expect((await send(rig, chunk("A brown fox", 3, id))).status).toBe(202);
    expect(rig.teams.chat(chat).messages).toMatchObject([{ text: "A brown fox", streaming: true }]);
    expect((await send(rig, final("A brown fox.", id, { channelData: { feedbackLoop: { type: "default" } } }))).status).toBe(202);
    expect(rig.teams.chat(chat).messages).toMatchObject([
      { id, text: "A brown fox.", stream: "final", streaming: false, feedback: "default" },
    ]);
    expect(rig.teams.violations).toEqual([]);
  });

  test("refuses a chunk that forgets what was said", async () => {
    await using rig = await createStreamRig();
    const id = await open(rig, "A brown");
    expect((await send(rig, chunk("Hello", 2, id))).status).toBe(400);
    expect(shown(rig)).toEqual([["A brown", "open"]]);
    expect(rig.teams.violations).toHaveLength(1);
  });

  test("drops a chunk that comes out of order, and says so with 202", async () => {
    await using rig = await createStreamRig();
    const id = await open(rig);
    await send(rig, chunk("A C", 3, id));
    const late = await send(rig, chunk("A B", 2, id));
    expect(late).toMatchObject({ status: 202, body: { error: { code: "ContentStreamSequenceOrderPreConditionFailed" } } });
    expect(shown(rig)).toEqual([["A C", "open"]]);
  });

  test("takes one request a second", async () => {
    await using rig = await createStreamRig();
    const id = await open(rig);
    expect((await rig.post(chat, chunk("A B", 2, id))).status).toBe(429);
    rig.clock.move(950);
    expect((await rig.post(chat, chunk("A B", 2, id))).status).toBe(202);
    expect((await rig.post(chat, final("A B C", id))).status).toBe(429);
  });

  test("ends after two minutes; its message can then be edited", async () => {
    await using rig = await createStreamRig();
    const id = await open(rig);
    rig.clock.move(120_000);
    expect(await send(rig, final("A B", id))).toMatchObject({
      status: 403,
      body: { error: { code: "ContentStreamNotAllowed", message: expect.stringContaining("exceeded streaming time") } },
    });
    expect((await rig.call("PUT", `v3/conversations/${chat}/activities/${id}`, { type: "message", text: "A B" })).status).toBe(200);
    expect(shown(rig)).toEqual([["A B", "expired"]]);
  });

  test("ends when the person presses Stop, of which the bot hears with its next chunk", async () => {
    await using rig = await createStreamRig();
    const id = await open(rig);
    rig.teams.pressStop({ user: "ann" });
    expect(rig.received).toEqual([]);
    expect(await send(rig, chunk("A B", 2, id))).toMatchObject({
      status: 403,
      body: { error: { message: expect.stringContaining("cancel") } },
    });
    expect(shown(rig)).toEqual([["A", "stoppedByUser"]]);
    expect(() => rig.teams.pressStop({ user: "ann" })).toThrow();
  });

  test("is over once it is over", async () => {
    await using rig = await createStreamRig();
    const id = await open(rig);
    await send(rig, final("A B", id));
    expect((await send(rig, chunk("A B C", 3, id))).status).toBe(403);
    expect((await send(rig, final("A B C", id))).status).toBe(403);
    expect(shown(rig)).toEqual([["A B", "final"]]);
  });

  test("cannot be edited while it is open", async () => {
    await using rig = await createStreamRig();
    const id = await open(rig);
    expect((await rig.call("PUT", `v3/conversations/${chat}/activities/${id}`, { type: "message", text: "B" })).status).toBe(403);
  });

  test("is for personal chats only", async () => {
    await using rig = await createStreamRig();
    for (const conversation of [group, channel]) {
      expect(await send(rig, chunk("A", 1), conversation)).toMatchObject({
        status: 400,
        body: { error: { message: "Streaming api is not enabled" } },
      });
    }
    expect(rig.teams.violations).toHaveLength(2);
  });

  test("is the only one in its chat", async () => {
    await using rig = await createStreamRig();
    await open(rig);
    expect((await send(rig, chunk("B", 1))).status).toBe(403);
    expect(rig.teams.violations).toEqual(["two streams at a time in one chat"]);
  });

  const bare = { type: "streaminfo" };
  test.each([
    ["typing with stream information that lost its members", { type: "typing", text: "A", entities: [bare] }],
    [
      "a message with stream information that is not final",
      { type: "message", text: "A", entities: [{ ...bare, streamType: "streaming" }] },
    ],
    ["a beginning with another number", chunk("A", 2)],
    ["a beginning without text", chunk("", 1)],
    ["a long word about the work", chunk("x".repeat(1_001), 1, undefined, "informative")],
    ["a card before the end", { ...chunk("A", 1), attachments: [{ contentType: "application/vnd.microsoft.card.adaptive" }] }],
    ["thumbs before the end", { ...chunk("A", 1), channelData: { feedbackLoop: { type: "default" } } }],
    ["an unknown stream", chunk("A", 2, "170000")],
  ])("is refused with %s", async (_, activity) => {
    await using rig = await createStreamRig();
    expect((await send(rig, activity)).status).toBe(400);
    expect(shown(rig)).toEqual([]);
  });

  test("is refused with an end that has a number", async () => {
    await using rig = await createStreamRig();
    const id = await open(rig);
    const info = { type: "streaminfo", streamType: "final", streamId: id, streamSequence: 2 };
    expect((await send(rig, { type: "message", text: "A", entities: [info] })).status).toBe(400);
  });
});
