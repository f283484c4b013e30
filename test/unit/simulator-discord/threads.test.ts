import { describe, expect, test } from "@jest/globals";
import { home } from "../../../src/simulator/discord/realm.ts";
import { until } from "../../support/until.ts";
import { createRig, type Rig } from "./rig.ts";
import { openSession } from "./wire.ts";

const { help, forum } = home;

/** Ann asks, and the bot opens a thread on her message. */
async function startThread(rig: Rig): Promise<string> {
  const { id } = rig.discord.say({ user: "ann", channel: help, text: "disk full", mention: true });
  await rig.call("POST", `channels/${help}/messages/${id}/threads`, { name: "disk full", auto_archive_duration: 1_440 });
  return id;
}

describe("a thread", () => {
  test("has the id of its message, and there is one only", async () => {
    await using rig = await createRig();
    const wire = await openSession(rig.discord);
    const id = await startThread(rig);
    expect((await wire.event("THREAD_CREATE")).d).toMatchObject({ id, parent_id: help, type: 11, newly_created: true });
    expect((await wire.event("MESSAGE_UPDATE")).d).toMatchObject({ id, flags: 32, thread: { id } });
    const again = await rig.call("POST", `channels/${help}/messages/${id}/threads`, { name: "again" });
    expect(again).toMatchObject({ status: 400, body: { code: 160004 } });
    expect(rig.discord.channel(help).messages).toMatchObject([{ id, thread: id }]);
    expect(rig.discord.thread(id)).toMatchObject({ name: "disk full", messages: [{ id }], replies: [] });
    expect((await rig.call("GET", `channels/${id}/messages`)).list).toMatchObject([{ type: 21, content: "" }]);
  });

  test.each([
    ["no name", { name: " " }],
    ["a name of more than 100 characters", { name: "x".repeat(101) }],
    ["another time until it closes", { name: "x", auto_archive_duration: 5 }],
  ])("with %s is refused", async (_, body) => {
    await using rig = await createRig();
    const { id } = rig.discord.say({ user: "ann", channel: help, text: "x" });
    expect((await rig.call("POST", `channels/${help}/messages/${id}/threads`, body)).body.code).toBe(50035);
  });

  test("opens again when somebody writes in it, unless it is locked", async () => {
    await using rig = await createRig();
    const id = await startThread(rig);
    const { body } = await rig.post(id, "answer");
    rig.discord.archive(id);
    expect((await rig.call("PATCH", `channels/${id}/messages/${body.id}`, { content: "x" })).body.code).toBe(50083);
    expect((await rig.post(id, "more")).status).toBe(200);
    expect(rig.discord.thread(id)).toMatchObject({ archived: false });
    rig.discord.archive(id);
    rig.discord.say({ user: "ann", channel: id, text: "and?" });
    expect(rig.discord.thread(id).archived).toBe(false);
    rig.discord.archive(id, { locked: true });
    expect((await rig.post(id, "even more")).body.code).toBe(160005);
    expect((await rig.call("PATCH", `channels/${id}`, { archived: false })).body.code).toBe(160005);
    expect(() => rig.discord.say({ user: "ann", channel: id, text: "hm" })).toThrow("locked");
  });

  test("that is closed is not among those of a new session, and is told after the message that opens it", async () => {
    await using rig = await createRig();
    const [open, closed] = [await startThread(rig), await startThread(rig)];
    rig.discord.archive(closed);
    const wire = await openSession(rig.discord);
    expect((await wire.event("GUILD_CREATE")).d.threads).toMatchObject([{ id: open }]);
    rig.discord.say({ user: "ann", channel: closed, text: "still there?" });
    await wire.event("THREAD_UPDATE");
    expect(wire.frames.map(({ t }) => t).slice(-2)).toEqual(["MESSAGE_CREATE", "THREAD_UPDATE"]);
    const active = await rig.call("GET", `guilds/${home.guild}/threads/active`);
    expect(active.body.threads).toMatchObject([{ id: open }, { id: closed }]);
    rig.discord.archive(open);
    const archived = await rig.call("GET", `channels/${help}/threads/archived/public`);
    expect(archived.body.threads).toMatchObject([{ id: open, thread_metadata: { archived: true, locked: false } }]);
  });

  test("is renamed by whoever opened it, who then is told so", async () => {
    await using rig = await createRig();
    const id = await startThread(rig);
    expect((await rig.call("PATCH", `channels/${id}`, { name: "A full disk" })).body).toMatchObject({ name: "A full disk" });
    const { id: theirs } = rig.discord.openThread({ user: "ann", channel: help, name: "ours" });
    expect((await rig.call("PATCH", `channels/${theirs}`, { name: "x" })).body.code).toBe(50013);
    expect((await rig.call("PATCH", `channels/${id}`, { locked: true })).body.code).toBe(50013);
  });

  test("goes with its channel", async () => {
    await using rig = await createRig();
    const wire = await openSession(rig.discord);
    const id = await startThread(rig);
    rig.discord.removeChannel(help);
    await wire.event("CHANNEL_DELETE");
    expect(wire.frames.some(({ t }) => t === "THREAD_DELETE")).toBe(true);
    expect((await rig.post(id, "x")).body.code).toBe(10003);
  });

  test("wants the permission to open one", async () => {
    await using rig = await createRig();
    const overwrites = [{ id: home.botRole, type: "role", allow: 0n, deny: 1n << 35n } as const];
    const channel = rig.discord.addChannel({ name: "no threads", overwrites }).id;
    const { id } = rig.discord.say({ user: "ann", channel, text: "x" });
    expect((await rig.call("POST", `channels/${channel}/messages/${id}/threads`, { name: "x" })).body.code).toBe(50013);
  });
});

