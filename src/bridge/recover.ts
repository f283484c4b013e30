import type { Abilities, TaskRef } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import { concludeTurn } from "./conclude.ts";
import { follow } from "./follow.ts";
import type { Turn } from "./rows.ts";
import { type Session, without } from "./session.ts";

/**
 * A call was interrupted after bytes may have left: by a kill, a hand-over or a broken connection. The message is not sent again;
 * the ways to its answer are tried in order: the task itself, a search for our message, a push that is on its way. The search comes
 * before the waiting, for a push that was made while nobody listened does not come again.
 */
export async function recover(session: Session, asked: readonly Turn[]): Promise<void> {
  const turn = asked.at(-1);
  if (!turn) return;
  const { client, job, task } = session;
  const abilities = await abilitiesOrNone(session);
  if (job.signal.aborted) return;
  if (!abilities) return keepLooking(session, asked);
  const looks = abilities.get || abilities.resubscribe;
  if (looks && task.taskId !== undefined) return resume(session, turn, abilities);
  const place = looks && abilities.list ? task.contextId : undefined;
  if (place !== undefined) {
    const found = await findTask(session, turn, place);
    if (job.signal.aborted) return;
    if (found === "failed") return keepLooking(session, asked);
    if (found) return session.updateTask({ taskId: found.taskId });
  }
  if (task.push && !isTold(session, turn)) return waitForPush(session, place !== undefined);
  if (client.policy.onUnknown === "resend" && !isTold(session, turn) && sendAgain(session, turn)) return;
  concludeTurn(session, turn, "lost", session.why);
}

/** A push has told its end already: there is nothing more to come. */
function isTold(session: Session, turn: Turn): boolean {
  return session.answer(turn).told !== undefined;
}

/**
 * A message that was still on its way when it was searched for is found by a later search: its push may have been made while nobody
 * listened.
 */
function waitForPush(session: Session, searches: boolean): void {
  const { task } = session;
  session.updateTask({ parked: "push", looks: task.looks + 1 });
  if (searches) session.updateTask({ lookAt: toNextLook(session) });
}

/** The same message once more, after a pause and not for ever; false when it was tried often enough. */
function sendAgain(session: Session, turn: Turn): boolean {
  const { parts, task, client } = session;
  const tries = turn.tries ?? 0;
  const pause = parts.pace.reach[tries];
  if (pause === undefined) return false;
  // A task that this very message has begun is nothing that it could refer to.
  if (client.policy.taskId === "spec" && task.turns.length === 1) session.task = without(task, "taskId");
  session.updateTask({ parked: "retry", lookAt: parts.clock.now() + pause });
  session.setAnswer(turn.id, { ...session.answer(turn), stale: true });
  session.updateTurn(turn.id, { state: "waiting", tries: tries + 1 });
  return true;
}

/** A look at a parked task whose time for it has come: every way is tried again. */
export async function look(session: Session, asked: readonly Turn[]): Promise<void> {
  session.task = without(session.task, "parked", "lookAt");
  return recover(session, asked);
}

async function abilitiesOrNone({ client, job, parts, task }: Session): Promise<Abilities | undefined> {
  try {
    return await client.abilities(job.signal);
  } catch (err) {
    parts.log.info({ err, agent: task.agent, reference: job.row.reference, task: job.row.id }, "agent cannot be looked at");
    return undefined;
  }
}

/** `failed`: nobody can say; it is worth another try. An agent that lists nothing after all has nothing to be found. */
async function findTask({ client, job, parts }: Session, turn: Turn, contextId: string): Promise<TaskRef | undefined | "failed"> {
  try {
    return await client.find(turn.messageId, contextId, job.signal);
  } catch (err) {
    parts.log.info({ err, reference: job.row.reference, task: job.row.id }, "our message could not be searched for");
    const passing = ["unreachable", "rateLimited", "broken", "silent"];
    return err instanceof AgentError && !passing.includes(err.kind) ? undefined : "failed";
  }
}

async function resume(session: Session, turn: Turn, abilities: Abilities): Promise<void> {
  const { client, job, parts, task } = session;
  if (task.taskId === undefined) return;
  const ref: TaskRef = { taskId: task.taskId, ...(task.contextId === undefined ? {} : { contextId: task.contextId }) };
  try {
    await follow(session, turn.id, (signal) => client.resume(ref, signal));
    session.task = without(session.task, "failingSince");
    if (!job.signal.aborted) waitForMore(session, turn.id, abilities);
  } catch (error) {
    if (job.signal.aborted) return;
    if (!(error instanceof AgentError)) throw error;
    parts.metrics.count("bridge_agent_errors_total", { agent: task.agent, kind: error.kind });
    parts.log.info(
      { err: error, kind: error.kind, reference: job.row.reference, task: job.row.id, agent: task.agent },
      "open task could not be taken up",
    );
    const now = session.turn(turn.id);
    if (!now || now.state === "ended") return;
    if (error.kind === "taskGone" || error.kind === "unsupported")
      return concludeTurn(session, now, "lost", session.why ?? error.explanation);
    keepLooking(session, [now]);
  }
}

/** A look failed: there will be another, until looks have failed for too long. A push may still come, also to a task whose id is unknown. */
function keepLooking(session: Session, asked: readonly Turn[]): void {
  const { parts, task } = session;
  const now = parts.clock.now();
  const failingSince = task.failingSince ?? now;
  if (now - failingSince > parts.pace.lookGiveUp) {
    if (task.push && task.taskId === undefined) return session.updateTask({ parked: "push" });
    for (const turn of asked) concludeTurn(session, turn, "lost");
    return;
  }
  session.updateTask({ parked: task.push ? "push" : "poll", failingSince, looks: task.looks + 1, lookAt: toNextLook(session) });
}

/** The call is over and the task is not: what brings the rest decides how the row waits. An agent that named no task has none. */
export function waitForMore(session: Session, turnId: string, abilities: Abilities): void {
  const turn = session.turn(turnId);
  if (!turn || turn.state === "ended") return;
  // The call was left because a person said so: that is the turn's end, and not a lost connection.
  if (session.letters.some(({ letter }) => letter.kind === "stop")) return;
  const { task } = session;
  const looks = abilities.get || abilities.resubscribe;
  const comes = looks || (task.push && !isTold(session, turn));
  if (task.taskId === undefined || !comes) return concludeTurn(session, turn, "lost");
  session.updateTask({ parked: task.push ? "push" : "poll", looks: task.looks + 1 });
  session.task = looks ? { ...session.task, lookAt: toNextLook(session) } : without(session.task, "lookAt");
}

/**
 * Looks come soon at first, then at the agent's pace, and rarely when a task goes on for hours. Where a push is expected they are only
 * the safety net.
 */
function toNextLook({ parts, task, client }: Session): number {
  const pollMs = client.policy.limits.pollSeconds * 1_000;
  const looks = Math.min(task.looks, 1_000);
  const usual = task.push ? pollMs * 4 : Math.min(pollMs, 250 * 2 ** Math.min(looks, 16));
  const at = parts.clock.now() + Math.min(parts.pace.lookMax, usual * Math.max(1, looks / 12));
  return task.push ? parts.safetyNet.at(client.name, at) : at;
}
