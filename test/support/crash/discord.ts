import { home } from "../../../src/simulator/discord/realm.ts";
import { createDiscordSimulator, type DiscordSimulator } from "../../../src/simulator/discord/simulator.ts";
import { until } from "../until.ts";
import type { Chat, Talk, Testimony } from "./chat.ts";
import { judgeTalks, type Post, type Verdict } from "./judge.ts";
import { type Party, toAnswer } from "./parties.ts";
import type { Platform } from "./scene.ts";

const messagesEach = 3;
/**
 * Agents that are talked to in a post of a forum beside their channel thread, and by whom. Not in direct messages: the first one that
 * somebody ever writes is found by nobody who was away.
 */
const posts = new Map([
  ["stream", "ann"],
  ["push", "ben"],
]);
const patienceMs = 60_000;

interface DiscordTalk extends Talk {
  readonly channel: string;
  readonly user: string;
  readonly forum: boolean;
  readonly messages: { id: string; text: string }[];
}

export const discordPlatform: Platform = { createChat: createDiscordChat, expiryMinutes: 0.3 };

/** A server with a channel for each agent and one thread in each, and two posts of forums; three messages in every one of them. */
async function createDiscordChat(parties: readonly Party[]): Promise<Chat> {
  const discord = await createDiscordSimulator();
  const talks = parties.flatMap(({ name }): readonly DiscordTalk[] => {
    const user = posts.get(name);
    const common = { agent: name, toEvent: (id: string) => `discord:${id}` };
    const thread = { ...common, channel: discord.addChannel({ name }).id, user: "ann", forum: false, messages: [] };
    if (user === undefined) return [thread];
    return [
      thread,
      { ...common, channel: discord.addChannel({ name: `${name}-forum`, type: "forum" }).id, user, forum: true, messages: [] },
    ];
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

function toLane({ channel, messages }: DiscordTalk): string {
  return ["discord", home.guild, channel, messages[0]?.id ?? ""].join(":");
}

/** A person who goes on once the thread of what they said is there. Discord takes what is said whether the bridge is there or not. */
async function speak(discord: DiscordSimulator, { agent, channel, user, forum, messages }: DiscordTalk): Promise<void> {
  const isOpen = (id: string) => discord.threads(channel).some((thread) => thread.id === id);
  for (let number = 1; number <= messagesEach; number += 1) {
    const text = `question ${forum ? `${agent}-chat` : agent}.${number}`;
    const root = messages[0]?.id;
    const begin = () =>
      forum
        ? discord.post({ user, forum: channel, title: agent, text, mention: true })
        : discord.say({ user, channel, text, mention: true });
    const { id } = root === undefined ? begin() : discord.say({ user, channel: root, text });
    messages.push({ id, text });
    await until(() => isOpen(messages[0]?.id ?? id), patienceMs, `a thread for "${text}"`);
  }
}

interface Told extends Post {
  readonly message: string;
}

/** What stands in a conversation. A live message that was begun is no post: it has no text yet. */
function postsOf(discord: DiscordSimulator, { channel, messages }: DiscordTalk): readonly Told[] {
  const shown = discord.threads(channel).find(({ id }) => id === messages[0]?.id)?.replies ?? [];
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
