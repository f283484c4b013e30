import type { AgentPolicy } from "../model/agent.ts";
import { DeliveryError } from "../model/errors.ts";
import type { Leased, NewRow, Row, Step } from "../model/ledger.ts";
import type { IncomingEvent } from "../model/message.ts";
import { type ThreadRef, threadKey } from "../model/thread.ts";
import { closeQuestion, showAnswer } from "./answered.ts";
import type { Conversation } from "./conversation.ts";
import { goOn, isOwner } from "./go-on.ts";
import { observeHop } from "./hop.ts";
import type { Verdict } from "./identity.ts";
import { hash, taskRow, toUuid } from "./ids.ts";
import { type Change, isPush, toChange } from "./letters.ts";
import * as notices from "./notices.ts";
import { toNotice } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { identifyAuthor, toRefusal } from "./person.ts";
import { findQuestion, type Question, toAnswer, whyNot } from "./question.ts";
import { mayAsk, toRoute } from "./route.ts";
import { fromEvent, nothingYet, type Task, type TaskContent, toEvent, toJson, toTask } from "./rows.ts";
import { findRunning } from "./running.ts";
import { showSign } from "./sign.ts";

type Message = Extract<IncomingEvent, { kind: "message" }>;
type Action = Extract<IncomingEvent, { kind: "action" }>;

/** Takes a message, or the answer to a question: decides whose it is and which agent answers, and commits the turn. Calls no agent. */
export async function converse(parts: Parts, row: Leased, signal: AbortSignal): Promise<void> {
  const event = toEvent(row);
  if (event.kind !== "message" && event.kind !== "action") throw new Error(`a ${event.kind} event in the message queue`);
  for (let mail = row.mail; ; ) {
    const changes = mail.map(({ item }) => toChange(item));
    const said = toSaid(event, changes);
    const step = await (typeof said === "string" ? leave(parts, row, event, said) : take(parts, row, said, signal));
    const read = mail.at(-1)?.seq;
    await parts.failpoint("converse.commit.before");
    const settled = await parts.ledger.settle(row, { ...toKept(said, step), ...(read === undefined ? {} : { read }) });
    await parts.failpoint("converse.commit.after");
    if (settled !== "settled") {
      mail = [...row.mail, ...(await parts.ledger.mail(row))];
      continue;
    }
    if (step.end.kind === "done" && (step.rows ?? []).length === 0) await hush(parts, event.thread);
    observeHop(parts, event.thread.platform, "take", parts.clock.now() - row.createdAt);
    parts.log.debug(
      { reference: row.reference, event: event.id, thread: row.lane, made: (step.rows ?? []).map(({ id }) => id) },
      "message taken",
    );
    return;
  }
}

/** The event after what its author did to it meanwhile, or why nothing is to come of it. */
function toSaid(event: Message | Action, changes: readonly Change[]): Message | Action | "deleted" | "stopped" {
  if (changes.some(({ kind }) => kind === "deleted")) return "deleted";
  if (changes.some(({ kind }) => kind === "stopped")) return "stopped";
  const edited = changes.findLast((change) => change.kind === "edited");
  return edited && event.kind === "message" ? { ...event, text: edited.text } : event;
}

/** What its author has taken back ends silently; whoever said stop is told. */
function leave(parts: Parts, { reference }: Row, { id, thread }: IncomingEvent, why: "deleted" | "stopped"): Step {
  const end = { kind: "done" } as const;
  if (why === "deleted") return { end, result: { withdrawn: true } };
  return { end, rows: toNotice(parts, thread, `${id}!`, notices.gaveUp("stopped", reference)) };
}

/** A change that was read is deleted with the commit: a message that has to wait keeps it as its content. */
function toKept(said: ReturnType<typeof toSaid>, step: Step): Step {
  const { content } = typeof said !== "string" && step.end.kind !== "done" ? fromEvent(said) : {};
  return content === undefined ? step : { ...step, content };
}

/** What was said before `new` and after it is told apart by the order of the two: a word that is still on its way is waited for. */
async function take(parts: Parts, row: Leased, event: Message | Action, signal: AbortSignal): Promise<Step> {
  const words = await parts.ledger.open("control", row.lane);
  if (words.some((word) => word.seq < row.seq && isNew(word))) return { end: { kind: "parked", delayMs: newMs } };
  return event.kind === "action" ? answer(parts, row, event, signal) : decide(parts, row, event, signal);
}

const newMs = 50;

function isNew(row: Row): boolean {
  if (isPush(row)) return false;
  const event = toEvent(row);
  return event.kind === "command" && event.word === "new";
}

/** Nothing comes of it: the sign that somebody is at work goes, unless somebody is. */
async function hush(parts: Parts, thread: ThreadRef): Promise<void> {
  if ((await parts.ledger.open("task", threadKey(thread))).length === 0) showSign(parts, thread, { kind: "idle" });
}

/** A click is a message of whoever clicked, which takes the question's buttons away in the same commit. Others hear alone why it is none. */
async function answer(parts: Parts, row: Leased, event: Action, signal: AbortSignal): Promise<Step> {
  const question = await findQuestion(parts, event.question);
  const why = await whyNot(parts, question, event.thread, event.author);
  const message = question && toAnswer(question, event);
  if (why === undefined && message) return decide(parts, row, message, signal, { question, event });
  const rows = toNotice(parts, event.thread, `${event.id}!`, why ?? notices.questionGone, { last: false, private: event.author.id });
  return { end: { kind: "done" }, rows };
}

