import type { AgentClient, AgentEvent } from "../model/agent.ts";
import { DeliveryError } from "../model/errors.ts";
import type { Leased, NewRow, Row, Step } from "../model/ledger.ts";
import type { ControlWord, IncomingEvent } from "../model/message.ts";
import { pressAgain } from "./again.ts";
import { closeQuestion } from "./answered.ts";
import { type Conversation, contextKey, toNextEpoch } from "./conversation.ts";
import { isOwner } from "./go-on.ts";
import { eventRow, hash, taskRow } from "./ids.ts";
import { toLateAnswer } from "./late.ts";
import { type Change, isPush, type Letter, toPush } from "./letters.ts";
import * as notices from "./notices.ts";
import { toNotice } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { identifyAuthor, toRefusal } from "./person.ts";
import { mayAsk, toRoute } from "./route.ts";
import { type Task, toEvent, toJson, toTask, toTaskContent } from "./rows.ts";
import { findRunning } from "./running.ts";
import { toTelling } from "./share.ts";

/** Takes what must never wait behind a message: a push, a word, the stop button, an edit. Commits at once, calls no agent. */
export async function control(parts: Parts, row: Leased, signal: AbortSignal): Promise<void> {
  for (;;) {
    const step = isPush(row) ? await takePushed(parts, row) : await takeEvent(parts, row, toEvent(row), signal);
    await parts.failpoint("control.commit.before");
    const settled = await parts.ledger.settle(row, step);
    await parts.failpoint("control.commit.after");
    if (settled !== "settled") continue;
    parts.log.debug({ reference: row.reference, thread: row.lane, row: row.id }, "control taken");
    return;
  }
}

const done = (result?: string): Step => ({ end: { kind: "done" }, ...(result === undefined ? {} : { result }) });

/** A push goes to its open task as a letter; for a task that is done it is a late answer. */
async function takePushed(parts: Parts, row: Leased): Promise<Step> {
  const push = toPush(row);
  const task = await parts.ledger.row(push.task);
  if (!task) return { end: { kind: "buried", error: "its task is not kept any more" } };
  const letter: Extract<Letter, { kind: "push" }> = {
    kind: "push",
    hash: hash(JSON.stringify(push.events)),
    events: push.events,
    ...(push.turn === undefined ? {} : { turn: push.turn }),
  };
  if (task.settledAt === undefined) return { end: { kind: "done" }, mail: [{ to: task.id, item: toJson(letter) }] };
  const turns = toTask(task).turns;
  const turn = toTelling(turns, push.turn) ?? turns.findLast((one) => one.outcome === "expired") ?? turns.at(-1);
  if (!turn) return done("no turn");
  const late = toLateAnswer(parts, task.reference, toTask(task), toTaskContent(task), turn.id, letter);
  const asks = late.rows.length > 0 && late.task.turns.find(({ id }) => id === turn.id)?.outcome === "inputRequired";
  return {
    end: { kind: "done" },
    result: late.rows.length > 0 ? "late" : "nothing new",
    rows: [...late.rows, ...(asks ? [toReopening(row, late.task, turn.id, push.events)] : [])],
    amend: [{ id: task.id, facts: toJson(late.task), content: toJson(late.content) }],
  };
}

/** The task waits for its person after all: a row without a turn says so in the task lane, before whatever the person says next. */
function toReopening(row: Leased, task: Task, turn: string, events: readonly AgentEvent[]): NewRow {
  const said = events.find(({ taskId }) => taskId !== undefined);
  const { lookAt: _, parked: __, ...rest } = { ...task, ...(said?.taskId === undefined ? {} : { taskId: said.taskId }) };
  const facts = { ...rest, ...(said?.contextId === undefined ? {} : { contextId: said.contextId }), turns: [], reopens: turn };
  return { id: `task:${row.id}`, queue: "task", lane: row.lane, facts: toJson(facts), content: {} };
}

async function takeEvent(parts: Parts, row: Leased, event: IncomingEvent, signal: AbortSignal): Promise<Step> {
  switch (event.kind) {
    case "command":
      return takeWord(parts, row, event, event.word, signal);
    case "stop":
      return takeWord(parts, row, event, "stop", signal);
    case "edited":
      return (await editWaiting(parts, event.message, event.text)) ? done("edited") : tellMessage(parts, event);
    case "deleted":
      return (await withdrawWaiting(parts, event.message)) ? done("withdrawn") : tellMessage(parts, event);
    case "feedback":
      return done(event.value);
    case "action":
    case "message":
      throw new Error(`a ${event.kind} event in the control queue`);
  }
}

