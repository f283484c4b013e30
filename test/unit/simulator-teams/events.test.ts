import { describe, expect, test } from "@jest/globals";
import { until } from "../../support/until.ts";
import { channel, createRig, group, type Rig, team } from "./rig.ts";

const types = ({ received }: Rig) => received.map(({ activity }) => activity.type);

describe("what people say", () => {
  test("arrives from a personal chat as it is, with an HTML copy", async () => {
    await using rig = await createRig();
    const said = await rig.teams.say({ user: "ann", text: "hello" });
    expect(await said.delivered).toEqual([{ type: "message", id: said.id, statuses: [200] }]);
    const { tenant, config } = rig.teams;
    expect(rig.received[0]?.activity).toMatchObject({
      type: "message",
      id: said.id,
      text: "hello",
      channelId: "msteams",
      from: { id: "29:1ann", aadObjectId: tenant.people.get("ann")?.objectId },
      recipient: { id: `28:${config.appId}` },
      conversation: { id: "a:1ann", conversationType: "personal", tenantId: tenant.id },
      channelData: { tenant: { id: tenant.id } },
      attachments: [{ contentType: "text/html", content: "<p>hello</p>" }],
    });
  });

  test("arrives from a channel only when it mentions the bot, and names its thread", async () => {
    await using rig = await createRig();
    await (await rig.teams.say({ channel, user: "ann", text: "lunch?" })).delivered;
    await (await rig.teams.say({ channel, user: "ann", text: "<at>Ben Baker</at> lunch?" })).delivered;
    const root = await rig.teams.say({ channel, user: "ann", text: "help", mention: true });
    await root.delivered;
    const reply = await rig.teams.say({ channel, user: "ben", text: "me too <at>Agent Bridge</at>", threadId: root.id });
    await reply.delivered;
    expect(rig.received.map(({ activity }) => activity.text)).toEqual(["<at>Agent Bridge</at> help\n", "me too <at>Agent Bridge</at>\n"]);
    for (const { activity } of rig.received) {
      expect(activity).toMatchObject({
        conversation: { id: `${channel};messageid=${root.id}`, conversationType: "channel", isGroup: true },
        channelData: { teamsTeamId: team, teamsChannelId: channel, team: { id: team }, channel: { id: channel } },
        entities: [
          { type: "mention", text: "<at>Agent Bridge</at>", mentioned: { id: rig.teams.tenant.app.accountId } },
          { type: "clientInfo" },
        ],
      });
    }
    expect(rig.teams.thread(channel, root.id).replies).toMatchObject([{ user: "ben", calls: ["bot"] }]);
  });

  test("arrives from everywhere in the team with resource-specific consent", async () => {
    await using rig = await createRig();
    rig.teams.tenant.app.consent.channels = true;
    await (await rig.teams.say({ channel, user: "ann", text: "lunch?" })).delivered;
    await (await rig.teams.say({ chat: group, user: "ann", text: "lunch?" })).delivered;
    expect(rig.received.map(({ activity }) => activity.conversation)).toMatchObject([{ conversationType: "channel" }]);
  });

  test("arrives from nowhere once the bot is gone", async () => {
    await using rig = await createRig();
    await (await rig.teams.uninstall({ chat: group, user: "ann" })).delivered;
    const said = await rig.teams.say({ chat: group, user: "ann", text: "hello", mention: true });
    expect(await said.delivered).toEqual([]);
    // As from Teams, the two of them come at the same time: in any order.
    expect(types(rig).toSorted()).toEqual(["conversationUpdate", "installationUpdate"]);
  });

  test("cannot be said by who is not there", async () => {
    await using rig = await createRig({ people: [{ id: "cleo" }] });
    await rig.teams.leave({ chat: group, user: "cleo" });
    await expect(rig.teams.say({ chat: group, user: "cleo", text: "hi" })).rejects.toThrow("cleo is not in");
    await expect(rig.teams.say({ channel, user: "ann", text: "hi", threadId: "1" })).rejects.toThrow("no such thread");
    await expect(rig.teams.say({ chat: group, user: "ann", text: "hi", threadId: "1" })).rejects.toThrow("only channels");
  });

  test("can be had as an activity without being said", async () => {
    await using rig = await createRig();
    const activity = rig.teams.activity({ user: "ann", text: "hello" });
    expect(await rig.teams.deliver({ ...activity, serviceUrl: undefined })).toMatchObject({ status: 200 });
    expect(rig.received[0]?.activity).toMatchObject({ text: "hello" });
    expect(rig.received[0]?.activity.serviceUrl).toBeUndefined();
    expect(rig.teams.chat("a:1ann").messages).toEqual([]);
  });
});