interface Answering {
  readonly question: Question;
  readonly event: Action;
}

async function decide(parts: Parts, row: Leased, event: Message, signal: AbortSignal, answering?: Answering): Promise<Step> {
  const known = await parts.conversations.get(row.lane);
  const client = chooseAgent(parts, event, known);
  const say = (text: string, options: { private?: string } = {}) => refuse(parts, event, text, answering, options);
  if (!client) return say(event.agent === undefined ? notices.noAgent(row.reference) : notices.notChosen(event.agent));
  if (!mayAsk(parts.routes, event.thread, event.roles, client.name)) return say(notices.notYourRole, { private: event.author.id });
  showSign(parts, event.thread, { kind: "working", first: known === undefined && row.attempts === 1 });
  const verdict = await identifyAuthor(parts, event, client.policy.identity, signal).catch((error: unknown) => deferPerson(error, row));
  if (verdict === undefined) return say(notices.unknownPerson(row.reference));
  if ("end" in verdict) return verdict;
  if (verdict.kind === "refused") {
    const refusal = toRefusal(parts, event.thread, verdict, row.reference);
    if (!refusal) return { end: { kind: "done" } };
    return say(refusal.text, refusal.private ? { private: event.author.id } : {});
  }
  const own = isOwner(known, event);
  if (known && !own && client.policy.threadIdentity === "owner-only") return say(notices.notYours);
  return begin(parts, row, event, client, known, verdict, answering);
}

/** The agent that the person chose; else the one of the conversation; else the one that is meant for this place. */
function chooseAgent(parts: Parts, { thread, roles, agent }: Message, known: Conversation | undefined) {
  const meant = parts.agents.get(toRoute(parts.routes, thread, roles, agent)?.agent ?? "");
  return agent === undefined ? (parts.agents.get(known?.agent ?? "") ?? meant) : meant;
}

/** A word in place of a turn; for who clicked, to them alone. */
function refuse(
  parts: Parts,
  event: Message,
  text: string,
  answering?: Answering,
  options: { private?: string; last?: boolean } = {},
): Step {
  const alone = answering ? { ...options, private: event.author.id } : options;
  return { end: { kind: "done" }, rows: toNotice(parts, event.thread, `${(answering?.event ?? event).id}!`, text, alone) };
}

/** A platform that cannot say who it is gets a few minutes; then the person is told. Definite refusals are final at once. */
function deferPerson(error: unknown, row: Row): Step | undefined {
  if (!(error instanceof DeliveryError)) throw error;
  const final = error.kind === "refused" || error.kind === "threadGone" || error.kind === "replacedGone";
  if (final || row.attempts >= 8) return undefined;
  const delayMs = error.retryAfterMs ?? Math.min(60_000, 1_000 * 2 ** (row.attempts - 1));
  return { end: { kind: "retry", delayMs, error: `person: ${error.message}`, unsure: false } };
}

/** Commits the turn of an allowed person: conversation, task row, and a word if it has to wait. */
async function begin(
  parts: Parts,
  row: Leased,
  event: Message,
  client: { readonly name: string; readonly policy: AgentPolicy },
  known: Conversation | undefined,
  verdict: Extract<Verdict, { kind: "allowed" }>,
  answering?: Answering,
): Promise<Step> {
  const { policy, name } = client;
  const identity = hash(verdict.userPrincipalName ?? "");
  const [head] = await findRunning(parts, row.lane);
  if (head && policy.whileRunning === "refuse") return refuse(parts, event, notices.busy, answering, { last: false });
  const { conversation, changed, context, left } = await goOn(parts, row, event, client, known, { identity, busy: head !== undefined });
  if (answering && !answering.question.asks.again && answering.question.task.context !== context)
    return refuse(parts, event, notices.questionOver, answering);
  const turn = toTaskRow(row, event, name, context, verdict.metadata);
  const joins = head !== undefined && policy.whileRunning === "join" && policy.taskId !== "never" && toTask(head).context === context;
  const words = [
    ...(changed ? [notices.changedPerson] : []),
    ...(head ? [joins && head.state !== "leased" ? notices.joins : notices.waits] : []),
  ];
  return {
    end: { kind: "done" },
    rows: [
      turn,
      ...(answering
        ? showAnswer(parts, answering.question, answering.event, verdict.displayName)
        : known
          ? await closeQuestion(parts, context, verdict.displayName)
          : []),
      ...(left === undefined ? [] : await closeQuestion(parts, left)),
      ...(words.length > 0 ? toNotice(parts, event.thread, `${event.id}!`, words.join("\n"), { last: false }) : []),
    ],
    ...(joins ? { mail: [{ to: head.id, item: { kind: "join", row: turn.id } }] } : {}),
    also: () => parts.conversations.set(row.lane, conversation, parts.keepMs),
  };
}

function toTaskRow({ createdAt }: Row, event: Message, agent: string, context: string, metadata: Readonly<Record<string, string>>): NewRow {
  const id = taskRow(event.id);
  const task: Task = {
    thread: event.thread,
    agent,
    asker: event.author,
    context,
    looks: 0,
    push: false,
    turns: [{ id, messageId: toUuid(id), state: "waiting", receivedAt: createdAt, told: false, marks: [], shown: [], posts: 0 }],
  };
  const { text, attachments } = event;
  const content: TaskContent = { [id]: { text, metadata, answer: nothingYet, ...(attachments.length > 0 ? { attachments } : {}) } };
  return { id, queue: "task", lane: threadKey(event.thread), facts: toJson(task), content: toJson(content) };
}
