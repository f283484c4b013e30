import { createTeamsSimulator, type TeamsSimulator } from "../../../src/simulator/teams/simulator.ts";
import type { Chat, Talk, Testimony } from "./chat.ts";
import { judgeTalks, type Post, type Verdict } from "./judge.ts";
import { type Party, toAnswer } from "./parties.ts";
import type { Platform } from "./scene.ts";

const messagesEach = 3;
/** Agents that have a personal chat beside their channel thread, and who talks to them there. */
const chats = new Map([
  ["stream", "ann"],
  ["push", "ben"],
]);

interface TeamsTalk extends Talk {
  readonly channel: string;
  readonly user: string;
  readonly personal: boolean;
  readonly messages: { id: string; text: string }[];
}

export const teamsPlatform: Platform = { createChat: createTeamsChat, expiryMinutes: 0.8 };

/** A tenant with a channel for each agent and one thread in each, and two personal chats; three messages in every one of them. */
async function createTeamsChat(parties: readonly Party[]): Promise<Chat> {
  // Teams gives up sooner than that; these are runs about what was taken.
  const teams = await createTeamsSimulator({ resends: 600, resendAfter: "failure", answerMs: 5_000 });
  const talks = parties.flatMap(({ name }) => {
    const user = chats.get(name);
    const thread = toTalk(teams, name, undefined);
    teams.addChannel({ id: thread.channel, team: "19:team@thread.tacv2" });
    return user === undefined ? [thread] : [thread, toTalk(teams, name, user)];
  });
  const pace = { perSecond: 100, perTwoSeconds: 200, perHalfMinute: 2_000, perHour: 100_000 };
  return {
    config: {
      routes: talks.map(({ agent, channel }) => ({ agent, channel, followUps: "thread" })),
      teams: { ...teams.config, welcome: "", pace },
    },
    bridgeAt: (url) => teams.target(`${url}/api/messages`),
    speak: async () => (await Promise.all(talks.map((talk) => speak(teams, talk)))).flat(),
    planned: talks.length * messagesEach,
    said: () => talks.reduce((sum, { messages }) => sum + messages.length, 0),
    ended: () => talks.reduce((sum, talk) => sum + countEnded(postsOf(teams, talk), talk), 0),
    settled: () => teams.settled(),
    lanes: () => talks.map((talk) => toLane(teams, talk)),
    judge: (testimony) => judge(teams, talks, parties, testimony),
    stop: () => teams.stop(),
  };
}

function toTalk(teams: TeamsSimulator, agent: string, user: string | undefined): TeamsTalk {
  const channel = user === undefined ? `19:${agent}@thread.tacv2` : teams.personal(user);
  const messages: { id: string; text: string }[] = [];
  const conversation = () => (user === undefined ? `${channel};messageid=${messages[0]?.id}` : channel);
  const toEvent = (id: string) => `teams:${teams.tenant.id}:${conversation()}:${id}`;
  return { agent, channel, user: user ?? "ann", personal: user !== undefined, messages, toEvent };
}

function toLane({ tenant }: TeamsSimulator, { channel, personal, messages }: TeamsTalk): string {
  return ["teams", tenant.id, channel, personal ? "chat" : (messages[0]?.id ?? "")].map(encodeURIComponent).join(":");
}

/** A person who says the next thing once the last was taken. */
async function speak(teams: TeamsSimulator, { agent, channel, user, personal, messages }: TeamsTalk): Promise<readonly string[]> {
  const faults: string[] = [];
  for (let number = 1; number <= messagesEach; number += 1) {
    const text = `question ${personal ? `${agent}-chat` : agent}.${number}`;
    const root = messages[0]?.id;
    const thread = { channel, mention: true, ...(root === undefined ? {} : { threadId: root }) };
    const { id, delivered } = await teams.say({ user, text, ...(personal ? {} : thread) });
    messages.push({ id, text });
    for (const { statuses } of await delivered)
      if (statuses.at(-1) !== 200) faults.push(`Teams gave up "${text}" after ${statuses.length} attempts`);
  }
  return faults;
}

interface Shown extends Post {
  readonly message: string;
}

/** What stands in a conversation. A sign, or a live message that was begun, is no post: it has no text yet. */
function postsOf(teams: TeamsSimulator, { channel, personal, messages }: TeamsTalk): readonly Shown[] {
  const root = messages[0]?.id;
  if (root === undefined) return [];
  const thread = personal ? teams.chat(channel) : teams.thread(channel, root);
  return thread.messages
    .filter(({ bot }) => bot)
    .map(({ id, text }) => ({ message: id, text: isSign(text) ? "" : text, deliveryId: undefined }));
}

const isSign = (text: string): boolean => ["Working on it…", "Writing…", "thinking", "_Done._"].includes(text);

/** Teams does not say which delivery a message was: answers are told by their words, and each notice ends one turn. */
function countEnded(posts: readonly Post[], { messages }: Talk): number {
  const answered = messages.filter(({ text }) => posts.some((post) => post.text === toAnswer(text))).length;
  const notices = posts.filter(({ text }) => /Reference `/.test(text)).length;
  return Math.min(messages.length, answered + notices);
}

/** The last copy of a post is the one that the ledger knows; each other is one too many, and has to be counted by the metric. */
function judge(teams: TeamsSimulator, talks: readonly TeamsTalk[], parties: readonly Party[], testimony: Testimony): Verdict {
  const { account, kills, repeated, repeatedBefore } = testimony;
  const ids = new Map(account.posts.map(({ message, delivery }) => [message, delivery]));
  const all = talks.map((talk) => {
    const posts = postsOf(teams, talk).map((post) => ({ ...post, deliveryId: ids.get(post.message) }));
    const known = posts.filter(({ deliveryId }) => deliveryId !== undefined);
    const copies = posts.filter((post) => post.deliveryId === undefined && known.some(({ text }) => text === post.text));
    return { talk, copies, posts: posts.filter((post) => !copies.includes(post)) };
  });
  const verdict = judgeTalks(all, parties, kills);
  const copies = all.flatMap((one) => one.copies.map(({ text }) => `${one.talk.agent}: "${text}"`));
  const allowed = repeated + repeatedBefore;
  const overtaken = all.filter(({ talk }) => isOvertaken(postsOf(teams, talk), talk)).map(({ talk }) => `${talk.agent}: out of order`);
  const faults = copies.length > allowed ? [`${copies.length} posts appear twice, and ${allowed} were counted: ${copies.join(", ")}`] : [];
  return {
    ...verdict,
    repeated: copies.length,
    counted: allowed,
    faults: [...verdict.faults, ...faults, ...overtaken, ...toViolations(teams, kills)],
  };
}

/** Whether the first copies of the answers are out of order. */
function isOvertaken(posts: readonly Post[], { messages }: Talk): boolean {
  const places = messages.map(({ text }) => posts.findIndex((post) => post.text === toAnswer(text))).filter((place) => place >= 0);
  return places.some((place, index) => place < (places[index - 1] ?? -1));
}

/** The stream of a process that is gone may still be open, and nobody knows of it: then Teams refuses another. */
function toViolations({ violations }: TeamsSimulator, kills: number): readonly string[] {
  return violations.filter((what) => kills === 0 || what !== "two streams at a time in one chat").map((what) => `Teams: ${what}`);
}
