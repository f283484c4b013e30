import { randomUUID, timingSafeEqual } from "node:crypto";
import type { AgentEvent } from "../model/agent.ts";
import type { Row } from "../model/ledger.ts";
import { threadKey } from "../model/thread.ts";
import { hash } from "./ids.ts";
import type { PushFacts } from "./letters.ts";
import { wasTaken } from "./marks.ts";
import type { Parts } from "./parts.ts";
import { type Task, toJson, toTask } from "./rows.ts";

/** By which a push to a turn's own address is known; the opaque id itself is kept nowhere. */
export const pushKey = (agent: string, id: string): string => `push:${agent}:${hash(id)}`;

/** By which a push to a fixed address is known: the agent's own ids. */
export const taskKey = (agent: string, contextId: string | undefined, taskId: string): string =>
  `task:${agent}:${hash(JSON.stringify([contextId ?? "", taskId]))}`;

/** By which a turn is known whose message is out while the agent's ids are not known yet. */
export const askingKey = (agent: string): string => `asking:${agent}`;

/** Turns of one task of the agent that are looked at: where the task is the conversation, there is one more with every message. */
const mostTurns = 50;

/** Whose task a push is about. */
export interface Addressee {
  readonly row: Row;
  /** Only where the address says it. */
  readonly turn?: string;
}

/**
 * The task behind an address of its own, if one of the presented credentials is the registered one. Compared in constant time.
 * `signed`: the push proves itself in another way, which the caller checks.
 */
export async function admitPush(
  parts: Parts,
  agent: string,
  id: string,
  credentials: readonly string[] | "signed",
): Promise<Addressee | undefined> {
  const [row] = await parts.ledger.byKey(pushKey(agent, id), 1);
  const [registered, turn] = row?.proof?.split(" ") ?? [];
  if (row === undefined || registered === undefined || turn === undefined) return undefined;
  const addressee = { row, turn: decodeURIComponent(turn) };
  if (credentials === "signed") return addressee;
  const expected = Buffer.from(registered);
  const matches = credentials.filter((credential) => timingSafeEqual(expected, Buffer.from(hash(credential))));
  return matches.length > 0 ? addressee : undefined;
}

/** What is kept of a turn's push token: enough to check it and to know the turn. */
export const toProof = (token: string, turnId: string): string => `${hash(token)} ${encodeURIComponent(turnId)}`;

/** The task that an unaddressed push names by its ids: the one that has it already, or waits for an answer, else the newest. */
export async function findPushed(parts: Parts, agent: string, events: readonly AgentEvent[]): Promise<Addressee | undefined> {
  const named = events.find((event) => event.taskId !== undefined);
  if (named?.taskId === undefined) return undefined;
  const newestFirst = await parts.ledger.byKey(taskKey(agent, named.contextId, named.taskId), mostTurns);
  const is = (row: Row, state: (task: Task) => boolean) => row.queue === "task" && state(toTask(row));
  const row =
    newestFirst.find((row) => is(row, (task) => wasTaken(task, events) === true)) ??
    newestFirst.findLast((row) => row.settledAt === undefined && is(row, (task) => task.turns.some((turn) => turn.state === "asked"))) ??
    newestFirst.find((row) => is(row, (task) => task.turns.some((turn) => turn.outcome === "expired"))) ??
    newestFirst[0];
  return row ? { row } : undefined;
}

/**
 * Whether a message to this agent is out whose ids are not known yet: then an unknown push may be early, not wrong. A turn loses its
 * key with its ids or its end, so there are few; whoever knocks at an open door must not make the bridge read more.
 */
export async function isAsking(parts: Parts, agent: string): Promise<boolean> {
  const rows = await parts.ledger.byKey(askingKey(agent), 5);
  return rows.some((row) => row.settledAt === undefined && row.queue === "task" && toTask(row).taskId === undefined);
}

/** Commits a push; it goes to its task through the control lane of the thread. The same push again is a duplicate. */
export async function acceptPush(
  parts: Parts,
  agent: string,
  addressee: Addressee,
  events: readonly AgentEvent[],
  body: string,
): Promise<"accepted" | "duplicate"> {
  const { row, turn } = await redirect(parts, agent, addressee, events);
  const task = toTask(row);
  const facts: PushFacts = { kind: "push", agent, task: row.id, ...(turn === undefined ? {} : { turn }) };
  await parts.failpoint("push.commit.before");
  const kind = await parts.ledger.accept([
    {
      id: toPushRow(row.id, task, events, body),
      queue: "control",
      lane: threadKey(task.thread),
      of: row,
      facts: toJson(facts),
      content: toJson(events),
    },
  ]);
  await parts.failpoint("push.commit.after");
  parts.metrics.count("bridge_pushes_total", { agent, result: kind });
  parts.log.debug({ reference: row.reference, task: row.id, agent, kind }, "push received");
  return kind;
}

/**
 * An agent may keep the address of an earlier turn for a task that goes on: then the turn that is under way is meant. What an earlier turn
 * has had already is none of that one's.
 */
async function redirect(parts: Parts, agent: string, addressee: Addressee, events: readonly AgentEvent[]): Promise<Addressee> {
  const addressed = toTask(addressee.row);
  const named = addressed.turns.find((turn) => turn.id === addressee.turn);
  if (named?.state !== "ended" || wasTaken(addressed, events)) return addressee;
  const current = await findPushed(parts, agent, events);
  const isMeant = current && (current.row.settledAt === undefined || wasTaken(toTask(current.row), events));
  return isMeant ? current : addressee;
}

/**
 * A push that carries a mark (the agent's timestamp or messageId) is told by its body alone. One without a mark may honestly come
 * again in the next turn, so the turn counts; and chunks may honestly be equal within a turn, so each is new.
 */
function toPushRow(rowId: string, task: Task, events: readonly AgentEvent[], body: string): string {
  const digest = hash(body);
  if (events.some((event) => event.mark !== undefined)) return `push:${rowId}:${digest}`;
  if (events.some((event) => event.kind === "output" && event.append)) return `push:${rowId}:${digest}:${randomUUID()}`;
  const turn = task.turns.find((one) => one.state === "asked") ?? task.turns.at(-1);
  return `push:${rowId}:${digest}:${turn?.id ?? ""}`;
}
