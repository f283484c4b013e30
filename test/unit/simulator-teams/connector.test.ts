import { describe, expect, test } from "@jest/globals";
import { channel, createRig, group, type Rig, team } from "./rig.ts";

const path = (conversation: string, rest: string) => `v3/conversations/${encodeURIComponent(conversation)}/${rest}`;

async function startThread({ teams }: Rig): Promise<{ readonly thread: string; readonly threadId: string }> {
  const { threadId = "", delivered } = await teams.say({ channel, user: "ann", text: "help me", mention: true });
  await delivered;
  return { thread: `${channel};messageid=${threadId}`, threadId };
}

describe("posting", () => {
  test("lands in the thread that the conversation id names, encoded or not", async () => {
    await using rig = await createRig();
    const { thread, threadId } = await startThread(rig);
    await rig.post(thread, "encoded");
    await rig.call("POST", `v3/conversations/${thread}/activities`, { type: "message", text: "plain" });
    expect(rig.teams.thread(channel, threadId).replies.map(({ text }) => text)).toEqual(["encoded", "plain"]);
    expect(rig.teams.calls("post").map(({ conversation }) => conversation)).toEqual([thread, thread]);
    expect(rig.teams.channel(channel)).toHaveLength(1);
  });

  test("a thread in the conversation id counts more than the answered activity", async () => {
    await using rig = await createRig();
    const { thread, threadId } = await startThread(rig);
    const other = await startThread(rig);
    await rig.call("POST", path(thread, `activities/${other.threadId}`), { type: "message", text: "here" });
    await rig.call("POST", path(thread, "activities/11111111-1111-4111-8111-111111111111"), { type: "message", text: "and here" });
    await rig.call("POST", path(channel, `activities/${other.threadId}`), { type: "message", text: "there" });
    expect(rig.teams.thread(channel, threadId).replies.map(({ text }) => text)).toEqual(["here", "and here"]);
    expect(rig.teams.thread(channel, other.threadId).replies.map(({ text }) => text)).toEqual(["there"]);
  });

  test("without a thread a channel gets a new root", async () => {
    await using rig = await createRig();
    await rig.post(channel, "news");
    expect(rig.teams.channel(channel)).toMatchObject([{ text: "news", bot: true, threadId: undefined }]);
  });

  test.each([
    ["an unknown conversation", "19:nowhere@thread.tacv2"],
    ["an unknown thread", `${channel};messageid=1`],
    ["a thread in a group chat", `${group};messageid=1700000000001`],
    ["a malformed thread", `${channel};thread=1`],
    ["an id that was encoded twice", encodeURIComponent(channel)],
  ])("is refused in %s", async (_, conversation) => {
    await using rig = await createRig();
    expect(await rig.post(conversation, "hi")).toMatchObject({ status: 404, body: { error: { code: "ConversationNotFound" } } });
  });

  test("is refused where the bot is not any more, and so is everything else there", async () => {
    await using rig = await createRig();
    const { thread } = await startThread(rig);
    await rig.teams.uninstall({ channel, user: "ann" });
    const roster = { status: 403, body: { error: { code: "BotNotInConversationRoster" } } };
    expect(await rig.post(thread, "hi")).toMatchObject(roster);
    expect(await rig.call("GET", path(team, "members"))).toMatchObject(roster);
    expect((await rig.post(group, "hi")).status).toBe(201);
  });

  test("shows what a message holds", async () => {
    await using rig = await createRig();
    const chat = rig.teams.personal("ann");
    const label = { type: "https://schema.org/Message", "@type": "Message", "@context": "https://schema.org", "@id": "" };
    const citation = [{ "@type": "Claim", position: 1, appearance: { "@type": "DigitalDocument", name: "Manual", url: "https://x.test" } }];
    await rig.post(chat, {
      type: "message",
      text: "Read <at>Ann Archer</at> [1]",
      entities: [
        { ...label, additionalType: ["AIGeneratedContent"], citation },
        { type: "mention", text: "<at>Ann Archer</at>", mentioned: { id: "29:1ann", name: "Ann Archer" } },
      ],
      channelData: { feedbackLoop: { type: "default" } },
      suggestedActions: { to: ["29:1ann"], actions: [{ type: "imBack", title: "More", value: "more" }] },
    });
    expect(rig.teams.chat(chat).messages).toMatchObject([
      {
        text: "Read <at>Ann Archer</at> [1]",
        aiLabel: true,
        citations: [{ position: 1, name: "Manual", url: "https://x.test" }],
        feedback: "default",
        suggestions: ["More"],
        calls: ["ann"],
        edited: false,
      },
    ]);
    expect(rig.teams.violations).toEqual([]);
  });

  const root = { type: "https://schema.org/Message", "@type": "Message", "@context": "https://schema.org" };
  test.each([
    ["nothing", { type: "message" }, 400],
    ["no type", { text: "hi" }, 400],
    ["an unknown type", { type: "shout", text: "hi" }, 400],
    ["entities that are none", { type: "message", text: "hi", entities: [1] }, 400],
    ["two root message entities", { type: "message", text: "hi", entities: [root, root] }, 400],
    ["a mention that is not in the text", { type: "message", text: "hi", entities: [{ type: "mention", text: "<at>Ann</at>" }] }, 400],
    ["a text format that is none", { type: "message", text: "hi", textFormat: "html" }, 400],
    ["a card of the future", { type: "message", attachments: [card({ version: "1.9" })] }, 400],
    ["50 KiB of letters and the rest", { type: "message", text: "x".repeat(51_200) }, 413],
  ])("is refused with %s", async (_, activity, status) => {
    await using rig = await createRig();
    expect((await rig.post(rig.teams.personal("ann"), activity)).status).toBe(status);
    expect(rig.teams.chat("a:1ann").messages).toEqual([]);
  });

  test("counts its size in UTF-16, where a letter is two bytes whatever it costs on the wire", async () => {
    await using rig = await createRig();
    const chat = rig.teams.personal("ann");
    expect((await rig.post(chat, "ß".repeat(50_000))).status).toBe(201);
    expect((await rig.post(chat, "😀".repeat(25_600))).body.error?.code).toBe("MessageSizeTooBig");
  });

  test.each([
    ["a root message entity that lost its members", { type: "message", text: "hi", entities: [{ type: "https://schema.org/Message" }] }],
    ["a citation that the text does not name", { type: "message", text: "hi", entities: [{ ...root, citation: [{ position: 1 }] }] }],
  ])("notes %s as a violation", async (_, activity) => {
    await using rig = await createRig();
    await rig.post(rig.teams.personal("ann"), activity);
    expect(rig.teams.violations).toHaveLength(1);
  });

  test("a typing activity shows until something is posted, or for some seconds", async () => {
    await using rig = await createRig();
    expect((await rig.post(group, { type: "typing" })).status).toBe(202);
    expect(rig.teams.chat(group)).toMatchObject({ typing: true, typings: 1, messages: [] });
    await rig.post(group, "done");
    expect(rig.teams.chat(group)).toMatchObject({ typing: false, typings: 1 });
  });

  test("a targeted message is seen by its recipient alone", async () => {
    await using rig = await createRig();
    const activity = { type: "message", text: "only you", recipient: { id: "29:1ben", isTargeted: true } };
    await rig.call("POST", path(group, "activities?isTargetedActivity=true"), activity);
    expect(rig.teams.chat(group)).toMatchObject({ messages: [], private: [{ text: "only you", onlyFor: "ben" }] });
  });
});

