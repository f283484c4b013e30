import { describe, expect, test } from "@jest/globals";
import {
  ActionRowBuilder,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  type Client,
  Events,
  type Message,
  MessageFlags,
} from "discord.js";
import { home } from "../../../src/simulator/discord/realm.ts";
import { until } from "../../support/until.ts";
import { createRig } from "./rig.ts";

const { help } = home;

function listen(client: Client): Message[] {
  const heard: Message[] = [];
  client.on(Events.MessageCreate, (message) => void heard.push(message));
  return heard;
}

async function channelOf(client: Client, id: string) {
  const channel = await client.channels.fetch(id);
  if (!channel?.isSendable()) throw new Error(`${id} takes no messages`);
  return channel;
}

describe("the real client", () => {
  test("signs in, hears a mention, opens a thread, answers there, and hears what follows", async () => {
    await using rig = await createRig();
    const client = await rig.connect();
    const heard = listen(client);
    const { id } = rig.discord.say({ user: "ann", channel: help, text: "my disk is full", mention: true });
    const mention = await until(() => heard[0]);
    expect(mention.mentions.has(client.user.id)).toBe(true);
    const thread = await mention.startThread({ name: "my disk is full" });
    expect(thread.id).toBe(id);
    const answer = await thread.send("Which one?");
    await answer.edit("Which disk?");
    rig.discord.say({ user: "ann", channel: thread.id, text: "the first" });
    await until(() => heard.find(({ content }) => content === "the first"));
    expect(rig.discord.thread(id).messages.map(({ text }) => text)).toEqual([`<@${home.bot}> my disk is full`, "Which disk?", "the first"]);
    expect(thread.sendable).toBe(true);
    expect(rig.discord.violations).toEqual([]);
  });

  test("rejects a bad token and a missing intent at the start", async () => {
    await using off = await createRig({ messageContent: false });
    await expect(off.connect()).rejects.toThrow("disallowed intents");
    await using rig = await createRig();
    Object.assign(rig.discord.realm.app, { token: "another" });
    await expect(rig.connect()).rejects.toMatchObject({ code: "TokenInvalid" });
  });

  test.each(["dropAfter", "resetAfter", "hangAfter"] as const)(
    "posts once when the answer is lost and it posts again: %s",
    async (kind) => {
      await using rig = await createRig();
      const channel = await channelOf(await rig.connect({ timeoutMs: 500 }), help);
      rig.discord.fault({ kind, operation: "post" });
      // Whether the client repeats it by itself depends on how the answer was lost.
      const send = () => channel.send({ content: "once", nonce: "delivery-1", enforceNonce: true });
      const first = await send().catch(() => undefined);
      const second = await send();
      expect(rig.discord.calls("post").length).toBeGreaterThan(1);
      expect(rig.discord.channel(help).messages).toMatchObject([{ id: first?.id ?? second.id, text: "once" }]);
    },
  );

  test("repeats a post after a server error, which is the same post only with an enforced nonce", async () => {
    await using rig = await createRig();
    const channel = await channelOf(await rig.connect(), help);
    for (const enforceNonce of [true, false]) {
      rig.discord.fault({ kind: "502", after: true, operation: "post" });
      await channel.send({ content: `${enforceNonce}`, nonce: `delivery-${enforceNonce}`, enforceNonce });
    }
    expect(rig.discord.channel(help).messages.map(({ text }) => text)).toEqual(["true", "false", "false"]);
  });

  test("is told after a resume what it missed, and nothing after its session was forgotten", async () => {
    await using rig = await createRig();
    const client = await rig.connect();
    const heard = listen(client);
    let ready = 0;
    client.on(Events.ShardReady, () => {
      ready += 1;
    });
    rig.discord.gateway.disconnect();
    rig.discord.say({ user: "ann", channel: help, text: "missed" });
    await until(() => heard.length === 1);
    expect(rig.discord.counters()).toMatchObject({ identifies: 1, resumes: 1 });
    rig.discord.gateway.forget();
    rig.discord.gateway.disconnect();
    rig.discord.say({ user: "ann", channel: help, text: "lost" });
    await until(() => ready === 1, 20_000);
    rig.discord.say({ user: "ann", channel: help, text: "heard again" });
    await until(() => heard.length === 2);
    expect(heard.map(({ content }) => content)).toEqual(["missed", "heard again"]);
  });

  test("hears direct messages and threads that it had forgotten, as far as it is told the type of their channel", async () => {
    await using rig = await createRig();
    const { id } = rig.discord.say({ user: "ann", channel: help, text: "old" });
    rig.discord.openThread({ user: "ann", channel: help, message: id, name: "old thread" });
    rig.discord.archive(id);
    const client = await rig.connect();
    const heard = listen(client);
    rig.discord.say({ user: "ann", text: "direct" });
    await until(() => heard.find(({ content }) => content === "direct"));
    expect(client.channels.cache.has(id)).toBe(false);
    rig.discord.say({ user: "ann", channel: id, text: "still there?" });
    const late = await until(() => heard.find(({ content }) => content === "still there?"));
    expect((await late.channel.fetch()).isThread()).toBe(true);
    await using mute = await createRig({ tellsChannelType: false });
    const deaf = listen(await mute.connect());
    mute.discord.say({ user: "ann", text: "direct" });
    mute.discord.say({ user: "ann", channel: help, text: "in a channel" });
    await until(() => deaf.length > 0);
    expect(deaf.map(({ content }) => content)).toEqual(["in a channel"]);
  });

  test("keeps to the limits that the headers tell: not one 429", async () => {
    await using rig = await createRig({ rateLimits: { post: [5, 300] } });
    const channel = await channelOf(await rig.connect(), help);
    await Promise.all(Array.from({ length: 20 }, (_, at) => channel.send(`${at}`)));
    expect(rig.discord.channel(help).messages.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, at) => `${at}`));
    expect(rig.discord.counters().tooMany).toBe(0);
  });

  test("answers commands, forms and buttons", async () => {
    await using rig = await createRig();
    const client = await rig.connect();
    await client.application.commands.set([
      { name: "ask", description: "Ask", options: [{ type: 3, name: "prompt", description: "What", required: true }] },
    ]);
    client.on(Events.InteractionCreate, async (interaction) => {
      if (interaction.isChatInputCommand()) {
        await interaction.deferReply({ flags: MessageFlags.Ephemeral });
        await interaction.editReply(`You ask: ${interaction.options.getString("prompt")}`);
      } else if (interaction.isButton()) await interaction.update({ content: `${interaction.user.displayName} agrees`, components: [] });
    });
    expect(await rig.discord.command({ user: "ann", channel: help, name: "ask", options: { prompt: "Why?" } })).toMatchObject({
      kind: "deferred",
    });
    await until(() => rig.discord.channel(help).private[0]?.text === "You ask: Why?");
    const button = new ButtonBuilder().setCustomId("yes").setLabel("Yes").setStyle(ButtonStyle.Success);
    const row = new ActionRowBuilder<ButtonBuilder>().addComponents(button);
    const { id } = await (await channelOf(client, help)).send({ content: "Shall I?", components: [row] });
    expect(await rig.discord.click({ user: "ben", channel: help, id, button: "Yes" })).toMatchObject({ kind: "updated" });
    expect(rig.discord.channel(help).messages).toMatchObject([{ text: "Ben Baker agrees", buttons: [] }]);
    expect(rig.discord.violations).toEqual([]);
  });

  test("uploads files, and reads history and active threads", async () => {
    await using rig = await createRig();
    const client = await rig.connect();
    const channel = await channelOf(client, help);
    const sent = await channel.send({ content: "here", files: [new AttachmentBuilder(Buffer.from("# hi"), { name: "answer.md" })] });
    expect(sent.attachments.first()).toMatchObject({ name: "answer.md", size: 4 });
    const { id } = rig.discord.post({ user: "ann", forum: home.forum, title: "Printer", text: "on fire" });
    const active = await (await client.guilds.fetch(home.guild)).channels.fetchActiveThreads();
    expect([...active.threads.keys()]).toEqual([id]);
    const history = await channel.messages.fetch({ limit: 10, after: "1" });
    expect(history.map(({ content }) => content)).toEqual(["here"]);
  });
});
