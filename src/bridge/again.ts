import type { Leased, Step } from "../model/ledger.ts";
import type { Author, IncomingEvent } from "../model/message.ts";
import { type ThreadRef, threadKey } from "../model/thread.ts";
import { eventRow, toPostId } from "./ids.ts";
import * as notices from "./notices.ts";
import type { Parts } from "./parts.ts";
import { findQuestion, whyNot } from "./question.ts";
import { askAgain } from "./respond.ts";
import { fromEvent, type Outcome, toTask } from "./rows.ts";

/** By which the turns of a thread are found of which nobody knows whether the agent got the message, or knows that it did not. */
export const lostKey = (lane: string): string => `lost:${lane}`;

export const isLost = (outcome: Outcome | undefined): boolean => outcome === "lost" || outcome === "unreachable";

/** Questions further back are not looked for. */
const most = 10;

/** The notice of the last lost question of this person in this thread that can still be asked again. */
async function findLost(parts: Parts, thread: ThreadRef, author: Author): Promise<string | undefined> {
  for (const row of await parts.ledger.byKey(lostKey(threadKey(thread)), most)) {
    for (const turn of toTask(row).turns.toReversed()) {
      if (!isLost(turn.outcome)) continue;
      const asked = await parts.ledger.row(turn.id);
      const asker = asked && toTask(asked).asker;
      if (asker?.id !== author.id || asker.workspace !== author.workspace) continue;
      const notice = toPostId(turn.id, turn.posts - 1);
      if ((await whyNot(parts, await findQuestion(parts, notice), thread, author)) === undefined) return notice;
    }
  }
  return undefined;
}

/** Whether `again` means something from this person in this thread; otherwise it is a word for the agent. */
export async function hasLost(parts: Parts, { thread, author }: IncomingEvent): Promise<boolean> {
  return (await findLost(parts, thread, author)) !== undefined;
}

/** The word does what the button of the notice does: the last lost question of this person here is asked once more. */
export async function pressAgain(parts: Parts, { lane }: Leased, event: IncomingEvent, say: (text: string) => Step): Promise<Step> {
  const question = await findLost(parts, event.thread, event.author);
  if (question === undefined) return say(notices.nothingLost);
  const { thread, author, at, roles } = event;
  const who = { thread, author, at, ...(roles && { roles }) };
  const click = { kind: "action", id: `${event.id}~again`, ...who, question, choice: askAgain.id } as const;
  return { end: { kind: "done" }, rows: [{ id: eventRow(click.id), queue: "message", lane, ...fromEvent(click) }] };
}
