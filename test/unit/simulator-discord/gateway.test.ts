import { describe, expect, test } from "@jest/globals";
import { home } from "../../../src/simulator/discord/realm.ts";
import { until } from "../../support/until.ts";
import { createManualClock } from "../slack/manual-clock.ts";
import { createRig, type Rig } from "./rig.ts";
import { everything, identify, openSession, openWire } from "./wire.ts";

const say = ({ discord }: Rig, text: string, more: object = {}) => discord.say({ user: "ann", channel: home.help, text, ...more });

describe("a connection", () => {
  test("is greeted, and after IDENTIFY told who it is and what guilds there are", async () => {
    await using rig = await createRig();
    const wire = await openWire(rig.discord);
    expect(await wire.frame(10)).toMatchObject({ d: { heartbeat_interval: 41_250 } });
    wire.send(2, identify(rig.discord));
    const guild = await wire.event("GUILD_CREATE");
    expect(wire.frames.map(({ t, s }) => [t, s])).toEqual([
      [null, null],
      ["READY", 1],
      ["GUILD_CREATE", 2],
    ]);
    expect(guild.d.channels).toMatchObject([{ id: home.category }, { id: home.help, type: 0, last_message_id: null }, {}, { type: 15 }]);
    wire.send(1, 2);
    expect(await wire.frame(11)).toMatchObject({ op: 11 });
  });

  test.each([
    ["a token that is wrong", 4004, (rig: Rig) => ({ ...Object(identify(rig.discord)), token: "wrong" })],
    ["an intent that there is not", 4013, (rig: Rig) => identify(rig.discord, 1 << 30)],
    ["an intent that is not granted", 4014, (rig: Rig) => identify(rig.discord, everything | 2)],
    ["no properties", 4002, (rig: Rig) => ({ ...Object(identify(rig.discord)), properties: undefined })],
  ])("is closed for %s", async (_, code, toIdentify) => {
    await using rig = await createRig();
    const wire = await openWire(rig.discord);
    wire.send(2, toIdentify(rig));
    expect(await until(() => wire.closed.code)).toBe(code);
  });

  test("is closed for asking to read messages while the portal's switch is off", async () => {
    await using rig = await createRig({ messageContent: false });
    const wire = await openWire(rig.discord);
    wire.send(2, identify(rig.discord));
    expect(await until(() => wire.closed.code)).toBe(4014);
  });

  test.each([
    ["speaking before IDENTIFY", 4003, false, '{"op":3,"d":{}}'],
    ["an opcode that there is not", 4001, true, '{"op":99,"d":{}}'],
    ["a frame that is no JSON", 4002, true, "{"],
    ["a frame that is too long", 4002, true, JSON.stringify({ op: 1, d: "x".repeat(5_000) })],
    ["a second IDENTIFY", 4005, true, '{"op":2,"d":{}}'],
  ])("is closed for %s", async (_, code, identified, raw) => {
    await using rig = await createRig();
    const wire = identified ? await openSession(rig.discord) : await openWire(rig.discord);
    wire.raw(raw);
    expect(await until(() => wire.closed.code)).toBe(code);
  });

  test("is closed for more than 120 frames in a minute", async () => {
    await using rig = await createRig();
    const wire = await openSession(rig.discord);
    for (let beat = 0; beat < 130; beat++) wire.send(1, beat);
    expect(await until(() => wire.closed.code)).toBe(4008);
  });

  test("is cut off when its heartbeat stays away", async () => {
    await using rig = await createRig({ heartbeatMs: 50 });
    const wire = await openSession(rig.discord);
    expect(await until(() => wire.closed.code)).toBe(4009);
  });

  test("that asks for another version or encoding is a violation", async () => {
    await using rig = await createRig();
    await openWire(rig.discord, "?v=9&encoding=etf");
    expect(rig.discord.violations).toEqual(["a gateway connection to /?v=9&encoding=etf"]);
  });
});

describe("events", () => {
  test("go to sessions with their intent only", async () => {
    await using rig = await createRig();
    const [all, direct] = await Promise.all([openSession(rig.discord), openSession(rig.discord, 1 << 12)]);
    say(rig, "in the guild");
    rig.discord.say({ user: "ann", text: "between us" });
    expect((await direct.event("MESSAGE_CREATE")).d).toMatchObject({ content: "between us", channel_type: 1 });
    await until(() => all.frames.filter(({ t }) => t === "MESSAGE_CREATE").length === 2);
    expect(direct.frames.filter(({ t }) => t === "MESSAGE_CREATE")).toHaveLength(1);
  });

  test("keep what people write to themselves without the intent, but for mentions and direct messages", async () => {
    await using rig = await createRig({ messageContent: false });
    const wire = await openSession(rig.discord, everything & ~(1 << 15));
    const file = { name: "a.txt", mediaType: "text/plain", bytes: Buffer.from("a") };
    say(rig, "secret", { files: [file] });
    say(rig, "open", { mention: true });
    rig.discord.say({ user: "ann", text: "direct" });
    const heard = () => wire.frames.filter(({ t }) => t === "MESSAGE_CREATE");
    await until(() => heard().length === 3);
    expect(heard().map(({ d }) => d.content)).toEqual(["", `<@${home.bot}> open`, "direct"]);
    expect(heard()[0]?.d.attachments).toEqual([]);
    expect((await rig.call("GET", `channels/${home.help}/messages`)).list.map(({ content }) => content)).toEqual([
      `<@${home.bot}> open`,
      "",
    ]);
  });

  test("of channels that the bot cannot see do not come", async () => {
    await using rig = await createRig();
    const secret = rig.discord.addChannel({
      name: "secret",
      overwrites: [{ id: home.botRole, type: "role", allow: 0n, deny: 1n << 10n }],
    });
    const wire = await openSession(rig.discord);
    rig.discord.say({ user: "ann", channel: secret.id, text: "psst" });
    say(rig, "hello");
    expect((await wire.event("MESSAGE_CREATE")).d.content).toBe("hello");
  });

  test("do not tell the type of their channel, if it is wanted so", async () => {
    await using rig = await createRig({ tellsChannelType: false });
    const wire = await openSession(rig.discord);
    say(rig, "hello");
    expect((await wire.event("MESSAGE_CREATE")).d.channel_type).toBeUndefined();
  });
});

