import type { AgentEvent } from "../model/agent.ts";
import { type PostedRef, type Reply, textReply } from "../model/reply.ts";
import { isLost, lostKey } from "./again.ts";
import { observeHop } from "./hop.ts";
import { withMarks } from "./marks.ts";
import * as notices from "./notices.ts";
import type { Asks } from "./post-row.ts";
import { reduce, toLiveText, toOutcome, toReplies } from "./respond.ts";
import type { Outcome, Turn } from "./rows.ts";
import type { Session } from "./session.ts";
import { giveShared } from "./share.ts";
import { toRows, withShown } from "./turn-posts.ts";

/** Ends a turn: its last replies go to the outbox with the next commit. Turns that share the agent's task end with it. */
export function concludeTurn(session: Session, { id }: Turn, given: Outcome, explanation?: string): void {
  const turn = session.turn(id);
  if (!turn || turn.state === "ended") return;
  const outcome = toKnownOutcome(session, turn, given);
  const together = session.client.policy.taskId === "spec" && turn.state === "asked" && endsTask.includes(outcome);
  if (!together) giveShared(session, turn);
  const joined = together ? session.task.turns.filter((other) => other.id !== id && other.state === "asked") : [];
  const now = session.parts.clock.now();
  for (const other of joined) session.updateTurn(other.id, { state: "ended", outcome: "joined", endedAt: now });
  const { parts, job, task } = session;
  const replies = toReplies({
    outcome,
    answer: session.answer(turn),
    shown: turn.shown,
    reference: job.row.reference,
    explanation,
    late: false,
  });
  const long = turn.sentAt !== undefined && now - turn.sentAt > parts.pace.notifyAfter;
  const live = turn.live ?? joined.find((other) => other.live)?.live;
  const others = task.turns.some((other) => other.id !== id && other.state !== "ended" && !joined.includes(other));
  // What is not said a second time may still stand where it grew.
  const left = live && replies.length === 0 ? [textReply(toLiveText(session.answer(turn)), "answer")] : replies;
  const posts = withPlace(left, live, long);
  const asks = toAsks(job.row.id, id, outcome);
  for (const other of joined) if (other.live && other.live !== live) closeLive(session, other, other.live);
  session.outbox = [...session.outbox, ...toRows(parts, task, turn, posts, { last: !others, ...(asks ? { asks } : {}) })];
  session.updateTurn(id, { state: "ended", outcome, endedAt: now, ...withShown(turn, posts) });
  if (isLost(outcome)) session.keys = [...session.keys, { key: lostKey(job.row.lane) }];
  const labels = { platform: task.thread.platform, agent: task.agent };
  parts.metrics.count("bridge_turns_total", { ...labels, outcome });
  if (turn.sentAt !== undefined) parts.metrics.observe("bridge_turn_seconds", (now - turn.sentAt) / 1_000, labels);
}

/** The task's one answer stands elsewhere (`share.ts`): what a turn was shown growing grows no more. */
function closeLive(session: Session, turn: Turn, live: PostedRef): void {
  const reply = textReply(notices.below, "notice", { replaces: live });
  session.outbox = [...session.outbox, ...toRows(session.parts, session.task, turn, [reply], { last: false })];
  session.updateTurn(turn.id, withShown(turn, [reply]));
}

/** Who waits in vain for a task to be read has the end that a push has told of it. */
function toKnownOutcome(session: Session, turn: Turn, given: Outcome): Outcome {
  const { told, ...answer } = session.answer(turn);
  if (!told || (given !== "lost" && given !== "expired")) return given;
  const known = { ...answer, ...told };
  session.setAnswer(turn.id, known);
  return toOutcome(known) ?? given;
}

/** A message that did not get through leaves the task, and the other turns in it, as they are. */
const endsTask: readonly Outcome[] = ["completed", "failed", "canceled", "rejected", "inputRequired", "expired", "stopped"];

/** The first reply takes the place of the live message; after long work it is a new message, so that people are notified. */
function withPlace(replies: readonly Reply[], live: PostedRef | undefined, long: boolean): readonly Reply[] {
  return replies.map((reply, index) => ({ ...reply, notify: reply.notify || long, ...(index === 0 && live ? { replaces: live } : {}) }));
}

/** What can be answered: the question of a task that waits for its person, and the notice that nobody knows what became of a message. */
function toAsks(task: string, turn: string, outcome: Outcome): Asks | undefined {
  if (outcome !== "inputRequired" && !isLost(outcome)) return undefined;
  return { task, turn, ...(isLost(outcome) ? { again: true } : {}) };
}

/** Takes an event of the agent into a turn that is under way, and ends the turn where the event does. */
export function applyEvent(session: Session, turnId: string, event: AgentEvent): void {
  const turn = session.turn(turnId);
  if (!turn || turn.state === "ended") return;
  if (turn.heardAt === undefined) noteFirstWord(session, turn);
  const answer = reduce(session.answer(turn), event);
  session.setAnswer(turnId, answer);
  const marks = withMarks(turn.marks, [event]);
  if (marks !== turn.marks) session.updateTurn(turnId, { marks });
  if (answer.phase === "authRequired" && event.kind === "authRequired") showSignIn(session, turnId);
}

function noteFirstWord(session: Session, { id, sentAt }: Turn): void {
  const { parts, task, job } = session;
  const now = parts.clock.now();
  session.updateTurn(id, { heardAt: now });
  if (sentAt !== undefined) observeHop(parts, task.thread.platform, "answer", now - sentAt);
  parts.log.debug({ reference: job.row.reference, agent: task.agent }, "agent heard");
}

/** Asks the person to sign in, once; the agent goes on by itself afterwards, so the turn stays open. */
function showSignIn(session: Session, turnId: string): void {
  const turn = session.turn(turnId);
  if (!turn) return;
  const answer = { ...session.answer(turn), artifacts: [] };
  const replies = toReplies({ outcome: "authRequired", answer, shown: turn.shown, reference: session.job.row.reference, late: false });
  session.outbox = [...session.outbox, ...toRows(session.parts, session.task, turn, replies, { last: false })];
  session.updateTurn(turnId, withShown(turn, replies));
}
