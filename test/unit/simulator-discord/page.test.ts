import { describe, expect, test } from "@jest/globals";
import { home } from "../../../src/simulator/discord/realm.ts";
import { createDiscordPlatform } from "../../../src/simulator/page/discord.ts";
import type { PlatformAct } from "../../../src/simulator/page/platform.ts";
import { typeCommand } from "../../../src/simulator/page/slash.ts";
import { until } from "../../support/until.ts";
import { createRig, type Rig } from "./rig.ts";
import { openSession } from "./wire.ts";

const { help, forum, bot } = home;

function createPage(rig: Rig) {
  const page = createDiscordPlatform({ simulator: rig.discord });
  const troubles: string[] = [];
  const act = (given: PlatformAct) => page.act(given, (words) => void troubles.push(words));
  return {
    ...page,
    troubles,
    act,
    say: (room: string, text: string, thread?: string) => act({ kind: "say", room, user: "ann", text, thread, files: [] }),
  };
}

/** Answers every interaction in this way. */
async function answering(rig: Rig, toBody: (type: unknown) => object): Promise<void> {
  const wire = await openSession(rig.discord);
  const answered = new Set<unknown>();
  const watch = setInterval(() => {
    for (const { t, d } of wire.frames) {
      if (t !== "INTERACTION_CREATE" || answered.has(d.id)) continue;
      answered.add(d.id);
      void rig.call("POST", `interactions/${d.id}/${d.token}/callback`, toBody(d.type));
    }
  }, 5);
  watch.unref();
}

describe("the page's view of Discord", () => {
  test("lists channels by their category, the forum, and one's own direct messages", async () => {
    await using rig = await createRig();
    const page = createPage(rig);
    expect(page.rooms("ann").map(({ name, kind, section, mention }) => [name, kind, section, mention])).toEqual([
      ["help", "channel", "Support", "first"],
      ["random", "channel", "Text channels", "first"],
      ["questions", "forum", "Text channels", "first"],
      ["Agent Bridge", "direct", "Direct messages", "never"],
    ]);
    expect(page.people()).toMatchObject([{ id: "ann" }, { id: "ben" }]);
    expect(page.lane(help, "1")).toBe(`discord:${home.guild}:${help}:1`);
    expect(page.lane(help, undefined)).toBeUndefined();
    const direct = page.rooms("ann").at(-1)?.id ?? "";
    expect(page.lane(direct, undefined)).toBe(`discord:dm:${direct}:chat`);
  });

  test("names people and threads in words, and says when nobody hears it", async () => {
    await using rig = await createRig();
    const page = createPage(rig);
    const { message = "" } = await page.say(help, "@Agent Bridge ask @Ben Baker");
    expect(rig.discord.channel(help).messages).toMatchObject([{ text: `<@${bot}> ask <@${rig.discord.realm.people.get("ben")?.userId}>` }]);
    await rig.call("POST", `channels/${help}/messages/${message}/threads`, { name: "A question" });
    await rig.post(message, `See <#${message}>`);
    expect(page.room(help, "ann").messages).toMatchObject([{ id: message, text: `<@${bot}> ask <@ben>`, mine: true, replies: 1 }]);
    expect(page.thread(help, message, "ann")?.messages).toMatchObject([
      { id: message },
      { text: "See **#A question**", author: { app: true } },
    ]);
    expect(page.troubles).toEqual(["The bridge is not connected. It reads this when it is back."]);
  });

  test("opens a post in a forum, and a thread where one answers a message that has none", async () => {
    await using rig = await createRig();
    await openSession(rig.discord);
    const page = createPage(rig);
    const { message: post = "" } = await page.say(forum, "@Agent Bridge The printer\nIt is on fire");
    expect(page.room(forum, "ann").messages).toMatchObject([{ id: post, text: `**The printer**\n<@${bot}> The printer\nIt is on fire` }]);
    const { message: root = "" } = await page.say(help, "anybody?");
    expect(page.thread(help, root, "ann")?.messages).toMatchObject([{ id: root }]);
    const { message: reply = "" } = await page.say(help, "me", root);
    expect(rig.discord.thread(root).replies).toMatchObject([{ id: reply, text: "me" }]);
    await page.act({ kind: "edit", room: help, user: "ann", message: reply, text: "not me" });
    await page.act({ kind: "remove", room: help, user: "ann", message: root });
    expect(rig.discord.thread(root).replies).toMatchObject([{ text: "not me", edited: true }]);
    expect(page.troubles).toEqual([]);
  });

  test("types commands, presses buttons and fills in forms", async () => {
    await using rig = await createRig();
    const page = createPage(rig);
    await rig.call("PUT", `applications/${bot}/commands`, [
      { name: "ask", description: "Ask", options: [{ type: 3, name: "prompt", description: "What", required: true }] },
    ]);
    const input = { type: 18, label: "Your answer", component: { type: 4, custom_id: "text", style: 2 } };
    const form = { type: 9, data: { custom_id: "form", title: "Answer", components: [input] } };
    await answering(rig, (type) => (type === 3 ? form : { type: 4, data: { content: "Done", flags: 64 } }));
    await page.say(help, "/ask why?");
    await until(() => page.room(help, "ann").messages.find(({ text, private: alone }) => alone && text === "Done"));
    expect(page.room(help, "ben").messages).toEqual([]);
    const components = [{ type: 1, components: [{ type: 2, style: 2, label: "Other…", custom_id: "other" }] }];
    const { body } = await rig.post(help, { content: "Which one?", components });
    await page.act({ kind: "click", room: help, user: "ben", message: body.id ?? "", button: "other", inputs: {} });
    const dialog = await until(() => page.dialog?.("ben"));
    expect(dialog).toMatchObject({ title: "Answer", fields: [{ id: "text", label: "Your answer" }] });
    await page.act({ kind: "submit", user: "ben", dialog: dialog.id, inputs: { text: "the first" } });
    expect(page.dialog?.("ben")).toBeUndefined();
    await until(() => page.room(help, "ben").messages.some(({ private: alone }) => alone));
    expect(page.troubles).toEqual([]);
  });

  test("says when a command has no answer, or is none", async () => {
    await using rig = await createRig({ ackMs: 50 });
    const page = createPage(rig);
    await rig.call("PUT", `applications/${bot}/commands`, [{ name: "whoami", description: "Who" }]);
    await page.say(help, "/whoami");
    await until(() => page.troubles.length > 0);
    expect(page.troubles).toEqual(["The application did not respond."]);
    await expect(page.say(help, "/who")).rejects.toThrow("there is no command /who; there are /whoami");
  });
});

test("a command takes the text that follows, its word, and a file", async () => {
  await using rig = await createRig();
  const { app } = rig.discord.realm;
  const file = { name: "a.txt", mediaType: "text/plain", bytes: Buffer.from("a") };
  const options = [
    { type: 3, name: "prompt", description: "What" },
    { type: 11, name: "file", description: "File" },
  ];
  await rig.call("PUT", `applications/${bot}/commands`, [
    { name: "ask", description: "Ask", options },
    { name: "agent", description: "More", options: [{ type: 1, name: "stop", description: "Stop", options: [options[0]] }] },
  ]);
  expect(typeCommand({ app }, "/ask why\nnot?", [file])).toEqual({ name: "ask", options: { prompt: "why\nnot?", file } });
  expect(typeCommand({ app }, "/agent stop now", [])).toEqual({ name: "agent", sub: "stop", options: { prompt: "now" } });
  expect(typeCommand({ app }, "ask why", [])).toBeUndefined();
});