describe("what people do with messages", () => {
  test("edits, deletions and restorations keep the id and name what happened", async () => {
    await using rig = await createRig();
    const { id, delivered } = await rig.teams.say({ user: "ann", text: "helo" });
    await delivered;
    await (await rig.teams.edit({ user: "ann", id, text: "hello" })).delivered;
    await (await rig.teams.remove({ user: "ann", id })).delivered;
    await (await rig.teams.restore({ user: "ann", id })).delivered;
    await rig.teams.settled();
    const changes = rig.received
      .slice(1)
      .map(({ activity }) => [activity.type, activity.id, Object(activity.channelData).eventType, activity.text]);
    expect(changes).toEqual([
      ["messageUpdate", id, "editMessage", "hello"],
      ["messageDelete", id, "softDeleteMessage", undefined],
      ["messageUpdate", id, "undeleteMessage", "hello"],
    ]);
  });

  test("an edit in a channel arrives when the message mentions the bot, before or after", async () => {
    await using rig = await createRig();
    const { id } = await rig.teams.say({ channel, user: "ann", text: "help" });
    await (await rig.teams.edit({ channel, user: "ann", id, text: "help!" })).delivered;
    expect(rig.received).toEqual([]);
    await (await rig.teams.edit({ channel, user: "ann", id, text: "help <at>Agent Bridge</at>" })).delivered;
    await (await rig.teams.edit({ channel, user: "ann", id, text: "never mind" })).delivered;
    expect(types(rig)).toEqual(["messageUpdate", "messageUpdate"]);
  });

  test("nobody changes what others wrote", async () => {
    await using rig = await createRig();
    const { id } = await rig.teams.say({ chat: group, user: "ann", text: "hi" });
    await expect(rig.teams.edit({ chat: group, user: "ben", id, text: "ho" })).rejects.toThrow();
  });

  test("the bot hears of reactions to its own messages", async () => {
    await using rig = await createRig();
    const { body } = await rig.post(group, "done");
    const said = await rig.teams.say({ chat: group, user: "ann", text: "thanks" });
    const like = { chat: group, user: "ben", reaction: "like" };
    await (await rig.teams.react({ ...like, id: said.id })).delivered;
    await (await rig.teams.react({ ...like, id: body.id ?? "" })).delivered;
    await (await rig.teams.react({ ...like, id: body.id ?? "" })).delivered;
    expect(rig.received.map(({ activity }) => activity)).toMatchObject([
      { type: "messageReaction", replyToId: body.id, reactionsAdded: [{ type: "like" }], from: { id: "29:1ben" } },
      { type: "messageReaction", replyToId: body.id, reactionsRemoved: [{ type: "like" }] },
    ]);
  });
});

test("an installation makes two activities, in a team for its General channel", async () => {
  await using rig = await createRig();
  rig.teams.addTeam({ id: "19:new@thread.tacv2", installed: false });
  rig.teams.addChannel({ id: "19:side@thread.tacv2", team: "19:new@thread.tacv2" });
  await (await rig.teams.install({ channel: "19:side@thread.tacv2", user: "ann" })).delivered;
  const conversation = { id: "19:new@thread.tacv2", conversationType: "channel" };
  expect(rig.received.map(({ activity }) => activity).toSorted((a, b) => (a.type ?? "").localeCompare(b.type ?? ""))).toMatchObject([
    {
      type: "conversationUpdate",
      membersAdded: [{ id: rig.teams.tenant.app.accountId }],
      conversation,
      channelData: { eventType: "teamMemberAdded" },
    },
    { type: "installationUpdate", action: "add", conversation },
  ]);
  await expect(rig.teams.install({ channel: "19:new@thread.tacv2", user: "ann" })).rejects.toThrow("already");
});

test("people who come are told of, too", async () => {
  await using rig = await createRig();
  rig.teams.addPerson({ id: "cleo" });
  await (await rig.teams.join({ chat: group, user: "cleo" })).delivered;
  expect(rig.received[0]?.activity).toMatchObject({ type: "conversationUpdate", membersAdded: [{ id: "29:1cleo" }] });
});

