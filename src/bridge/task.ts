import { textReply } from "../model/reply.ts";
import { leaveQuestion } from "./answered.ts";
import { ask } from "./ask.ts";
import { concludeTurn } from "./conclude.ts";
import { askingKey } from "./correlate.ts";
import { expire, nextDeadline } from "./deadline.ts";
import { adoptLive } from "./live.ts";
import * as notices from "./notices.ts";
import { toDeliveries } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { isCurrent } from "./question.ts";
import { look, recover } from "./recover.ts";
import { isGone, type Task, type Turn, toTask, toTaskContent } from "./rows.ts";
import { type Job, Session } from "./session.ts";
import { takePush } from "./take-push.ts";

/**
 * Works on a task row until there is nothing to do now: asks the agent for each turn, follows it, and then settles the row or
 * parks it. A process that stops puts the row back at once, for the next one to take it up.
 */
export async function workOnTask(parts: Parts, job: Job): Promise<void> {
  const task = toTask(job.row);
  const client = parts.agents.get(task.agent);
  if (!client) return buryWithoutAgent(parts, job, task);
  const session = new Session(parts, job, client, task);
  await adoptLive(session);
  while (!(await step(session)))
    parts.log.debug({ reference: job.row.reference, task: job.row.id, platform: task.thread.platform }, "next step of the task");
}

/** One step; true when the row was given back. */
async function step(session: Session): Promise<boolean> {
  const { job } = session;
  if (job.signal.aborted) return handOver(session);
  if (await takeLetters(session)) return false;
  if (session.task.reopens !== undefined) return reopen(session, session.task.reopens);
  if (session.task.turns.length === 0) await forgetPush(session);
  const waiting = session.task.turns.find((turn) => turn.state === "waiting");
  const asked = session.task.turns.filter((turn) => turn.state === "asked");
  if (asked.length > 0 && session.task.parked === undefined) return goOn(recover(session, asked));
  if (waiting && !isLater(session) && !isHeld(session)) return goOn(ask(session, waiting));
  if (expire(session)) return false;
  if (asked.length > 0 && isDue(session)) return goOn(look(session, asked));
  return waiting || asked.length > 0 ? park(session, asked) : finish(session);
}

async function goOn(work: Promise<void>): Promise<false> {
  await work;
  return false;
}

/** A message that could not be delivered waits for its next try. */
const isLater = ({ task, parts }: Session): boolean =>
  task.parked === "retry" && task.lookAt !== undefined && task.lookAt > parts.clock.now();

/** Others wait for the end of the task that this message was too late for. */
const isHeld = ({ task, client }: Session): boolean =>
  isGone(task) && client.policy.taskId === "spec" && task.turns.some(({ state }) => state === "asked");

const isDue = ({ task, parts }: Session): boolean => task.lookAt !== undefined && task.lookAt <= parts.clock.now();

async function handOver(session: Session): Promise<boolean> {
  await session.settle({ kind: "parked", delayMs: 0 });
  return true;
}

/** Acts on the letters in their order. True when one of them changed something that the next step must see. */
async function takeLetters(session: Session): Promise<boolean> {
  const letter = session.takeLetter(() => true);
  if (!letter) return false;
  if (letter.kind === "push") await takePush(session, letter);
  if (letter.kind === "stop") await stopTurns(session);
  if (letter.kind === "join") await absorb(session, letter.row);
  return true;
}

/** A person who says stop does not wait longer than this for the agent to agree. */
const cancelMs = 5_000;

async function stopTurns(session: Session): Promise<void> {
  const { task, client, job, parts } = session;
  const asked = task.turns.some((turn) => turn.state === "asked");
  if (asked && task.taskId !== undefined) {
    const ref = { taskId: task.taskId, ...(task.contextId === undefined ? {} : { contextId: task.contextId }) };
    await client.cancel(ref, AbortSignal.any([job.signal, AbortSignal.timeout(cancelMs)])).then(
      () => forgetPush(session),
      (err: unknown) => parts.log.info({ err, agent: task.agent, reference: job.row.reference, task: job.row.id }, "cancel not confirmed"),
    );
  }
  for (const turn of session.task.turns) if (turn.state !== "ended") concludeTurn(session, turn, "stopped");
}

/** The agent need not push for this task any more. Best effort: a push that still comes finds a task that is closed. */
async function forgetPush({ client, task, job, parts }: Session): Promise<void> {
  if (!task.push || task.taskId === undefined || !client.forgetPush) return;
  const ref = { taskId: task.taskId, ...(task.contextId === undefined ? {} : { contextId: task.contextId }) };
  await client.forgetPush(ref, job.signal).catch((err: unknown) => {
    parts.log.debug({ err, agent: task.agent, reference: job.row.reference, task: job.row.id }, "push config not deleted");
  });
}

