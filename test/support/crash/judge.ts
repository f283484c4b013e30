import type { SlackSimulator } from "../../../src/simulator/slack/simulator.ts";
import { type Party, toAnswer } from "./parties.ts";
import type { Talk } from "./talk.ts";

/** What the log of Slack and the books of the agents say about a whole run. */
export interface Verdict {
  readonly answers: number;
  readonly notices: number;
  /** The notices by agent and words. */
  readonly said: readonly string[];
  /** Ends, answers or posts too many. */
  readonly doubled: number;
  /** Messages whose turn has no end. */
  readonly lost: number;
  /** Ends that stand after the end of a later message of the thread. */
  readonly disorder: number;
  /** Live messages that were opened, and of which nobody knows since the kill: they stay without a text. */
  readonly leftEmpty: number;
  /** Everything that must not be, in words. Empty where the bridge kept its word. */
  readonly faults: readonly string[];
}

interface Post {
  readonly text: string;
  readonly deliveryId: string | undefined;
}

export function judge(slack: SlackSimulator, talks: readonly Talk[], kills: number): Verdict {
  const threads = talks.map((talk) => judgeThread(postsOf(slack, talk), talk, kills));
  const twice = [...slack.deliveries()].filter(([, count]) => count > 1).map(([id]) => `${id} stands there more than once`);
  const books = talks.flatMap(({ party }) => judgeBooks(party));
  const sum = (pick: (verdict: Verdict) => number) => threads.reduce((total, verdict) => total + pick(verdict), 0);
  return {
    answers: sum(({ answers }) => answers),
    notices: sum(({ notices }) => notices),
    said: threads.flatMap(({ said }) => said),
    doubled: sum(({ doubled }) => doubled) + twice.length,
    lost: sum(({ lost }) => lost),
    disorder: sum(({ disorder }) => disorder),
    leftEmpty: sum(({ leftEmpty }) => leftEmpty),
    faults: [...threads.flatMap(({ faults }) => faults), ...twice, ...books],
  };
}

/** How many messages have their end. */
export function countEnded(slack: SlackSimulator, talks: readonly Talk[]): number {
  return talks.flatMap((talk) => {
    const posts = postsOf(slack, talk);
    return talk.messages.filter(({ ts }) => posts.some((post) => isEnd(post, talk, ts)));
  }).length;
}

function postsOf(slack: SlackSimulator, { party, messages }: Talk): readonly Post[] {
  const root = messages[0]?.ts;
  return root === undefined ? [] : slack.thread(party.channel, root).replies.filter(({ bot }) => bot);
}

const isEnd = (post: Post, { party }: Talk, ts: string): boolean =>
  post.deliveryId?.startsWith(`task:slack:T1:${party.channel}:${ts}#`) ?? false;

function judgeThread(posts: readonly Post[], talk: Talk, kills: number): Verdict {
  const { party, messages } = talk;
  const faults: string[] = [];
  const owner = (post: Post) => messages.findIndex(({ ts }) => isEnd(post, talk, ts));
  const answered = (post: Post) => messages.findIndex(({ text }) => toAnswer(text) === post.text);
  const ends = posts.filter((post) => owner(post) >= 0);
  const answers = ends.filter((post) => answered(post) >= 0);
  const notices = ends.filter((post) => answered(post) < 0 && /Reference `[^`]+`/.test(post.text));

  const endsOf = messages.map((_, index) => ends.filter((post) => owner(post) === index).length);
  const answersOf = messages.map(({ text }) => posts.filter((post) => post.text.includes(toAnswer(text))).length);
  const tooMany = (counts: readonly number[]) => counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
  const doubled = Math.max(tooMany(endsOf), tooMany(answersOf));
  const lost = endsOf.filter((count) => count === 0).length;
  const disorder = Math.max(inversions(ends.map(owner)), inversions(answers.map(answered)));

  if (doubled > 0) faults.push(`${party.name}: doubled`);
  if (lost > 0)
    faults.push(`${party.name}: ${endsOf.flatMap((count, index) => (count === 0 ? [index + 1] : [])).join(", ")} without an end`);
  if (disorder > 0) faults.push(`${party.name}: out of order`);
  if (party.exact) {
    for (const post of answers)
      if (owner(post) !== answered(post)) faults.push(`${party.name}: "${post.text}" ends the turn of another message`);
    if (notices.length > kills) faults.push(`${party.name}: ${notices.length} notices, though one turn at a time was with the agent`);
  }
  for (const post of posts)
    if (!isExpected(post, ends, answers, notices)) faults.push(`${party.name}: a stray post "${post.text}" (${post.deliveryId})`);
  const needless = messages.filter(({ text }, index) => party.offersWay(text) && answersOf[index] === 0);
  for (const { text } of needless) faults.push(`${party.name}: no answer to "${text}", though the agent offered a way`);
  if (faults.length > 0)
    faults.push(
      `${party.name} shows: ${posts.map(({ text, deliveryId }) => `[${deliveryId?.slice(-22)}] ${text.slice(0, 60)}`).join(" | ")}`,
    );
  return {
    answers: answers.length,
    notices: notices.length,
    said: notices.map((post) => `${party.name}.${owner(post) + 1} ${post.text}`),
    doubled,
    lost,
    disorder,
    leftEmpty: posts.filter(isLeftEmpty).length,
    faults,
  };
}

/** Ends, the bridge's word that a message waits, and a live message that was begun and has no text yet. */
function isExpected(post: Post, ends: readonly Post[], answers: readonly Post[], notices: readonly Post[]): boolean {
  if (ends.includes(post)) return answers.includes(post) || notices.includes(post);
  if (isLeftEmpty(post)) return true;
  if (post.deliveryId === undefined) return false;
  return /^slack:.*!$/.test(post.deliveryId) && /^(Your message waits|Passed on)/.test(post.text);
}

const isLeftEmpty = ({ deliveryId, text }: Post): boolean => deliveryId === undefined && text === "";

function inversions(places: readonly number[]): number {
  let highest = -1;
  let count = 0;
  for (const place of places) {
    if (place < highest) count += 1;
    highest = Math.max(highest, place);
  }
  return count;
}

function judgeBooks(party: Party): readonly string[] {
  const again = [...party.countByMessageId()].filter(([, count]) => count > 1);
  return [
    ...again.map(([id, count]) => `${party.name}: took ${id} ${count} times`),
    ...party.violations().map((what) => `${party.name}: ${what}`),
  ];
}
