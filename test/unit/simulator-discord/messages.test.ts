import { describe, expect, test } from "@jest/globals";
import { toLink } from "../../../src/simulator/discord/links.ts";
import { home } from "../../../src/simulator/discord/realm.ts";
import { createManualClock } from "../slack/manual-clock.ts";
import { createRig } from "./rig.ts";

const { help, bot, staffRole } = home;
const texts = (messages: readonly { readonly text: string }[]) => messages.map(({ text }) => text);

describe("every call", () => {
  test("wants the token", async () => {
    await using rig = await createRig();
    expect(await rig.call("POST", `channels/${help}/messages`, { content: "hi" }, { authorization: "Bot wrong" })).toMatchObject({
      status: 401,
      body: { code: 0 },
    });
    expect((await rig.call("GET", "gateway/bot", undefined, { authorization: "" })).status).toBe(401);
    expect((await rig.call("GET", "gateway/bot")).body).toMatchObject({ shards: 1, session_start_limit: { remaining: 1_000 } });
    expect(rig.discord.channel(help).messages).toEqual([]);
  });

  test("that there is not, or without the user agent of a bot, is a violation", async () => {
    await using rig = await createRig();
    expect((await rig.call("GET", "nothing/here")).status).toBe(404);
    await rig.call("GET", "users/@me", undefined, { "user-agent": "curl" });
    expect(rig.discord.violations).toEqual([
      "there is no GET /api/v10/nothing/here",
      "a call without the user agent DiscordBot (url, version)",
    ]);
  });
});

describe("a post", () => {
  test.each([
    ["nothing", { content: " " }, 50006],
    ["more than 2,000 characters", { content: "x".repeat(2_001) }, 50035],
    ["a nonce of more than 25 characters", { content: "x", nonce: "x".repeat(26) }, 50035],
    ["a row of six buttons", { content: "x", components: [{ type: 1, components: Array(6).fill({}) }] }, 50035],
    ["two buttons of one id", { content: "x", components: [{ type: 1, components: Array(2).fill(button("a")) }] }, 50035],
    ["an id of more than 100 characters", { content: "x", components: [{ type: 1, components: [button("a".repeat(101))] }] }, 50035],
    ["new components without their flag", { components: [{ type: 10, content: "x" }] }, 50035],
    ["new components beside a text", { content: "x", flags: 32_768, components: [{ type: 10, content: "x" }] }, 50035],
    ["mentions allowed twice", { content: "x", allowed_mentions: { parse: ["users"], users: [bot] } }, 50035],
    ["an answer to nothing", { content: "x", message_reference: { message_id: "1" } }, 50035],
  ])("of %s is refused", async (_, message, code) => {
    await using rig = await createRig();
    expect((await rig.post(help, message)).body.code).toBe(code);
    expect(rig.discord.channel(help).messages).toEqual([]);
  });

  test("shows what it holds", async () => {
    await using rig = await createRig();
    const { body } = await rig.post(help, { content: "Shall I?", components: [{ type: 1, components: [button("yes")] }] });
    await rig.post(help, { flags: 32_768, components: [{ type: 17, components: [{ type: 10, content: "status" }] }] });
    await rig.post(help, { content: "no", message_reference: { message_id: body.id } });
    expect(rig.discord.channel(help).messages).toMatchObject([
      { id: body.id, bot: true, buttons: [{ label: "yes", customId: "yes", disabled: false }] },
      { text: "status" },
      { text: "no", replyTo: body.id },
    ]);
  });

  test("with a nonce that was used a short while ago is the earlier message, wherever it stands", async () => {
    const clock = createManualClock(1_790_000_000_000);
    await using rig = await createRig({ clock, nonceWindowMs: 60_000 });
    const message = { content: "once", nonce: "n1", enforce_nonce: true };
    const first = await rig.post(help, message);
    expect((await rig.post(home.random, message)).body).toMatchObject({ id: first.body.id, channel_id: help });
    await rig.post(help, { ...message, enforce_nonce: false });
    expect(rig.discord.channel(help).messages).toHaveLength(2);
    await clock.advance(60_001);
    await rig.post(help, message);
    expect(rig.discord.channel(help).messages).toHaveLength(3);
  });

  test("calls whom it names, unless it says whom it may call", async () => {
    await using rig = await createRig();
    const ann = `<@${rig.discord.realm.people.get("ann")?.userId}>`;
    const text = `${ann} <@&${staffRole}> @everyone \`${ann}\``;
    await rig.post(help, text);
    await rig.post(help, { content: text, allowed_mentions: { parse: [] } });
    const { body } = await rig.post(help, {
      content: text,
      allowed_mentions: { users: [rig.discord.realm.people.get("ann")?.userId] },
    });
    expect(rig.discord.channel(help).messages.map(({ pings }) => pings)).toEqual([["ann", "@Staff"], [], ["ann"]]);
    await rig.call("PATCH", `channels/${help}/messages/${body.id}`, { content: text });
    expect(rig.discord.channel(help).messages[2]).toMatchObject({ calls: ["ann", `@${staffRole}`], pings: ["ann"] });
  });

  test("wants permissions that the channel may take away", async () => {
    await using rig = await createRig();
    const deny = (bits: bigint) => ({ name: "x", overwrites: [{ id: home.botRole, type: "role", allow: 0n, deny: bits } as const] });
    const silent = rig.discord.addChannel(deny(1n << 11n)).id;
    const hidden = rig.discord.addChannel(deny(1n << 10n)).id;
    expect((await rig.post(silent, "x")).body.code).toBe(50013);
    expect((await rig.post(hidden, "x")).body.code).toBe(50001);
    expect((await rig.post("100000000000000077", "x")).body.code).toBe(10003);
    expect((await rig.post(home.forum, "x")).body.code).toBe(40058);
    const unread = rig.discord.addChannel(deny(1n << 16n)).id;
    rig.discord.say({ user: "ann", channel: unread, text: "x" });
    expect((await rig.call("GET", `channels/${unread}/messages`)).list).toEqual([]);
    rig.discord.kick(home.guild);
    expect((await rig.post(help, "x")).body.code).toBe(50001);
  });

  test("to a person goes by the direct channel, unless they take none", async () => {
    await using rig = await createRig();
    const { userId = "" } = rig.discord.realm.people.get("ann") ?? {};
    const { body } = await rig.call("POST", "users/@me/channels", { recipient_id: userId });
    await rig.post(String(body.id), "hello");
    expect(texts(rig.discord.direct("ann").messages)).toEqual(["hello"]);
    Object.assign(rig.discord.realm.people.get("ann") ?? {}, { closed: true });
    expect((await rig.post(String(body.id), "hello")).body.code).toBe(50007);
  });
});

