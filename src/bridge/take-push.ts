import type { AgentEvent, TaskRef } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import { applyEvent, concludeTurn } from "./conclude.ts";
import { toLateAnswer } from "./late.ts";
import type { Letter } from "./letters.ts";
import { isRepeated } from "./marks.ts";
import { toOutcome } from "./respond.ts";
import { type Answer, isGone, type Task, type Turn } from "./rows.ts";
import type { Session } from "./session.ts";
import { toTelling } from "./share.ts";

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
  if (!canRead && isBare(session.answer(turn))) return waitForRest(session, turn);
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

const isBare = ({ phase, artifacts, words }: Answer): boolean => phase === "completed" && artifacts.length === 0 && words.length === 0;

/** Pushes that were made one after the other may arrive together, in any order. */
const restMs = 2_000;

function waitForRest(session: Session, turn: Turn): void {
  putOff(session, turn);
  session.updateTask({ parked: "push", lookAt: session.parts.clock.now() + restMs });
}

/** The turn goes on; its end counts where no other comes. */
function putOff(session: Session, turn: Turn): void {
  const { phase, words, ...answer } = session.answer(turn);
  session.setAnswer(turn.id, { ...answer, phase: "open", words: [], told: { phase, words } });
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