/** `help` and `status` are for everybody; `stop`, `new` and `again` only for people whose message would be taken here. */
async function takeWord(parts: Parts, row: Leased, event: IncomingEvent, word: ControlWord, signal: AbortSignal): Promise<Step> {
  const say = (text: string, options: { private?: string } = {}): Step => ({
    end: { kind: "done" },
    rows: toNotice(parts, event.thread, `${event.id}!`, text, { last: false, ...options }),
  });
  if (word === "help") return say(notices.help);
  const known = await parts.conversations.get(row.lane);
  const client = parts.agents.get(known?.agent ?? "") ?? parts.agents.get(toRoute(parts.routes, event.thread, event.roles)?.agent ?? "");
  if (word === "status") return say(notices.status(client?.name, await toRunning(parts, row.lane)));
  if (!client) return say(notices.noAgent(row.reference));
  if (!mayAsk(parts.routes, event.thread, event.roles, client.name)) return say(notices.notYourRole, { private: event.author.id });
  const verdict = await admit(parts, row, event, client, signal);
  if (verdict === "retry") return { end: { kind: "retry", delayMs: 1_000, error: "person unknown for now", unsure: false } };
  if (verdict === "unknown") return say(notices.unknownPerson(row.reference));
  if (verdict.kind === "refused") {
    const refusal = toRefusal(parts, event.thread, verdict, row.reference);
    return refusal ? say(refusal.text, refusal.private ? { private: event.author.id } : {}) : done();
  }
  if (known && !isOwner(known, event) && client.policy.threadIdentity === "owner-only") return say(notices.notYours);
  if (word === "stop") return stop(parts, row, say);
  if (word === "again") return pressAgain(parts, row, event, say);
  const epoch = await parts.epochs.get(row.lane);
  const fresh = say(notices.fresh);
  const identity = known && isOwner(known, event) ? known.identity : hash(verdict.userPrincipalName ?? "");
  return {
    ...fresh,
    rows: [...(await toFarewell(parts, row, event, client, known, { identity, epoch: epoch?.epoch ?? 0 })), ...(fresh.rows ?? [])],
    also: () => parts.epochs.set(row.lane, toNextEpoch(epoch, row.seq), parts.keepMs),
  };
}

/** A task that waits for its person is left behind: its question loses its buttons, and a row without a turn takes back what was asked of the agent for it. */
async function toFarewell(
  parts: Parts,
  row: Row,
  event: IncomingEvent,
  client: AgentClient,
  known: Conversation | undefined,
  { identity, epoch }: { readonly identity: string; readonly epoch: number },
): Promise<readonly NewRow[]> {
  const separate = client.policy.threadIdentity === "separate-context" ? { ...event.author, identity } : undefined;
  const context = contextKey(event.thread, separate, known?.fresh ?? 0, epoch);
  const { open, contextId, taskId } = (await parts.contexts.get(context)) ?? { open: false };
  const closed = await closeQuestion(parts, context);
  if (!open || taskId === undefined) return closed;
  const ids = { taskId, ...(contextId === undefined ? {} : { contextId }) };
  const task: Task = { thread: event.thread, agent: client.name, asker: event.author, context, ...ids, looks: 0, push: true, turns: [] };
  return [...closed, { id: taskRow(event.id), queue: "task", lane: row.lane, facts: toJson(task), content: {} }];
}

/** Who it is; `unknown` after the platform could not say so for a while. No proof of it is needed. */
async function admit(parts: Parts, row: Leased, event: IncomingEvent, client: AgentClient, signal: AbortSignal) {
  try {
    return await identifyAuthor(parts, event, { ...client.policy.identity, required: false }, signal);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    return row.attempts < 5 ? "retry" : "unknown";
  }
}

/** The stop goes to every open turn of the thread, and to what was said before it and is none yet; each ends with a word of its own. */
async function stop(parts: Parts, row: Row, say: (text: string) => Step): Promise<Step> {
  // In this order: what becomes a turn meanwhile is among the turns, or bounces.
  const coming = (await parts.ledger.open("message", row.lane)).filter(({ seq }) => seq < row.seq);
  const open = await findRunning(parts, row.lane);
  if (open.length + coming.length === 0) return say(notices.nothingRuns);
  const letter: Letter = { kind: "stop" };
  const change: Change = { kind: "stopped" };
  const mail = [...coming.map(({ id }) => ({ to: id, item: toJson(change) })), ...open.map(({ id }) => ({ to: id, item: toJson(letter) }))];
  return { ...say(notices.stopping), mail };
}

async function toRunning(parts: Parts, lane: string): Promise<readonly notices.Running[]> {
  const rows = await parts.ledger.open("task", lane);
  const now = parts.clock.now();
  return rows.flatMap((row) => {
    const task = toTask(row);
    return task.turns
      .filter((turn) => turn.state !== "ended")
      .map((turn) => ({
        agent: task.agent,
        reference: row.reference,
        sinceMs: turn.sentAt === undefined ? undefined : now - turn.sentAt,
        waits: task.parked === "push",
      }));
  });
}

/** An edit changes a message that waits, as an event or as a turn that was not begun; otherwise it is only recorded. */
async function editWaiting(parts: Parts, message: string, text: string): Promise<boolean> {
  const row = await parts.ledger.row(eventRow(message));
  if (row?.content === undefined || row.queue !== "message") return false;
  const event = toEvent(row);
  const attachments = event.kind === "message" ? event.attachments : [];
  if (await parts.ledger.edit(row.id, toJson({ text, attachments }))) return true;
  const task = await parts.ledger.row(taskRow(message));
  const content = task ? toTaskContent(task) : {};
  const said = task ? content[task.id] : undefined;
  return task !== undefined && said !== undefined && parts.ledger.edit(task.id, toJson({ ...content, [task.id]: { ...said, text } }));
}

/** A message that is being decided on just now, while its author is looked up: whoever does that hears of the change before it is sent. */
async function tellMessage(parts: Parts, event: Extract<IncomingEvent, { kind: "edited" | "deleted" }>): Promise<Step> {
  const message = await parts.ledger.row(eventRow(event.message));
  if (message?.queue !== "message" || message.settledAt !== undefined) return done("too late");
  const change: Change = event.kind === "edited" ? { kind: "edited", text: event.text } : { kind: "deleted" };
  return { ...done("told"), mail: [{ to: message.id, item: toJson(change) }] };
}

async function withdrawWaiting(parts: Parts, message: string): Promise<boolean> {
  return (await parts.ledger.withdraw(eventRow(message))) || parts.ledger.withdraw(taskRow(message));
}
