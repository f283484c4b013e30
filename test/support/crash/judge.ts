import type { Talk } from "./chat.ts";
import { type Party, toAnswer } from "./parties.ts";

/** What the log of the platform and the books of the agents say about a whole run. */
export interface Verdict {
  readonly answers: number;
  readonly notices: number;
  /** The notices by agent and words. */
  readonly said: readonly string[];
  /** Ends, answers or posts too many. */
  readonly doubled: number;
  /** Posts that appear twice where the platform allows no better, each of them counted by the bridge. */
  readonly repeated: number;
  /** How many posts the bridge has counted as such that may appear twice. */
  readonly counted: number;
  /** Messages whose turn has no end. */
  readonly lost: number;
  /** Ends that stand after the end of a later message of the thread. */
  readonly disorder: number;
  /** Signs and live messages that were begun, and of which nobody knows since the kill: they stay without a text. */
  readonly leftEmpty: number;
  /** Everything that must not be, in words. Empty where the bridge kept its word. */
  readonly faults: readonly string[];
}

/** A message of the bridge's. One without a delivery id is none of the outbox; without a text, too, it is a live message that was begun. */
export interface Post {
  readonly text: string;
  readonly deliveryId: string | undefined;
}

export interface Shown {
  readonly talk: Talk;
  readonly posts: readonly Post[];
}

export function judgeTalks(shown: readonly Shown[], parties: readonly Party[], kills: number): Verdict {
  const all = shown.flatMap(({ talk, posts }) => {
    const party = parties.find(({ name }) => name === talk.agent);
    return party ? [judgeTalk(posts, talk, party, kills)] : [];
  });
  const sum = (pick: (verdict: Verdict) => number) => all.reduce((total, verdict) => total + pick(verdict), 0);
  return {
    answers: sum(({ answers }) => answers),
    notices: sum(({ notices }) => notices),
    said: all.flatMap(({ said }) => said),
    doubled: sum(({ doubled }) => doubled),
    repeated: 0,
    counted: 0,
    lost: sum(({ lost }) => lost),
    disorder: sum(({ disorder }) => disorder),
    leftEmpty: sum(({ leftEmpty }) => leftEmpty),
    faults: [...all.flatMap(({ faults }) => faults), ...parties.flatMap(judgeBooks)],
  };
}

/** How many messages have their end. */
export function countEnded(shown: readonly Shown[]): number {
  return shown.flatMap(({ talk, posts }) => talk.messages.filter(({ id }) => posts.some((post) => isEnd(post, talk, id)))).length;
}

const isEnd = (post: Post, talk: Talk, id: string): boolean => post.deliveryId?.startsWith(`task:${talk.toEvent(id)}#`) ?? false;

function judgeTalk(posts: readonly Post[], talk: Talk, party: Party, kills: number): Verdict {
  const { messages } = talk;
  const faults: string[] = [];
  const owner = (post: Post) => messages.findIndex(({ id }) => isEnd(post, talk, id));
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
    repeated: 0,
    counted: 0,
    lost,
    disorder,
    leftEmpty: posts.filter(isLeftEmpty).length,
    faults,
  };
}

/** Ends, the bridge's word that a message waits or that its answer takes its time, and a live message that was begun and has no text yet. */
function isExpected(post: Post, ends: readonly Post[], answers: readonly Post[], notices: readonly Post[]): boolean {
  if (ends.includes(post)) return answers.includes(post) || notices.includes(post);
  if (isLeftEmpty(post)) return true;
  if (post.deliveryId === undefined) return false;
  if (/^task:.*\?$/.test(post.deliveryId)) return post.text.startsWith("The agent is working on it.");
  return /^(slack|teams|discord):.*!$/.test(post.deliveryId) && /^(Your message waits|Passed on)/.test(post.text);
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
