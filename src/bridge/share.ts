import { nothingYet, type Turn } from "./rows.ts";
import type { Session } from "./session.ts";

/** Turns that wait for one task of the agent have one answer, the task's. The newest of them whose message is out holds it. */

/** The message of this turn goes out into the task. */
export function takeShared(session: Session, turn: Turn): void {
  const holder = newestOther(session, turn);
  if (holder) hand(session, holder, turn);
}

/** The message of this turn did not get into the task, or nobody knows: the others go on with what the agent has said. */
export function giveShared(session: Session, turn: Turn): void {
  const isHolder = session.task.turns.findLast(({ state }) => state === "asked")?.id === turn.id;
  const next = isHolder ? newestOther(session, turn) : undefined;
  if (next) hand(session, turn, next);
}

/** The turn that tells the answer to this one: where that was another turn's as well, the one that it ended with. */
export function toTelling(turns: readonly Turn[], id: string | undefined): Turn | undefined {
  const index = turns.findIndex((turn) => turn.id === id);
  if (index < 0) return undefined;
  return turns.slice(index).find(({ outcome }) => outcome !== "joined") ?? turns[index];
}

function newestOther({ client, task }: Session, turn: Turn): Turn | undefined {
  if (client.policy.taskId !== "spec") return undefined;
  return task.turns.findLast((other) => other.id !== turn.id && other.state === "asked");
}

function hand(session: Session, from: Turn, to: Turn): void {
  session.setAnswer(to.id, session.answer(from));
  session.setAnswer(from.id, nothingYet);
}
