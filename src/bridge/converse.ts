import type { AgentPolicy } from "../model/agent.ts";
import { DeliveryError } from "../model/errors.ts";
import type { Leased, NewRow, Row, Step } from "../model/ledger.ts";
import type { IncomingEvent } from "../model/message.ts";
import { threadKey } from "../model/thread.ts";
import { type Conversation, contextKey } from "./conversation.ts";
import { hash, toUuid } from "./ids.ts";
import * as notices from "./notices.ts";
import { toNotice } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import { identifyAuthor, toRefusal } from "./person.ts";
import { toRoute } from "./route.ts";
import { nothingYet, type Task, type TaskContent, toEvent, toJson, toTask } from "./rows.ts";
import { showSign } from "./sign.ts";

type Message = Extract<IncomingEvent, { kind: "message" }>;

/** The row of a message's turn. */
export const taskRow = (eventId: string): string => `task:${eventId}`;

/** Takes a message: decides whose it is and which agent answers, and commits the turn. Calls no agent. */
export async function converse(parts: Parts, row: Leased, signal: AbortSignal): Promise<void> {
  const event = toEvent(row);
  if (event.kind !== "message") throw new Error(`a ${event.kind} event in the message queue`);
  for (;;) {
    const step = await decide(parts, row, event, signal);
    await parts.failpoint("converse.commit.before");
    const settled = await parts.ledger.settle(row, step);
    await parts.failpoint("converse.commit.after");
    if (settled === "settled") return;
  }
}

async function decide(parts: Parts, row: Leased, event: Message, signal: AbortSignal): Promise<Step> {
  const known = await parts.conversations.get(row.lane);
  const route = toRoute(parts.routes, event.thread);
  const client = parts.agents.get(known?.agent ?? "") ?? parts.agents.get(route?.agent ?? "");
  const say = (text: string, options: { private?: string } = {}): Step => ({
    end: { kind: "done" },
    rows: toNotice(parts, event.thread, `${event.id}!`, text, options),
  });
  if (!client) return say(notices.noAgent(row.reference));
  showSign(parts, event.thread, { kind: "working" });
  const verdict = await identifyAuthor(parts, event, client.policy.identity, signal).catch((error: unknown) => deferPerson(error, row));
  if (verdict === undefined) return say(notices.unknownPerson(row.reference));
  if ("end" in verdict) return verdict;
  if (verdict.kind === "refused") {
    const refusal = toRefusal(verdict.why, row.reference);
    if (!refusal) return { end: { kind: "done" } };
    return say(refusal.text, refusal.private ? { private: event.author.id } : {});
  }
  const own = isOwner(known, event);
  if (known && !own && client.policy.threadIdentity === "owner-only") return say(notices.notYours);
  return begin(parts, row, event, client, known, verdict);
}

/** A platform that cannot say who it is gets a few minutes; then the person is told. Definite refusals are final at once. */
function deferPerson(error: unknown, row: Row): Step | undefined {
  if (!(error instanceof DeliveryError)) throw error;
  const final = error.kind === "refused" || error.kind === "threadGone" || error.kind === "replacedGone";
  if (final || row.attempts >= 8) return undefined;
  const delayMs = error.retryAfterMs ?? Math.min(60_000, 1_000 * 2 ** (row.attempts - 1));
  return { end: { kind: "retry", delayMs, error: `person: ${error.message}`, unsure: false } };
}

function isOwner(known: Conversation | undefined, event: Message): boolean {
  return known !== undefined && known.owner.id === event.author.id && known.owner.workspace === event.author.workspace;
}

/** Commits the turn of an allowed person: conversation, task row, and a word if it has to wait. */
async function begin(
  parts: Parts,
  row: Leased,
  event: Message,
  client: { readonly name: string; readonly policy: AgentPolicy },
  known: Conversation | undefined,
  verdict: { readonly metadata: Readonly<Record<string, string>>; readonly userPrincipalName?: string },
): Promise<Step> {
  const { policy, name } = client;
  const identity = hash(verdict.userPrincipalName ?? "");
  const { conversation, changed } = toConversation(parts, event, client, known, identity);
  const running = await parts.ledger.open("task", row.lane);
  const head = running[0];
  if (head && policy.whileRunning === "refuse")
    return { end: { kind: "done" }, rows: toNotice(parts, event.thread, `${event.id}!`, notices.busy, { last: false }) };
  const epoch = (await parts.epochs.get(row.lane))?.epoch ?? 0;
  const separate = policy.threadIdentity === "separate-context" ? { ...event.author, identity } : undefined;
  const context = contextKey(event.thread, separate, conversation.fresh, epoch);
  const turn = toTaskRow(event, name, context, verdict.metadata);
  const joins = head !== undefined && policy.whileRunning === "join" && policy.taskId !== "never" && toTask(head).context === context;
  const words = [
    ...(changed ? [notices.changedPerson] : []),
    ...(head ? [joins && head.state !== "leased" ? notices.joins : notices.waits] : []),
    ...(event.attachments.length > 0 ? [notices.noFiles] : []),
  ];
  return {
    end: { kind: "done" },
    rows: [turn, ...(words.length > 0 ? toNotice(parts, event.thread, `${event.id}!`, words.join("\n"), { last: false }) : [])],
    ...(joins ? { mail: [{ to: head.id, item: { kind: "join", row: turn.id } }] } : {}),
    also: () => parts.conversations.set(row.lane, conversation, parts.keepMs),
  };
}

/** The conversation after this message, with a fresh context where a chat rested too long or its owner became somebody else. */
function toConversation(
  parts: Parts,
  event: Message,
  client: { readonly name: string; readonly policy: AgentPolicy },
  known: Conversation | undefined,
  identity: string,
): { readonly conversation: Conversation; readonly changed: boolean } {
  const now = parts.clock.now();
  const { id, workspace } = event.author;
  if (!known) return { conversation: { agent: client.name, owner: { id, workspace }, identity, fresh: 0, lastAt: now }, changed: false };
  const rested = event.thread.endless === true && now - known.lastAt > client.policy.limits.contextIdleHours * 3_600_000;
  const changed = client.policy.threadIdentity !== "shared" && isOwner(known, event) && known.identity !== identity;
  const moved = known.agent !== client.name;
  const fresh = known.fresh + (rested || changed || moved ? 1 : 0);
  return { conversation: { ...known, agent: client.name, fresh, lastAt: now, ...(isOwner(known, event) ? { identity } : {}) }, changed };
}

function toTaskRow(event: Message, agent: string, context: string, metadata: Readonly<Record<string, string>>): NewRow {
  const id = taskRow(event.id);
  const task: Task = {
    thread: event.thread,
    agent,
    asker: event.author,
    context,
    looks: 0,
    push: false,
    turns: [{ id, messageId: toUuid(id), state: "waiting", told: false, marks: [], shown: [], posts: 0 }],
  };
  const content: TaskContent = { [id]: { text: event.text, metadata, answer: nothingYet } };
  return { id, queue: "task", lane: threadKey(event.thread), facts: toJson(task), content: toJson(content) };
}
