import { describe, expect, test } from "@jest/globals";
import { Events, type Message } from "discord.js";
import { home } from "../../../src/simulator/discord/realm.ts";
import { until } from "../../support/until.ts";
import { createRig } from "./rig.ts";

describe("the real client", () => {
  test("signs in, hears a mention, opens a thread, answers there, and hears what follows", async () => {
    await using rig = await createRig();
    const client = await rig.connect();
    const heard: Message[] = [];
    client.on(Events.MessageCreate, (message) => void heard.push(message));
    const { id } = rig.discord.say({ user: "ann", channel: home.help, text: "my disk is full", mention: true });
    const mention = await until(() => heard[0]);
    expect(mention.mentions.has(client.user.id)).toBe(true);
    const thread = await mention.startThread({ name: "my disk is full" });
    expect(thread.id).toBe(id);
    const answer = await thread.send("Which one?");
    await answer.edit("Which disk?");
    rig.discord.say({ user: "ann", channel: thread.id, text: "the first" });
    await until(() => heard.find(({ content }) => content === "the first"));
    expect(rig.discord.thread(id).messages.map(({ text }) => text)).toEqual([`<@${home.bot}> my disk is full`, "Which disk?", "the first"]);
    expect(rig.discord.channel(home.help).messages).toMatchObject([{ id, thread: id }]);
    expect(await rig.call("POST", `channels/${home.help}/messages/${id}/threads`, { name: "again" })).toMatchObject({
      status: 400,
      body: { code: 160004 },
    });
    expect(rig.discord.violations).toEqual([]);
  });
});
