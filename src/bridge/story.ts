import type { Row } from "../model/ledger.ts";
import type { ThreadRef } from "../model/thread.ts";
import { isPush, toPush } from "./letters.ts";
import { toDelivery, toPosted } from "./post-row.ts";
import { type Task, type Turn, toEvent, toTask, toThread } from "./rows.ts";

/** One thing that happened on a message's way. Facts only, and never what somebody said (promise 7). */
export interface StoryHop {
  /** Milliseconds since 1970, by the ledger's clock; `said` by the platform's. */
  readonly at: number;
  readonly hop: "said" | "received" | "taken" | "asked" | "answering" | "ended" | "push" | "queued" | "posted" | "buried" | "open";
  readonly says: string;
  readonly reference: string;
  readonly row: string;
}

export interface Story {
  readonly threads: readonly Pick<ThreadRef, "platform" | "workspace" | "channel" | "thread">[];
  /** In the order of time. */
  readonly hops: readonly StoryHop[];
}

/** What the rows of the ledger tell about the way of a message, or of all messages of a thread. Pure. */
export function toStory(rows: readonly Row[], now: number): Story {
  const places = new Map(rows.flatMap((row) => [toThread(row) ?? []].flat().map((thread) => [row.lane, thread] as const)));
  const hops = rows.flatMap((row) => toHops(row, rows, now).map((hop) => ({ ...hop, reference: row.reference, row: row.id })));
  return {
    threads: [...places.values()].map(({ platform, workspace, channel, thread }) => ({ platform, workspace, channel, thread })),
    hops: hops.map((hop, at) => ({ hop, at })).sort((a, b) => a.hop.at - b.hop.at || a.at - b.at).map(({ hop }) => hop), // biome-ignore format: one step a word
  };
}

type Told = Pick<StoryHop, "at" | "hop" | "says">;

function toHops(row: Row, rows: readonly Row[], now: number): readonly Told[] {
  try {
    if (row.queue === "task") return fromTask(row, now);
    if (row.queue === "delivery") return fromDelivery(row, now);
    return isPush(row) ? fromPush(row, now) : fromEvent(row, rows, now);
  } catch {
    // Written by another version: that it is there, and in which state, can still be told.
    return [{ at: row.createdAt, hop: "received", says: `a row of the queue ${row.queue}` }, ...toState(row, "taken", "", now)];
  }
}

function fromEvent(row: Row, rows: readonly Row[], now: number): readonly Told[] {
  const event = toEvent(row);
  const { author, at } = event;
  return [
    { at: Math.min(at, row.createdAt), hop: "said", says: `${toWhat(event)} by ${author.id}` },
    { at: row.createdAt, hop: "received", says: "committed, then acknowledged to the platform" },
    ...toState(row, "taken", toTaken(row, rows), now),
  ];
}

function toWhat(event: ReturnType<typeof toEvent>): string {
  switch (event.kind) {
    case "message":
      return { mention: "a mention", direct: "a direct message", followUp: "a follow-up" }[event.trigger];
    case "command":
      return `the word ${event.word}`;
    case "action":
      return `a click on the question ${event.question}`;
    case "feedback":
      return `thumbs ${event.value}`;
    default:
      return event.kind;
  }
}

function toTaken(row: Row, rows: readonly Row[]): string {
  if (row.queue === "control") return typeof row.result === "string" ? row.result : "done";
  if (isObject(row.result) && "withdrawn" in row.result) return "taken back by its author before it was begun";
  const turn = rows.find(({ id, queue }) => queue === "task" && id.endsWith(row.id.replace(/^event:/, "task:")));
  if (turn) return `person looked up, turn committed for agent ${toTask(turn).agent}`;
  const told = rows.some(({ id, queue }) => queue === "delivery" && id.startsWith(`${row.id.replace(/^event:/, "")}!`));
  return told ? "not passed on to an agent; the thread was told why" : "not passed on to an agent";
}

function fromPush(row: Row, now: number): readonly Told[] {
  const { agent } = toPush(row);
  const result = typeof row.result === "string" ? row.result : "given to its task";
  return [
    { at: row.createdAt, hop: "push", says: `received from agent ${agent} and committed` },
    ...toState(row, "taken", `push: ${result}`, now),
  ];
}

