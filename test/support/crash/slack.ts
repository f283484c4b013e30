import { createSlackSimulator, type SlackSimulator, type SlackSimulatorOptions } from "../../../src/simulator/slack/simulator.ts";
import { createSchema } from "../postgres.ts";
import type { Chat, Talk } from "./chat.ts";
import { countEnded, judgeTalks, type Post } from "./judge.ts";
import type { Party } from "./parties.ts";
import type { Platform } from "./scene.ts";

const messagesEach = 4;

interface SlackTalk extends Talk {
  readonly channel: string;
  readonly messages: { id: string; text: string }[];
}

/** Much longer than a run takes, also with many others at the same time: what is not lost must not expire. */
const expiryMinutes = 0.8;

export const slackPlatform: Platform = { createChat: (parties) => createSlackChat(parties, {}), expiryMinutes };

/**
 * Over sockets instead of signed requests. Nobody hears at once that an event was not taken: Slack waits for that (here a second), so that
 * it takes longer until every message is with its agent.
 */
export const slackSocketPlatform: Platform = {
  createChat: (parties) => createSlackChat(parties, { socketMode: true, answerMs: 1_000 }),
  expiryMinutes,
};

/** On PostgreSQL. The rows of a bridge that was killed are taken up when their leases are over, which takes six seconds more. */
export const slackPostgresPlatform: Platform = { ...slackPlatform, createStore: () => createSchema() };

/** A workspace with a channel for each agent, and one thread of four messages in each. */
async function createSlackChat(parties: readonly Party[], options: SlackSimulatorOptions): Promise<Chat> {
  const talks = parties.map(({ name }) => toTalk(name));
  // Slack sends an event again for an hour; here the hour is shorter and the steps are too.
  const retryDelaysMs = Array.from({ length: 150 }, () => 200);
  const slack = await createSlackSimulator({ ...options, retryDelaysMs, channels: talks.map(({ channel }) => ({ id: channel })) });
  const shown = () => talks.map((talk) => ({ talk, posts: postsOf(slack, talk) }));
  return {
    config: {
      routes: talks.map(({ agent, channel }) => ({ agent, channel, followUps: "thread" })),
      slack: { pace: { perSecond: 20, burst: 20 }, ...slack.config },
    },
    bridgeAt: (url) => slack.target(`${url}/slack/events`),
    speak: async () => (await Promise.all(talks.map((talk) => speak(slack, talk)))).flat(),
    planned: talks.length * messagesEach,
    said: () => talks.reduce((sum, { messages }) => sum + messages.length, 0),
    ended: () => countEnded(shown()),
    settled: () => slack.settled(),
    lanes: () => [],
    judge({ kills }) {
      const verdict = judgeTalks(shown(), parties, kills);
      const twice = [...slack.deliveries()].filter(([, count]) => count > 1).map(([id]) => `${id} stands there more than once`);
      return { ...verdict, doubled: verdict.doubled + twice.length, faults: [...verdict.faults, ...twice] };
    },
    stop: () => slack.stop(),
  };
}

function toTalk(agent: string): SlackTalk {
  const channel = `C${agent.toUpperCase()}`;
  return { agent, channel, messages: [], toEvent: (ts) => `slack:T1:${channel}:${ts}` };
}

/** A person who says the next thing once the last was taken: what Slack delivers at the same time comes in any order. */
async function speak(slack: SlackSimulator, { agent, channel, messages }: SlackTalk): Promise<readonly string[]> {
  const faults: string[] = [];
  for (let number = 1; number <= messagesEach; number += 1) {
    const text = `question ${agent}.${number}`;
    const [root] = messages;
    const where = root ? { text, threadTs: root.id } : { text: `<@UBOT> ${text}` };
    const { ts, delivered } = await slack.say({ channel, user: "UANN", ...where });
    messages.push({ id: ts, text });
    for (const { type, statuses } of await delivered)
      if (statuses.at(-1) !== 200) faults.push(`Slack gave up the event ${type} of "${text}" after ${statuses.length} attempts`);
  }
  return faults;
}

function postsOf(slack: SlackSimulator, { channel, messages }: SlackTalk): readonly Post[] {
  const root = messages[0]?.id;
  return root === undefined ? [] : slack.thread(channel, root).replies.filter(({ bot }) => bot);
}
