import type { AgentEvent, TaskRef } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import type { NewRow } from "../model/ledger.ts";
import type { PostedRef, Reply } from "../model/reply.ts";
import { isLost, lostKey } from "./again.ts";
import { observeHop } from "./hop.ts";
import { toPostId } from "./ids.ts";
import type { Letter } from "./letters.ts";
import { wasTaken, withMarks } from "./marks.ts";
import { toDeliveries } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import type { Asks } from "./post-row.ts";
import { fingerprint, reduce, toOutcome, toReplies } from "./respond.ts";
import { isGone, nothingYet, type Outcome, type Task, type TaskContent, type Turn } from "./rows.ts";
import type { Session } from "./session.ts";
import { giveShared, toTelling } from "./share.ts";

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
  const posts = withPlace(replies, live, long);
  const asks = toAsks(job.row.id, id, outcome);
  session.outbox = [...session.outbox, ...toRows(parts, task, turn, posts, { last: !others, ...(asks ? { asks } : {}) })];
  session.updateTurn(id, { state: "ended", outcome, endedAt: now, ...withShown(turn, posts) });
  if (isLost(outcome)) session.keys = [...session.keys, { key: lostKey(job.row.lane) }];
  const labels = { platform: task.thread.platform, agent: task.agent };
  parts.metrics.count("bridge_turns_total", { ...labels, outcome });
  if (turn.sentAt !== undefined) parts.metrics.observe("bridge_turn_seconds", (now - turn.sentAt) / 1_000, labels);
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

function toRows(
  parts: Parts,
  task: Task,
  turn: Turn,
  replies: readonly Reply[],
  { last, asks }: { readonly last: boolean; readonly asks?: Asks },
): readonly NewRow[] {
  return replies.flatMap((reply, index) => {
    const asking = reply.tone === "question" || reply.choices ? asks : undefined;
    const more = { last: last && index === replies.length - 1, asks: asking, agent: task.agent };
    return toDeliveries(parts, task.thread, toPostId(turn.id, turn.posts + index), reply, more);
  });
}

function withShown(turn: Turn, replies: readonly Reply[]): Pick<Turn, "shown" | "posts"> {
  const shown = replies.filter((reply) => reply.tone !== "notice").map((reply) => fingerprint(reply.parts, reply.choices));
  return { shown: [...turn.shown, ...shown], posts: turn.posts + replies.length };
}