function fromTask(row: Row, now: number): readonly Told[] {
  const task = toTask(row);
  if (isObject(row.result) && "joined" in row.result)
    return [{ at: row.settledAt ?? row.createdAt, hop: "taken", says: `joined the running request (${String(row.result.joined)})` }];
  const turns = task.turns.flatMap((turn) => fromTurn(row, task, turn));
  if (row.state === "buried") return [...turns, ...toState(row, "ended", "", now)];
  return row.settledAt === undefined ? [...turns, { at: now, hop: "open", says: toOpenTask(row, task, now) }] : turns;
}

function fromTurn(row: Row, { agent, push }: Task, turn: Turn): readonly Told[] {
  const ended = turn.endedAt ?? (turn.state === "ended" ? row.settledAt : undefined);
  const since = turn.sentAt !== undefined && ended !== undefined ? `, ${toDuration(ended - turn.sentAt)} after it was asked` : "";
  return [
    ...(turn.sentAt === undefined
      ? []
      : [{ at: turn.sentAt, hop: "asked" as const, says: `agent ${agent}${push ? ", with an address for pushes" : ""}` }]),
    ...(turn.heardAt === undefined ? [] : [{ at: turn.heardAt, hop: "answering" as const, says: `first word of agent ${agent}` }]),
    ...(ended === undefined ? [] : [{ at: ended, hop: "ended" as const, says: `${turn.outcome ?? "ended"}${since}` }]),
  ];
}

function toOpenTask(row: Row, task: Task, now: number): string {
  const open = task.turns.find(({ state }) => state !== "ended");
  const until = open?.deadline === undefined ? "" : `, until ${new Date(open.deadline).toISOString()} at the latest`;
  const look = task.lookAt === undefined ? "" : `; next look in ${toDuration(task.lookAt - now)}`;
  if (open?.state === "waiting" && task.parked !== "retry") return `waits for its turn with agent ${task.agent}`;
  if (task.parked === "push") return `waits for a push of agent ${task.agent}${until}${look}`;
  if (task.parked === "poll") return `agent ${task.agent} works on it${until}${look}`;
  if (task.parked === "retry") return `agent ${task.agent} could not be reached${look.replace("look", "try")}`;
  return row.state === "leased" ? `agent ${task.agent} is being listened to${until}` : "is taken up again at once";
}

function fromDelivery(row: Row, now: number): readonly Told[] {
  const { edits } = toDelivery(row);
  const posted = toPosted(row);
  const tries = row.attempts > 1 ? `, at try ${row.attempts}` : "";
  const place = posted === undefined ? "" : ` as ${posted.platform} message ${posted.message}${tries}`;
  return [
    { at: row.createdAt, hop: "queued", says: edits === undefined ? "a reply committed to the outbox" : `a change of the reply ${edits}` },
    ...toState(row, "posted", `in the thread${place}`, now),
  ];
}

/** What became of a row, or how it stands. */
function toState(row: Row, hop: "taken" | "posted" | "ended", says: string, now: number): readonly Told[] {
  const why = row.error === undefined ? "" : `: ${row.error}`;
  if (row.state === "done") return [{ at: row.settledAt ?? row.createdAt, hop, says }];
  if (row.state === "buried")
    return [{ at: row.settledAt ?? row.createdAt, hop: "buried", says: `set aside after try ${row.attempts}${why}` }];
  const tries = row.attempts === 0 ? "not begun" : `${row.state === "leased" ? "at" : "after"} try ${row.attempts}`;
  return [{ at: now, hop: "open", says: `still to be ${hop}, ${tries}${why}` }];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A time as people say it: `38 ms`, `4.2 s`, `3 min`, `2.5 h`, `3 d`. */
export function toDuration(ms: number): string {
  const scales = [
    { unit: "d", ms: 86_400_000 },
    { unit: "h", ms: 3_600_000 },
    { unit: "min", ms: 60_000 },
    { unit: "s", ms: 1_000 },
  ];
  const scale = scales.find((one) => Math.abs(ms) >= one.ms);
  return scale === undefined ? `${Math.round(ms)} ms` : `${Number((ms / scale.ms).toFixed(1))} ${scale.unit}`;
}