/** A message that came while the task was open becomes a turn of it. Withdrawn or begun meanwhile: nothing to do. */
async function absorb(session: Session, rowId: string): Promise<void> {
  const row = await session.parts.ledger.row(rowId);
  if (row?.state !== "ready" || session.task.turns.every((turn) => turn.state === "ended")) return;
  const before = { task: session.task, content: session.content };
  const content = toTaskContent(row);
  const turns = toTask(row).turns;
  session.updateTask({ turns: [...session.task.turns, ...turns] });
  for (const turn of turns) {
    const said = content[turn.id];
    if (said) session.content = { ...session.content, [turn.id]: said };
  }
  if ((await session.save({ absorb: [rowId] })) === "saved") return;
  session.task = before.task;
  session.content = before.content;
}

/** Puts the row aside until the next look, the deadline, or the moment to say that it takes its time; mail wakes it before. */
async function park(session: Session, asked: readonly Turn[]): Promise<boolean> {
  const { parts } = session;
  const now = parts.clock.now();
  tellOfLongWork(session, asked, now);
  const tellAt = asked.flatMap((turn) => (turn.told || turn.sentAt === undefined ? [] : [turn.sentAt + parts.pace.notifyAfter]));
  const wakeAt = Math.min(session.task.lookAt ?? Number.POSITIVE_INFINITY, ...tellAt, nextDeadline(session), now + 86_400_000);
  await session.settle({ kind: "parked", delayMs: Math.max(0, wakeAt - now) });
  return true;
}

function tellOfLongWork(session: Session, asked: readonly Turn[], now: number): void {
  for (const turn of asked) {
    if (turn.told || turn.sentAt === undefined || now - turn.sentAt < session.parts.pace.notifyAfter) continue;
    session.updateTurn(turn.id, { told: true });
    const reply = textReply(notices.takesTime(session.job.row.reference), "notice");
    session.outbox = [...session.outbox, ...toDeliveries(session.parts, session.task.thread, `${turn.id}?`, reply, { last: false })];
  }
}

/** Every turn has its end: the row is done, and what the agent needs to go on is kept in the same commit. */
async function finish(session: Session): Promise<boolean> {
  const { parts, task, client } = session;
  const last = task.turns.at(-1);
  const open = last?.outcome === "inputRequired";
  const { contextId, taskId } = task;
  const asking = open ? { asking: last.id } : {};
  const endedAt = parts.clock.now();
  const context = {
    open,
    endedAt,
    ...asking,
    ...(contextId === undefined ? {} : { contextId }),
    ...(taskId === undefined ? {} : { taskId }),
  };
  const known = open || contextId !== undefined || taskId !== undefined;
  if (task.push) session.forget = [...session.forget, askingKey(task.agent)];
  if (open && !(await isCurrent(parts, task))) await leaveQuestion(session);
  await parts.failpoint("follow.end.before");
  const settled = await session.settle({ kind: "done" }, known ? () => parts.contexts.set(task.context, context, parts.keepMs) : undefined);
  await parts.failpoint("follow.end.after");
  if (settled === "mail") await session.readMail();
  parts.log.info(
    { reference: session.job.row.reference, task: session.job.row.id, agent: client.name, outcome: last?.outcome, settled },
    "turn ended",
  );
  return settled === "settled";
}

/** A question that came late is open, unless the conversation has gone on to another task of the agent meanwhile. */
async function reopen(session: Session, asking: string): Promise<boolean> {
  const { parts, task } = session;
  const { contextId, taskId } = task;
  const known = await parts.contexts.get(task.context);
  const isNewest = taskId !== undefined && (known?.taskId === undefined || known.taskId === taskId);
  const context = {
    ...known,
    open: true,
    asking,
    endedAt: parts.clock.now(),
    ...(contextId === undefined ? {} : { contextId }),
    ...(taskId === undefined ? {} : { taskId }),
  };
  const settled = await session.settle(
    { kind: "done" },
    isNewest ? () => parts.contexts.set(task.context, context, parts.keepMs) : undefined,
  );
  if (settled === "mail") await session.readMail();
  return settled === "settled";
}

async function buryWithoutAgent(parts: Parts, { row }: Job, { thread, agent }: Task): Promise<void> {
  const reply = textReply(notices.noAgent(row.reference), "notice");
  const rows = toDeliveries(parts, thread, `${row.id}!`, reply, { last: true });
  await parts.ledger.settle(row, { end: { kind: "buried", error: `agent ${agent} is not configured` }, rows });
}
