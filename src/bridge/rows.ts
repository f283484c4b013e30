import { z } from "zod";
import type { Row } from "../model/ledger.ts";
import type { Attachment, Author, IncomingEvent } from "../model/message.ts";
import type { PostedRef, ReplyPart } from "../model/reply.ts";
import type { Json, ThreadRef } from "../model/thread.ts";

/**
 * What the rows of each queue hold. Stored rows are parsed here, once, and trusted from then on; so is what this process has written itself and
 * hands to itself.
 */
export function read<T>(schema: z.ZodType<T>, { own }: Row, value: Json): T {
  // biome-ignore lint/plugin: rows of a queue are made of values of this very type
  return own ? (value as T) : schema.parse(value);
}

const json = z.custom<Json>((value) => value !== undefined);
export const thread: z.ZodType<ThreadRef> = z.object({
  platform: z.string(),
  workspace: z.string(),
  channel: z.string(),
  thread: z.string(),
  address: json,
  endless: z.boolean().exactOptional(),
});
const author: z.ZodType<Author> = z.object({ id: z.string(), workspace: z.string() });
export const posted: z.ZodType<PostedRef> = z.object({ platform: z.string(), message: z.string(), address: json });

const base = { id: z.string(), thread, author, at: z.number(), roles: z.array(z.string()).exactOptional() };
const eventFacts = z.discriminatedUnion("kind", [
  z.object({
    ...base,
    kind: z.literal("message"),
    trigger: z.enum(["mention", "direct", "followUp"]),
    agent: z.string().exactOptional(),
  }),
  z.object({ ...base, kind: z.literal("command"), word: z.enum(["new", "stop", "status", "help", "again"]) }),
  z.object({ ...base, kind: z.literal("stop") }),
  z.object({ ...base, kind: z.literal("action"), question: z.string(), choice: z.string().exactOptional() }),
  z.object({ ...base, kind: z.literal("feedback"), delivery: z.string(), value: z.enum(["up", "down"]) }),
  z.object({ ...base, kind: z.literal("edited"), message: z.string() }),
  z.object({ ...base, kind: z.literal("deleted"), message: z.string() }),
]);
const attachment = z.object({ id: z.string(), name: z.string(), mediaType: z.string(), size: z.number(), source: json });
const eventContent = z.object({ text: z.string(), attachments: z.array(attachment) });

const noContent = { text: "", attachments: [] };

/** An event as a row: what was said goes to the content, all else to the facts. */
export function fromEvent(event: IncomingEvent): { readonly facts: Json; readonly content?: Json } {
  const { text, attachments, ...facts } = { text: undefined, attachments: undefined, ...event };
  return text === undefined
    ? { facts: toJson(facts) }
    : { facts: toJson(facts), content: toJson({ text, attachments: attachments ?? [] }) };
}

/** The event of a message or control row. Content whose time is over reads as empty. */
export function toEvent(row: Row): IncomingEvent {
  const facts = read(eventFacts, row, row.facts);
  const content = read(eventContent, row, row.content ?? noContent);
  if (facts.kind === "message") return { ...facts, ...content };
  if (facts.kind === "edited") return { ...facts, text: content.text };
  if (facts.kind === "action" && content.text !== "") return { ...facts, text: content.text };
  return facts;
}

/** A part of a reply, as a row holds it. */
export const part: z.ZodType<ReplyPart> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), text: z.string() }),
  z.object({ kind: z.literal("link"), url: z.string(), title: z.string() }),
  z.object({
    kind: z.literal("file"),
    name: z.string(),
    mediaType: z.string(),
    url: z.string().exactOptional(),
    bytes: z.string().exactOptional(),
  }),
  z.object({ kind: z.literal("data"), data: json }),
]);

/** What the agent has said in one turn so far: the reducer's state (`respond.ts`). */
export interface Answer {
  /** `earlier`: said in an earlier turn of the task, and shown by it again. `message`: came as a message of the agent. */
  readonly artifacts: readonly { readonly id: string; readonly parts: readonly ReplyPart[]; readonly origin?: "earlier" | "message" }[];
  /** What earlier turns of the task have said (`earlier.ts`). */
  readonly earlier?: readonly string[];
  readonly phase: "open" | "inputRequired" | "authRequired" | "completed" | "failed" | "canceled" | "rejected";
  /** The words that came with the phase. */
  readonly words: readonly ReplyPart[];
  /** The end that a push has told while the task could not be read: what is known, should that never be possible. */
  readonly told?: Pick<Answer, "phase" | "words">;
  /** The message was sent again since: what comes now takes the place of all this. */
  readonly stale?: true;
  /** Characters that were taken in, and whether there was no room for more (`take-output.ts`). */
  readonly size?: number;
  readonly cut?: true;
}

const ending = {
  phase: z.enum(["open", "inputRequired", "authRequired", "completed", "failed", "canceled", "rejected"]),
  words: z.array(part),
};
const answer: z.ZodType<Answer> = z.object({
  artifacts: z.array(z.object({ id: z.string(), parts: z.array(part), origin: z.enum(["earlier", "message"]).exactOptional() })),
  earlier: z.array(z.string()).exactOptional(),
  ...ending,
  told: z.object(ending).exactOptional(),
  stale: z.literal(true).exactOptional(),
  size: z.number().exactOptional(),
  cut: z.literal(true).exactOptional(),
});

export const nothingYet: Answer = { artifacts: [], phase: "open", words: [] };