describe("a message", () => {
  test("is edited and removed by its author", async () => {
    await using rig = await createRig();
    const { body } = await rig.post(help, "first");
    const path = `channels/${help}/messages/${body.id}`;
    expect((await rig.call("PATCH", path, { content: "second" })).status).toBe(200);
    expect(rig.discord.channel(help).messages).toMatchObject([{ text: "second", edited: true }]);
    expect(await rig.call("DELETE", path)).toMatchObject({ status: 204 });
    expect((await rig.call("PATCH", path, { content: "third" })).body.code).toBe(10008);
    const { id } = rig.discord.say({ user: "ann", channel: help, text: "mine" });
    expect((await rig.call("PATCH", `channels/${help}/messages/${id}`, { content: "x" })).body.code).toBe(50005);
    expect((await rig.call("DELETE", `channels/${help}/messages/${id}`)).body.code).toBe(50013);
  });

  test("that is older than an hour can be edited so many times only", async () => {
    const clock = createManualClock(1_790_000_000_000);
    await using rig = await createRig({ clock, oldEdits: 1 });
    const { body } = await rig.post(help, "x");
    await clock.advance(3_600_001);
    const edit = () => rig.call("PATCH", `channels/${help}/messages/${body.id}`, { content: "y" });
    expect([(await edit()).status, (await edit()).body.code]).toEqual([200, 30046]);
  });

  test("takes the bot's reactions", async () => {
    await using rig = await createRig();
    const { id } = rig.discord.say({ user: "ann", channel: help, text: "x" });
    const path = `channels/${help}/messages/${id}/reactions/${encodeURIComponent("👀")}/@me`;
    expect((await rig.call("PUT", path)).status).toBe(204);
    expect(rig.discord.channel(help).messages[0]?.reactions).toEqual(["bot 👀"]);
    await rig.call("DELETE", path);
    expect(rig.discord.channel(help).messages[0]?.reactions).toEqual([]);
  });

  test("shows that the bot types until it writes, or for ten seconds", async () => {
    const clock = createManualClock(1_790_000_000_000);
    await using rig = await createRig({ clock });
    expect((await rig.call("POST", `channels/${help}/typing`)).status).toBe(204);
    expect(rig.discord.channel(help)).toMatchObject({ typing: true, typings: 1 });
    await rig.post(help, "x");
    expect(rig.discord.channel(help).typing).toBe(false);
    await rig.call("POST", `channels/${help}/typing`);
    await clock.advance(10_001);
    expect(rig.discord.channel(help).typing).toBe(false);
  });
});