describe("a session", () => {
  const resume = async (rig: Rig, session: string, seq: number) => {
    const wire = await openWire(rig.discord);
    wire.send(6, { token: rig.discord.config.token, session_id: session, seq });
    return wire;
  };

  test("that is resumed is told what it missed, once and in order", async () => {
    await using rig = await createRig();
    const before = await openSession(rig.discord);
    say(rig, "heard");
    const { s } = await before.event("MESSAGE_CREATE");
    before.cut();
    await until(() => rig.discord.gateway.sessions()[0]?.connected === false);
    for (const text of ["missed", "missed too"]) say(rig, text);
    const after = await resume(rig, before.session, s ?? 0);
    await after.event("RESUMED");
    expect(after.frames.slice(1).map(({ t, s, d }) => [t, s, d.content])).toEqual([
      ["MESSAGE_CREATE", 4, "missed"],
      ["MESSAGE_CREATE", 5, "missed too"],
      ["RESUMED", 6, undefined],
    ]);
    expect(rig.discord.counters()).toMatchObject({ identifies: 1, resumes: 1, connections: 2, refusals: 0 });
  });

  test("that nobody knows, or that is over, cannot be resumed", async () => {
    const clock = createManualClock();
    await using rig = await createRig({ clock, resumeMs: 1_000 });
    expect(await (await resume(rig, "unknown", 0)).frame(9)).toMatchObject({ d: false });
    const old = await openSession(rig.discord);
    old.cut();
    await until(() => rig.discord.gateway.sessions()[0]?.connected === false);
    await clock.advance(1_001);
    expect(await (await resume(rig, old.session, 2)).frame(9)).toMatchObject({ d: false });
  });

  test("is over when its client says goodbye", async () => {
    await using rig = await createRig();
    const wire = await openSession(rig.discord);
    wire.close(1000);
    await until(() => rig.discord.gateway.sessions().length === 0);
    expect(await (await resume(rig, wire.session, 2)).frame(9)).toMatchObject({ d: false });
  });

  test("cannot be resumed from a number that was never sent, nor with another token", async () => {
    await using rig = await createRig();
    const { session } = await openSession(rig.discord);
    const ahead = await resume(rig, session, 99);
    expect(await until(() => ahead.closed.code)).toBe(4007);
    const stranger = await openWire(rig.discord);
    stranger.send(6, { token: "wrong", session_id: session, seq: 2 });
    expect(await until(() => stranger.closed.code)).toBe(4004);
  });

  test("can be asked to reconnect, be invalidated, forgotten and cut", async () => {
    await using rig = await createRig();
    const { gateway } = rig.discord;
    const wire = await openSession(rig.discord);
    gateway.reconnect();
    expect(await wire.frame(7)).toMatchObject({ op: 7 });
    gateway.invalidate({ resumable: true });
    expect(await wire.frame(9)).toMatchObject({ d: true });
    expect(gateway.sessions()).toHaveLength(1);
    gateway.forget();
    gateway.disconnect(4000);
    expect(await until(() => wire.closed.code)).toBe(4000);
    expect(await (await resume(rig, wire.session, 2)).frame(9)).toMatchObject({ d: false });
    gateway.refuse(4002);
    const refused = await openWire(rig.discord);
    expect(await until(() => refused.closed.code)).toBe(4002);
  });

  test("is told late what was held back, and still in order", async () => {
    await using rig = await createRig();
    const wire = await openSession(rig.discord);
    rig.discord.gateway.pause();
    for (const text of ["one", "two"]) say(rig, text);
    wire.send(1, 2);
    await wire.frame(11);
    expect(wire.frames.some(({ t }) => t === "MESSAGE_CREATE")).toBe(false);
    rig.discord.gateway.resume();
    await until(() => wire.frames.filter(({ t }) => t === "MESSAGE_CREATE").length === 2);
    rig.discord.gateway.repeat();
    const heard = () => wire.frames.filter(({ t }) => t === "MESSAGE_CREATE");
    await until(() => heard().length === 3);
    expect(heard().map(({ d, s }) => [s, d.content])).toEqual([
      [3, "one"],
      [4, "two"],
      [5, "two"],
    ]);
  });

  test("hears nothing at all when everything is held, and is greeted afterwards", async () => {
    await using rig = await createRig();
    rig.discord.gateway.pause("everything");
    const wire = await openWire(rig.discord);
    wire.send(1, null);
    await until(() => rig.discord.counters().heartbeats === 1);
    expect(wire.frames).toEqual([]);
    rig.discord.gateway.resume();
    expect(await wire.frame(10)).toMatchObject({ op: 10 });
  });

  test("cannot follow another at once where Discord's pace is kept", async () => {
    await using rig = await createRig({ identifyMs: 60_000 });
    await openSession(rig.discord);
    const second = await openWire(rig.discord);
    second.send(2, identify(rig.discord));
    expect(await second.frame(9)).toMatchObject({ d: false });
  });
});