/** One message and what the agent makes of it. Its answer is told apart from every other turn's, also of the same task. */
export interface Turn {
  /** The row that the message came with: `task:<event id>`. */
  readonly id: string;
  readonly messageId: string;
  readonly state: "waiting" | "asked" | "ended";
  /** When the first byte may have left for the agent. Committed before it does. */
  readonly sentAt?: number;
  /** When its message was committed at the door. */
  readonly receivedAt?: number;
  /** When the agent was first heard of in this turn, and when the turn had its end. */
  readonly heardAt?: number;
  readonly endedAt?: number;
  /** When the expiry notice is due. */
  readonly deadline?: number;
  readonly outcome?: Outcome;
  /** The thread was told that this takes its time. */
  readonly told: boolean;
  /** Marks of agent events that this turn has taken, so that a repeated push is recognised. */
  readonly marks: readonly string[];
  /** Hashes of texts that were posted in this turn. */
  readonly shown: readonly string[];
  /** How many rows of the outbox this turn has made: part of their ids. */
  readonly posts: number;
  /** The message that is being written; committed before its first text. */
  readonly live?: PostedRef;
  /** It is being opened. Committed before, so that whoever comes after a sudden end looks for what may stand there. */
  readonly opening?: true;
  /** How often this message certainly did not get through, or was sent again: the pace of the next try. */
  readonly tries?: number;
}

export type Outcome = Answer["phase"] | "expired" | "unreachable" | "refused" | "lost" | "stopped" | "empty" | "joined";

/** A task row: the turns of one thread that one agent works on now. Usually one; more where messages join an open task. */
export interface Task {
  readonly thread: ThreadRef;
  readonly agent: string;
  readonly asker: Author;
  /** Where the context is kept (`conversation.ts`). */
  readonly context: string;
  readonly contextId?: string;
  readonly taskId?: string;
  /** What the row waits for while it is parked. Absent while a call is (or was, before an interruption) open. */
  readonly parked?: "push" | "poll" | "retry";
  /** Looks at the agent since the last message was sent to it: the pace of the next, which is due at `lookAt`. */
  readonly looks: number;
  readonly lookAt?: number;
  /** Since when no look has succeeded. */
  readonly failingSince?: number;
  /** A task of the agent that is closed or forgotten. Where it is `taskId` still, the next message begins a new one in the same context. */
  readonly goneTask?: string;
  /** Whether a push config went along. */
  readonly push: boolean;
  readonly lastPush?: string;
  /** Letters that were acted upon while an older one was left for later: they cannot be deleted yet. By seq. */
  readonly handled?: readonly number[];
  /** A row without turns: that turn of a settled row has asked its person late. */
  readonly reopens?: string;
  readonly turns: readonly Turn[];
}

/** What was said in the turns of a task, by turn id. */
export type TaskContent = Readonly<
  Record<
    string,
    {
      readonly text: string;
      readonly metadata: Readonly<Record<string, string>>;
      readonly answer: Answer;
      /** What came with the text; absent where nothing did. */
      readonly attachments?: readonly Attachment[];
    }
  >
>;

const outcome = z.enum([
  "open", "inputRequired", "authRequired", "completed", "failed", "canceled", "rejected",
  "expired", "unreachable", "refused", "lost", "stopped", "empty", "joined",
]); // biome-ignore format: one list
const turn: z.ZodType<Turn> = z.object({
  id: z.string(),
  messageId: z.string(),
  state: z.enum(["waiting", "asked", "ended"]),
  sentAt: z.number().exactOptional(),
  receivedAt: z.number().exactOptional(),
  heardAt: z.number().exactOptional(),
  endedAt: z.number().exactOptional(),
  deadline: z.number().exactOptional(),
  outcome: outcome.exactOptional(),
  told: z.boolean(),
  marks: z.array(z.string()),
  shown: z.array(z.string()),
  posts: z.number(),
  live: posted.exactOptional(),
  opening: z.literal(true).exactOptional(),
  tries: z.number().exactOptional(),
});
const task: z.ZodType<Task> = z.object({
  thread,
  agent: z.string(),
  asker: author,
  context: z.string(),
  contextId: z.string().exactOptional(),
  taskId: z.string().exactOptional(),
  parked: z.enum(["push", "poll", "retry"]).exactOptional(),
  looks: z.number(),
  lookAt: z.number().exactOptional(),
  failingSince: z.number().exactOptional(),
  goneTask: z.string().exactOptional(),
  push: z.boolean(),
  lastPush: z.string().exactOptional(),
  handled: z.array(z.number()).exactOptional(),
  reopens: z.string().exactOptional(),
  turns: z.array(turn),
});
const taskContent: z.ZodType<TaskContent> = z.record(
  z.string(),
  z.object({ text: z.string(), metadata: z.record(z.string(), z.string()), answer, attachments: z.array(attachment).exactOptional() }),
);

/** The agent's task takes no more messages. */
export const isGone = ({ goneTask, taskId }: Task): boolean => goneTask !== undefined && goneTask === taskId;

export const toTask = (row: Row): Task => read(task, row, row.facts);
export const toTaskContent = (row: Row): TaskContent => read(taskContent, row, row.content ?? {});

const threaded = z.object({ thread });

/** The thread that a row of any queue belongs to, where it says so. */
export const toThread = (row: Row): ThreadRef | undefined => threaded.safeParse(row.facts).data?.thread;

/** Rows are built from plain data only: strings, numbers, booleans, arrays and objects of them. */
export function toJson(value: object): Json {
  // biome-ignore lint/plugin: interfaces have no index signature, though their values are plain JSON
  return value as Json;
}
