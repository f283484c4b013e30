import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { textReply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { permissions } from "../../../src/simulator/discord/permissions.ts";
import { home } from "../../../src/simulator/discord/realm.ts";
import { until } from "../../support/until.ts";
import { createDiscordWorld, type DiscordWorld } from "./discord-world.ts";

let world: DiscordWorld;
let thread: ThreadRef;
const { signal } = new AbortController();

beforeEach(async () => {
  world = await createDiscordWorld();
  await world.mention("hello bot");
  thread = (await until(() => world.received[0])).thread;
});
afterEach(() => world.stop());

/** Takes a right from the bot's role. */
function forbid(right: keyof typeof permissions): void {
  const role = world.discord.realm.guilds.get(home.guild)?.roles.get(home.botRole);
  if (role) role.permissions &= ~permissions[right];
}

describe("what Discord would not take", () => {
  test("half a character is not sent, in a text or on a button", async () => {
    const choices = [{ id: "0", label: "yes \ud83d" }];
    await world.adapter.post(thread, { ...textReply("cut \ud83d", "question"), choices }, "d1", signal);
    expect(world.seen(thread).map(({ text }) => text)).toEqual(["cut \ufffd"]);
  });

  test("a file that the bot may not attach says so, and the thread is still there", async () => {
    forbid("attachFiles");
    const file = { kind: "file", name: "a.txt", mediaType: "text/plain", bytes: "aGk=" } as const;
    await expect(world.adapter.post(thread, { parts: [file], tone: "answer", notify: false }, "d1", signal)).rejects.toMatchObject({
      kind: "fileRefused",
      explanation: "the bot may not attach files here (an admin can give it that permission)",
    });
    await world.adapter.post(thread, textReply("in its place", "notice"), "d2", signal);
    expect(world.seen(thread).map(({ text }) => text)).toEqual(["in its place"]);
  });

  test("a file for a thread in which the bot may not write at all is no matter of the file", async () => {
    forbid("sendMessagesInThreads");
    await expect(world.adapter.post(thread, textReply("hello", "answer"), "d1", signal)).rejects.toMatchObject({ kind: "threadGone" });
  });
});