describe("history", () => {
  test("gives the newest first, and after an id those that follow most closely", async () => {
    await using rig = await createRig();
    const said = Array.from({ length: 120 }, (_, at) =>
      rig.discord.say({ user: "ann", channel: help, text: String(at), at: Date.now() - 120_000 + at }),
    );
    const read = async (query: string) => (await rig.call("GET", `channels/${help}/messages?${query}`)).list.map(({ content }) => content);
    expect(await read("limit=2")).toEqual(["119", "118"]);
    expect(await read(`after=${said[4]?.id}&limit=3`)).toEqual(["7", "6", "5"]);
    expect(await read(`before=${said[4]?.id}&limit=2`)).toEqual(["3", "2"]);
    expect(await read("")).toHaveLength(50);
    expect((await rig.call("GET", `channels/${help}/messages?limit=101`)).body.code).toBe(50035);
  });

  test("holds what was said in the past, of which nobody was told", async () => {
    await using rig = await createRig();
    const at = Date.parse("2026-01-01T10:00:00Z");
    const { id } = rig.discord.say({ user: "ann", channel: help, text: "long ago", at });
    expect(id).toMatch(/^\d{17,19}$/);
    expect((await rig.call("GET", `channels/${help}/messages/${id}`)).body).toMatchObject({ timestamp: "2026-01-01T10:00:00.000Z" });
  });
});

describe("a file", () => {
  test("of the bot is uploaded beside its message", async () => {
    await using rig = await createRig({ fileLimit: 20 });
    const form = (bytes: string) => {
      const data = new FormData();
      data.set("payload_json", JSON.stringify({ content: "here", attachments: [{ id: 0, description: "The answer" }] }));
      data.set("files[0]", new File([bytes], "answer.md", { type: "text/markdown" }));
      return data;
    };
    const { body } = await rig.call("POST", `channels/${help}/messages`, form("# Answer"));
    expect(body.attachments).toMatchObject([{ filename: "answer.md", size: 8, description: "The answer" }]);
    expect(rig.discord.channel(help).messages[0]?.files).toMatchObject([{ name: "answer.md", mediaType: "text/markdown" }]);
    expect((await rig.call("POST", `channels/${help}/messages`, form("x".repeat(21)))).body.code).toBe(40005);
  });

  test("of a person is found by a link that is signed, needs no token, and is over some day", async () => {
    const clock = createManualClock(1_790_000_000_000);
    await using rig = await createRig({ clock, linkLifeMs: 60_000 });
    const { id } = rig.discord.say({
      user: "ann",
      channel: help,
      text: "look",
      files: [{ name: "a b.txt", mediaType: "text/plain", bytes: Buffer.from("some notes") }],
    });
    const { body } = await rig.call("GET", `channels/${help}/messages/${id}`);
    const url = String(Object(body.attachments)[0].url);
    expect(await (await fetch(url)).text()).toBe("some notes");
    expect((await fetch(url.replace(/hm=../, "hm=00"))).status).toBe(404);
    expect((await fetch(url, { headers: { authorization: `Bot ${rig.discord.config.token}` } })).status).toBe(200);
    expect(rig.discord.violations).toEqual(["the bot's token was sent to the file server"]);
    await clock.advance(60_001);
    expect((await fetch(url)).status).toBe(404);
    const [file] = rig.discord.realm.channels.get(help)?.messages[0]?.files ?? [];
    expect(file && (await fetch(toLink(rig.discord.realm, help, file))).status).toBe(200);
  });
});

function button(id: string): object {
  return { type: 2, style: 1, label: id, custom_id: id };
}
