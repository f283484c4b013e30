import { directWorkspace } from "../../../adapters/discord/address.ts";
import { home } from "../../../src/simulator/discord/realm.ts";
import type { Shown } from "../../../src/simulator/discord/show.ts";
import { createDiscordSimulator, type DiscordSimulator } from "../../../src/simulator/discord/simulator.ts";
import { until } from "../until.ts";
import type { Chat, Talk, Testimony } from "./chat.ts";
import { judgeTalks, type Post, type Verdict } from "./judge.ts";
import { type Party, toAnswer } from "./parties.ts";
import type { Platform } from "./scene.ts";

const messagesEach = 3;
/** Agents that are talked to alone beside their channel thread, and by whom. */
const directs = new Map([
  ["stream", "ann"],
  ["push", "ben"],
]);
const patienceMs = 60_000;

interface DiscordTalk extends Talk {
  readonly channel: string;
  readonly user: string;
  readonly direct: boolean;
  readonly messages: { id: string; text: string }[];
}

export const discordPlatform: Platform = { createChat: createDiscordChat, expiryMinutes: 0.3 };

/** A server with a channel for each agent and one thread in each, and two direct messages; three messages in every one of them. */
async function createDiscordChat(parties: readonly Party[]): Promise<Chat> {
  const discord = await createDiscordSimulator();
  const talks = parties.flatMap(({ name }): readonly DiscordTalk[] => {
    const user = directs.get(name);
    const common = { agent: name, toEvent: (id: string) => `discord:${id}` };
    const thread = { ...common, channel: discord.addChannel({ name }).id, user: "ann", direct: false, messages: [] };
    return user === undefined ? [thread] : [thread, { ...common, channel: discord.direct(user).id, user, direct: true, messages: [] }];
  });
  return {
    config: {
      routes: talks.map(({ agent, channel }) => ({ agent, channel, followUps: "thread" })),
      discord: discord.config,
      // Discord names nobody; one of the agents wants to know.
      identity: { map: { [`discord:*:${discord.realm.people.get("ann")?.userId}`]: "ann@example.com" } },
    },
    bridgeAt: () => undefined,
    speak: async () => {
      await Promise.all(talks.map((talk) => speak(discord, talk)));
      return [];
    },
    planned: talks.length * messagesEach,
    said: () => talks.reduce((sum, { messages }) => sum + messages.length, 0),
    ended: () => talks.reduce((sum, talk) => sum + countEnded(postsOf(discord, talk), talk), 0),
    settled: async () => undefined,
    lanes: () => talks.map(toLane),
    judge: (testimony) => judge(discord, talks, parties, testimony),
    stop: () => discord.stop(),
  };
}

function toLane({ channel, direct, messages }: DiscordTalk): string {
  const parts = direct ? [directWorkspace, channel, "chat"] : [home.guild, channel, messages[0]?.id ?? ""];
  return ["discord", ...parts].join(":");
}

/** A person who goes on once the thread of what they said is there. Discord takes what is said whether the bridge is there or not. */
async function speak(discord: DiscordSimulator, { agent, channel, user, direct, messages }: DiscordTalk): Promise<void> {
  const isOpen = (id: string) => discord.threads(channel).some((thread) => thread.id === id);
  for (let number = 1; number <= messagesEach; number += 1) {
    const text = `question ${direct ? `${agent}-chat` : agent}.${number}`;
    const root = messages[0]?.id;
    const where = direct ? {} : { channel: root ?? channel, mention: root === undefined };
    const { id } = discord.say({ user, text, ...where });
    messages.push({ id, text });
    if (!direct) await until(() => isOpen(messages[0]?.id ?? id), patienceMs, `a thread for "${text}"`);
  }
}

interface Told extends Post {
  readonly message: string;
}

/** What stands in a conversation. A live message that was begun is no post: it has no text yet. */
function postsOf(discord: DiscordSimulator, { channel, user, direct, messages }: DiscordTalk): readonly Told[] {
  const root = messages[0]?.id;
  const shown: readonly Shown[] = direct
    ? discord.direct(user).messages
    : (discord.threads(channel).find(({ id }) => id === root)?.replies ?? []);
  return shown.filter(({ bot }) => bot).map(({ id, text }) => ({ message: id, text: text === "…" ? "" : text, deliveryId: undefined }));
}

/** Discord does not say which delivery a message was: answers are told by their words, and each notice ends one turn. */
function countEnded(posts: readonly Post[], { messages }: Talk): number {
  const answered = messages.filter(({ text }) => posts.some((post) => post.text === toAnswer(text))).length;
  const notices = posts.filter(({ text }) => /Reference `/.test(text)).length;
  return Math.min(messages.length, answered + notices);
}

/** The nonce lets no post appear twice: each of them is one that the ledger knows. */
function judge(discord: DiscordSimulator, talks: readonly DiscordTalk[], parties: readonly Party[], testimony: Testimony): Verdict {
  const { account, kills, repeated, repeatedBefore } = testimony;
  const ids = new Map(account.posts.map(({ message, delivery }) => [message, delivery]));
  const all = talks.map((talk) => ({
    talk,
    posts: postsOf(discord, talk).map((post) => ({ ...post, deliveryId: ids.get(post.message) })),
  }));
  const verdict = judgeTalks(all, parties, kills);
  const violations = discord.violations.map((what) => `Discord: ${what}`);
  return { ...verdict, repeated: 0, counted: repeated + repeatedBefore, faults: [...verdict.faults, ...violations] };
}