/** Takes an event of the agent into a turn that is under way, and ends the turn where the event does. */
export function applyEvent(session: Session, turnId: string, event: AgentEvent): void {
  const turn = session.turn(turnId);
  if (!turn || turn.state === "ended") return;
  if (turn.heardAt === undefined) noteFirstWord(session, turn);
  const answer = reduce(session.answer(turn), event);
  session.setAnswer(turnId, answer);
  session.updateTurn(turnId, { marks: withMarks(turn.marks, [event]) });
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

type Push = Extract<Letter, { kind: "push" }>;

/**
 * A push for this task. Which turn it answers: the one whose address it came to, else the oldest that waits. `bringing`: the turn whose open
 * call brings the answer by itself.
 */
export async function takePush(session: Session, push: Push, bringing?: string): Promise<void> {
  const { task } = session;
  if (isRepeated(task, push)) return;
  const turn = toPushedTurn(task, push, session.client.policy.taskId === "spec");
  session.updateTask({ lastPush: push.hash });
  if (!turn) return;
  if (!isOfGone(task, push)) for (const event of push.events) session.noteIds(event);
  if (turn.state === "ended") {
    const late = toLateAnswer(session.parts, session.job.row.reference, session.task, session.content, turn.id, push);
    session.task = late.task;
    session.content = late.content;
    session.outbox = [...session.outbox, ...late.rows];
    return;
  }
  for (const event of turn.id === bringing ? toNews(push.events) : push.events) applyEvent(session, turn.id, event);
  await endByPush(session, turn.id, push, bringing);
}

/** Of pieces of an answer that comes by the call as well, nothing: they would stand there twice, or take the place of later ones. */
function toNews(events: readonly AgentEvent[]): readonly AgentEvent[] {
  const ends = events.some(({ kind }) => kind !== "output" && kind !== "working");
  return ends ? events : events.filter(({ kind }) => kind !== "output");
}

/** How long a pushed answer waits for the task to be read; afterwards it is looked at as any open task. */
const readMs = 10_000;

/** The closing push of an A2A 1.0 agent carries no artifacts: where the task can be had, it is read before the turn ends. */
async function endByPush(session: Session, turnId: string, push: Push, bringing: string | undefined): Promise<void> {
  const turn = session.turn(turnId);
  if (!turn || toOutcome(session.answer(turn)) === undefined) return;
  const { client, task, job, parts } = session;
  const complete = push.events.some((event) => event.kind === "output");
  const canRead = task.taskId !== undefined && client.policy.operations.get;
  // The end has overtaken the answer.
  if (!complete && !canRead && turnId === bringing) return putOff(session, turn);
  if (!complete && task.taskId !== undefined && canRead) {
    const ref: TaskRef = { taskId: task.taskId, ...(task.contextId === undefined ? {} : { contextId: task.contextId }) };
    try {
      const signal = AbortSignal.any([job.signal, AbortSignal.timeout(readMs)]);
      for await (const event of client.resume(ref, signal)) applyEvent(session, turnId, event);
    } catch (err) {
      parts.log.info({ err, reference: job.row.reference, task: job.row.id, agent: task.agent }, "pushed task could not be read");
      const final = err instanceof AgentError && (err.kind === "taskGone" || err.kind === "unsupported");
      if (!final) {
        putOff(session, turn);
        return session.updateTask({ parked: "push", lookAt: parts.clock.now() });
      }
    }
  }
  const outcome = toOutcome(session.answer(turn));
  if (outcome) concludeTurn(session, turn, outcome);
}

/** The turn goes on; its end counts where no other comes. */
function putOff(session: Session, turn: Turn): void {
  const { phase, words, ...answer } = session.answer(turn);
  session.setAnswer(turn.id, { ...answer, phase: "open", words: [], told: { phase, words } });
}

/** A push that some turn has taken already. A repeated chunk has no mark of its own: the same body twice in a row is a repetition. */
function isRepeated(task: Task, push: Push): boolean {
  const isChunk = push.events.some((event) => event.kind === "output" && event.append);
  return wasTaken(task, push.events) ?? (isChunk && task.lastPush === push.hash);
}

function toPushedTurn(task: Task, push: Push, shared: boolean): Turn | undefined {
  const asked = task.turns.filter((turn) => turn.state === "asked");
  const named = toTelling(task.turns, push.turn);
  if (shared && isOfGone(task, push))
    return named?.state === "ended" ? named : task.turns.findLast(({ state, outcome }) => state === "ended" && outcome !== "joined");
  if (shared && asked.length > 0) return asked.at(-1);
  return named ?? asked[0] ?? task.turns.findLast((turn) => turn.outcome === "expired") ?? task.turns.at(-1);
}

/** The turns that go on are those of another task of the agent. */
function isOfGone(task: Task, { events }: Push): boolean {
  return task.goneTask !== undefined && !isGone(task) && events.some(({ taskId }) => taskId === task.goneTask);
}

/**
 * What a push brings for a turn that has ended. An answer that was given up is posted as late. A task that came to its own end is
 * immutable (A2A 1.0, section 3.4.3), so pushes for it are echoes; only where the task is the conversation can there be more. Pure.
 */
export function toLateAnswer(
  parts: Parts,
  reference: string,
  task: Task,
  content: TaskContent,
  turnId: string,
  push: Push,
): { readonly task: Task; readonly content: TaskContent; readonly rows: readonly NewRow[] } {
  const turn = task.turns.find(({ id }) => id === turnId);
  const said = content[turnId] ?? { text: "", metadata: {}, answer: nothingYet };
  const lasting = parts.agents.get(task.agent)?.policy.taskId === "always";
  if (!turn || isRepeated(task, push) || (isClosed(turn) && !lasting)) return { task, content, rows: [] };
  const answer = push.events.reduce(reduce, said.answer);
  const outcome = push.events.some((event) => event.kind !== "working" && event.kind !== "output") ? toOutcome(answer) : undefined;
  const ending = { outcome: outcome ?? "open", answer, shown: turn.shown, reference } as const;
  const replies = outcome === undefined ? [] : toReplies({ ...ending, late: true });
  const marks = withMarks(turn.marks, push.events);
  const posted =
    outcome === undefined ? {} : { outcome, ...withShown(turn, toReplies({ ...ending, late: false })), posts: turn.posts + replies.length };
  return {
    task: { ...task, lastPush: push.hash, turns: task.turns.map((other) => (other === turn ? { ...turn, marks, ...posted } : other)) },
    content: { ...content, [turnId]: { ...said, answer } },
    rows: toRows(parts, task, turn, replies, { last: true }),
  };
}

/** The agent itself brought this turn to an end. */
function isClosed({ outcome }: Turn): boolean {
  return outcome === "completed" || outcome === "failed" || outcome === "rejected" || outcome === "canceled";
}