describe("delivery", () => {
  test("sends again what was not answered in time, and nothing else", async () => {
    await using rig = await createRig({ answerMs: 400 });
    rig.answer((nth) => (nth <= 2 ? "silent" : { status: 200 }));
    const said = await rig.teams.say({ user: "ann", text: "slow" });
    expect(await said.delivered).toMatchObject([{ statuses: [0, 0, 200] }]);
    expect(new Set(rig.received.map(({ activity }) => activity.id))).toEqual(new Set([said.id]));
    for (const reaction of ["cut", { status: 500 }, { status: 401 }] as const) {
      rig.answer(() => reaction);
      const [delivered] = await (await rig.teams.say({ user: "ann", text: "wrong" })).delivered;
      expect(delivered?.statuses).toHaveLength(1);
    }
  });

  test("gives up after some times", async () => {
    await using rig = await createRig({ answerMs: 30, resends: 2 });
    rig.answer(() => "silent");
    expect(await (await rig.teams.say({ user: "ann", text: "slow" })).delivered).toMatchObject([{ statuses: [0, 0, 0] }]);
  });

  test("sends again after any failure when it is told to", async () => {
    await using rig = await createRig({ resendAfter: "failure" });
    rig.answer((nth) => (nth === 1 ? "cut" : { status: nth === 2 ? 503 : 200 }));
    expect(await (await rig.teams.say({ user: "ann", text: "x" })).delivered).toMatchObject([{ statuses: [0, 503, 200] }]);
  });

  test("repeats, holds back and turns round on demand", async () => {
    await using rig = await createRig();
    rig.teams.disturb({ duplicates: 1 });
    expect(await (await rig.teams.say({ user: "ann", text: "twice" })).delivered).toMatchObject([{ statuses: [200, 200] }]);
    rig.teams.disturb({ hold: true });
    for (const text of ["first", "second"]) await rig.teams.say({ user: "ann", text });
    expect(rig.received).toHaveLength(2);
    rig.teams.release("reversed");
    await rig.teams.settled();
    expect(rig.received.slice(2).map(({ activity }) => activity.text)).toEqual(["second", "first"]);
  });

  test("bends what it sends, raw where it is a text", async () => {
    await using rig = await createRig();
    await rig.teams.deliver("{broken", { contentType: "text/plain", headers: { "x-odd": "1" } });
    expect(rig.received[0]?.headers).toMatchObject({
      "content-type": "text/plain",
      "x-odd": "1",
      authorization: expect.stringContaining("Bearer "),
    });
  });

  test("ends with the simulator, whatever is under way", async () => {
    const rig = await createRig();
    rig.answer(() => "silent");
    const said = await rig.teams.say({ user: "ann", text: "x" });
    await until(() => rig.received.length === 1);
    await rig[Symbol.asyncDispose]();
    expect(await said.delivered).toMatchObject([{ statuses: [0] }]);
  });
});

describe("an ordinary local client", () => {
  test("sends no token and asks for none, and its activities say little", async () => {
    await using rig = await createRig({ plain: true });
    const { threadId = "", delivered } = await rig.teams.say({ channel, user: "ann", text: "hi", mention: true });
    await delivered;
    const { headers, activity } = rig.received[0] ?? {};
    expect(headers?.authorization).toBeUndefined();
    expect(activity).toMatchObject({ channelId: "emulator", conversation: { id: `${channel};messageid=${threadId}` }, channelData: {} });
    expect(activity?.from).toEqual({ id: "29:1ann", name: "Ann Archer" });
    const { tenantId, conversationType } = Object(activity?.conversation);
    expect([tenantId, conversationType]).toEqual([undefined, undefined]);
    const thread = encodeURIComponent(`${channel};messageid=${threadId}`);
    const posted = await fetch(`${rig.teams.serviceUrl}v3/conversations/${thread}/activities`, {
      method: "POST",
      body: JSON.stringify({ type: "message", text: "hello" }),
    });
    const { id } = Object(await posted.json());
    expect((await fetch(`${rig.teams.serviceUrl}v3/conversations/${thread}/activities/${id}`, { method: "DELETE" })).status).toBe(404);
    expect(rig.teams.violations).toEqual([]);
  });
});