describe("a post in a forum", () => {
  test("is a thread whose first message has its id", async () => {
    await using rig = await createRig();
    const wire = await openSession(rig.discord);
    const { id } = rig.discord.post({ user: "ann", forum, title: "Printer", text: "It is on fire", mention: true });
    expect((await wire.event("MESSAGE_CREATE")).d).toMatchObject({ id, channel_id: id, channel_type: 11 });
    await rig.post(id, "Leave the room");
    expect(rig.discord.thread(id)).toMatchObject({ name: "Printer", messages: [{ id }, { text: "Leave the room" }] });
    const made = await rig.call("POST", `channels/${forum}/threads`, { name: "News", message: { content: "All is well" } });
    expect(made.body).toMatchObject({ message: { id: made.body.id, content: "All is well" } });
    expect(rig.discord.threads(forum).map(({ name }) => name)).toEqual(["Printer", "News"]);
  });
});

test("people are told apart from webhooks, and have roles", async () => {
  await using rig = await createRig();
  rig.discord.addPerson({ id: "hal", bot: true });
  const wire = await openSession(rig.discord);
  rig.discord.say({ user: "ann", channel: help, text: "me" });
  rig.discord.say({ user: "hal", channel: help, text: "a bot" });
  rig.discord.say({ user: "ann", channel: help, text: "a hook", webhook: "News" });
  const heard = () => wire.frames.filter(({ t }) => t === "MESSAGE_CREATE").map(({ d }) => d);
  await until(() => heard().length === 3);
  expect(heard()).toMatchObject([
    { author: { username: "ann", global_name: "Ann Archer" }, member: { roles: [home.staffRole] } },
    { author: { bot: true } },
    { author: { username: "News", bot: true }, webhook_id: expect.any(String) },
  ]);
  const { userId } = rig.discord.realm.people.get("ann") ?? {};
  const member = await rig.call("GET", `guilds/${home.guild}/members/${userId}`);
  expect(member.body).toMatchObject({ roles: [home.staffRole], user: { id: userId } });
  expect(JSON.stringify(member.body)).not.toContain("mail");
});