describe("changing", () => {
  test("an edit takes the place of the message, a deletion takes it away", async () => {
    await using rig = await createRig();
    const { thread, threadId } = await startThread(rig);
    const { body } = await rig.post(thread, "working");
    const edited = await rig.call("PUT", path(thread, `activities/${body.id}`), { type: "message", text: "done" });
    expect(edited).toMatchObject({ status: 200, body: { id: body.id } });
    expect(rig.teams.thread(channel, threadId).replies).toMatchObject([{ id: body.id, text: "done", edited: true }]);
    expect((await rig.call("DELETE", path(thread, `activities/${body.id}`))).status).toBe(200);
    expect(rig.teams.thread(channel, threadId).replies).toEqual([]);
    expect((await rig.call("PUT", path(thread, `activities/${body.id}`), { type: "message", text: "again" })).status).toBe(404);
  });

  test("reaches only the bot's own messages, in the thread that is named", async () => {
    await using rig = await createRig();
    const { thread, threadId } = await startThread(rig);
    const other = await startThread(rig);
    const { body } = await rig.post(thread, "mine");
    const edit = { type: "message", text: "changed" };
    expect((await rig.call("PUT", path(thread, `activities/${threadId}`), edit)).status).toBe(403);
    expect((await rig.call("PUT", path(other.thread, `activities/${body.id}`), edit)).status).toBe(404);
  });

  test("a deletion can be refused on demand, as some clients do", async () => {
    await using rig = await createRig();
    const { body } = await rig.post(group, "x");
    rig.teams.fault({ kind: "501", operation: "delete" });
    expect((await rig.call("DELETE", path(group, `activities/${body.id}`))).status).toBe(501);
    expect(rig.teams.chat(group).messages).toHaveLength(1);
  });
});

