import type { Author, IncomingEvent } from "../model/message.ts";
import type { Reply } from "../model/reply.ts";
import { type ThreadRef, threadKey } from "../model/thread.ts";
import type { Conversation } from "./conversation.ts";
import { asksKey, hash, taskRow } from "./ids.ts";
import * as notices from "./notices.ts";
import type { Parts } from "./parts.ts";
import { type Asks, toDelivery, toReply } from "./post-row.ts";
import { matches } from "./route.ts";
import { type Task, type TaskContent, toTask, toTaskContent } from "./rows.ts";

/** What was asked in a message of ours, as the ledger knows it: nothing of it comes from the click. */
export interface Question {
  /** The delivery. */
  readonly id: string;
  readonly thread: ThreadRef;
  readonly asks: Asks;
  readonly reply: Reply;
  readonly task: Task;
  readonly said: TaskContent;
  /** Whether the row of its task has come to its end. */
  readonly settled: boolean;
}

type Action = Extract<IncomingEvent, { kind: "action" }>;

/** The id of the message that the answer is: the same for whoever answers, so that there is only one. */
const toAnswerId = (question: string): string => `answer:${hash(question)}`;

/** Undefined where nothing was asked, or what was said is not kept any more. */
export async function findQuestion(parts: Parts, id: string): Promise<Question | undefined> {
  const row = await parts.ledger.row(id);
  if (row?.queue !== "delivery") return undefined;
  const { thread, asks } = toDelivery(row);
  const reply = toReply(row);
  const task = asks && (await parts.ledger.row(asks.task));
  if (!asks || !reply || !task || task.queue !== "task") return undefined;
  return { id, thread, asks, reply, task: toTask(task), said: toTaskContent(task), settled: task.settledAt !== undefined };
}

/** The question that is open in a context, if it has buttons: whatever is said there now is its answer. */
export async function findPressable(parts: Parts, context: string): Promise<Question | undefined> {
  const turn = (await parts.contexts.get(context))?.asking;
  return turn === undefined ? undefined : findAsked(parts, turn);
}

/** What a turn has asked, if that has buttons. */
export async function findAsked(parts: Parts, turn: string): Promise<Question | undefined> {
  const [row] = await parts.ledger.byKey(asksKey(turn), 1);
  const question = row && (await findQuestion(parts, row.id));
  return question?.reply.choices ? question : undefined;
}

/** Why this person cannot answer it (now), in a word for them alone; undefined where they can. Who they are is asked elsewhere. */
export async function whyNot(parts: Parts, question: Question | undefined, thread: ThreadRef, author: Author): Promise<string | undefined> {
  if (!question || threadKey(question.thread) !== threadKey(thread)) return notices.questionGone;
  const known = await parts.conversations.get(threadKey(thread));
  return mayAnswer(parts, question, known, author) ?? (await whyClosed(parts, question, known));
}

/** The rule of follow-ups: a question is for whoever may go on in the thread, and always for the person whose message led to it. */
function mayAnswer(parts: Parts, { task }: Question, known: Conversation | undefined, author: Author): string | undefined {
  const is = (other: Author | undefined) => other?.id === author.id && other.workspace === author.workspace;
  switch (parts.agents.get(task.agent)?.policy.threadIdentity) {
    case "owner-only":
      return is(known?.owner) ? undefined : notices.notYours;
    case "separate-context":
      return is(task.asker) ? undefined : notices.questionNotYours;
    default: {
      const route = parts.routes.find(({ agent, ...place }) => agent === task.agent && matches({ agent, ...place }, task.thread));
      const followUps = route?.followUps ?? "asker";
      return followUps === "thread" || is(known?.owner) || is(task.asker) ? undefined : notices.questionNotYours;
    }
  }
}

/** Only the newest question of a context is open, and only until somebody says something there. */
async function whyClosed(parts: Parts, question: Question, known: Conversation | undefined): Promise<string | undefined> {
  const { id, asks, task } = question;
  if (await parts.ledger.row(taskRow(toAnswerId(id)))) return notices.questionAnswered;
  const lane = threadKey(question.thread);
  if (!known || !(await isCurrent(parts, task))) return notices.questionOver;
  const turn = task.turns.find((one) => one.id === asks.turn);
  if (asks.again) return turn?.outcome === "lost" || turn?.outcome === "unreachable" ? undefined : notices.askedAgainMeanwhile;
  const waiting = question.settled
    ? (await parts.contexts.get(task.context))?.asking === asks.turn
    : task.turns.findLast(({ outcome }) => outcome !== "joined")?.id === asks.turn;
  const later = (await parts.ledger.open("task", lane)).filter((row) => row.id !== asks.task && toTask(row).context === task.context);
  return waiting && later.length === 0 && turn?.outcome === "inputRequired" ? undefined : notices.questionOver;
}

/** Whether the thread has not begun afresh since. The end of the context's key says how often it did; see `contextKey`. */
export async function isCurrent(parts: Parts, { thread, context }: Pick<Task, "thread" | "context">): Promise<boolean> {
  const lane = threadKey(thread);
  const [known, epoch] = [await parts.conversations.get(lane), await parts.epochs.get(lane)];
  return context.endsWith(`#${known?.fresh ?? 0}.${epoch?.epoch ?? 0}`);
}

/** The answer as a message of whoever gave it; undefined where it is none that was offered. */
export function toAnswer(question: Question, event: Action): Extract<IncomingEvent, { kind: "message" }> | undefined {
  const { id, asks, reply, said } = question;
  const choice = reply.choices?.find((one) => one.id === event.choice);
  const before = asks.again && choice ? said[asks.turn] : undefined;
  const text = asks.again ? before?.text : (choice?.label ?? event.text?.trim());
  const attachments = before?.attachments ?? [];
  if (text === undefined || (text === "" && attachments.length === 0)) return undefined;
  const { thread, author, at, roles } = event;
  return { kind: "message", id: toAnswerId(id), thread, author, at, ...(roles && { roles }), text, attachments, trigger: "mention" };
}