describe("the roster", () => {
  test("has members with their names in the directory, by either id", async () => {
    await using rig = await createRig();
    const { objectId } = Object(rig.teams.tenant.people.get("ann"));
    for (const id of ["29:1ann", objectId]) {
      const { body } = await rig.call("GET", path(rig.teams.personal("ann"), `members/${encodeURIComponent(id)}`));
      expect(body).toMatchObject({ id: "29:1ann", objectId, userPrincipalName: "ann@acme.test", email: "ann@acme.test", userRole: "user" });
      expect(body.aadObjectId).toBeUndefined();
    }
  });

  test("tells guests, federated and anonymous people apart", async () => {
    const kinds = ["guest", "federated", "anonymous"] as const;
    await using rig = await createRig({ people: kinds.map((kind) => ({ id: kind, kind })) });
    const member = async (id: string) => (await rig.call("GET", path(group, `members/29:1${id}`))).body;
    expect(await member("guest")).toMatchObject({
      userRole: "guest",
      userPrincipalName: expect.stringContaining("#EXT#"),
      tenantId: rig.teams.tenant.id,
    });
    const federated = await member("federated");
    expect(federated).toMatchObject({ objectId: expect.any(String), userRole: "user" });
    expect(federated.userPrincipalName).toBeUndefined();
    expect(federated.tenantId).not.toBe(rig.teams.tenant.id);
    const { objectId, tenantId, userPrincipalName } = await member("anonymous");
    expect([objectId, tenantId, userPrincipalName]).toEqual([undefined, undefined, undefined]);
  });

  test("of a team is asked for by the team's id; by that of a thread it is a violation", async () => {
    await using rig = await createRig();
    const { thread } = await startThread(rig);
    expect((await rig.call("GET", path(team, "members/29:1ann"))).status).toBe(200);
    expect((await rig.call("GET", path(thread, "members/29:1ann"))).status).toBe(400);
    expect(rig.teams.violations).toHaveLength(1);
  });

  test("knows nobody who is not in it", async () => {
    await using rig = await createRig();
    expect((await rig.call("GET", path(rig.teams.personal("ann"), "members/29:1ben"))).status).toBe(404);
  });

  test("comes in pages", async () => {
    await using rig = await createRig({ people: [{ id: "cleo" }] });
    const first = await rig.call("GET", path(team, "pagedmembers?pageSize=2"));
    const second = await rig.call("GET", path(team, `pagedmembers?pageSize=2&continuationToken=${first.body.continuationToken}`));
    const ids = [first, second].flatMap(({ body }) => Object(body).members.map(({ id }: { id: string }) => id));
    expect(ids).toEqual(["29:1ann", "29:1ben", "29:1cleo"]);
    expect(second.body.continuationToken).toBeUndefined();
  });
});

describe("creating a conversation", () => {
  test("makes a thread in a channel", async () => {
    await using rig = await createRig();
    const parameters = { isGroup: true, channelData: { channel: { id: channel } }, activity: { type: "message", text: "new root" } };
    const { status, body } = await rig.call("POST", "v3/conversations", parameters);
    expect(status).toBe(201);
    expect(body.id).toBe(`${channel};messageid=${body.activityId}`);
    expect((await rig.post(body.id ?? "", "and more")).status).toBe(201);
    expect(rig.teams.thread(channel, String(body.activityId)).messages).toMatchObject([{ text: "new root" }, { text: "and more" }]);
  });

  test("finds the personal chat of one person of this tenant", async () => {
    await using rig = await createRig();
    const parameters = { members: [{ id: "29:1ann" }], tenantId: rig.teams.tenant.id };
    expect(await rig.call("POST", "v3/conversations", parameters)).toMatchObject({ status: 201, body: { id: "a:1ann" } });
    expect((await rig.call("POST", "v3/conversations", { ...parameters, tenantId: "another" })).status).toBe(403);
    const two = { ...parameters, members: [{ id: "29:1ann" }, { id: "29:1ben" }] };
    expect((await rig.call("POST", "v3/conversations", two)).status).toBe(400);
  });
});

test("a request that the service does not know is a violation", async () => {
  await using rig = await createRig();
  expect((await rig.call("PATCH", "v3/conversations/x")).status).toBe(404);
  expect(rig.teams.violations).toEqual(["there is no PATCH /amer/v3/conversations/x"]);
});

function card(content: Readonly<Record<string, unknown>>) {
  return { contentType: "application/vnd.microsoft.card.adaptive", content: { type: "AdaptiveCard", ...content } };
}
