import { z } from "zod";
import type { Row } from "../../model/ledger.ts";

/** One row of the ledger, for people: what it is, how far it is, and how long it took. Never what was said. */
export interface Hop {
  readonly id: string;
  readonly kind: "event" | "push" | "turn" | "post";
  readonly title: string;
  /** What a notice shows and `trace` accepts. */
  readonly reference: string;
  readonly state: "waiting" | "working" | "done" | "set aside";
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly settledAt: number | undefined;
  readonly attempts: number;
  readonly error: string | undefined;
  /** More facts, each as a label and a value. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** The platform's id of the message that came of it. */
  readonly message: string | undefined;
}

const eventWords: Readonly<Record<string, string>> = { action: "Button", stop: "Stop button", edited: "Edit", deleted: "Deletion" };
const outcomeWords: Readonly<Record<string, string>> = { inputRequired: "needs an answer", authRequired: "needs a sign-in" };
const eventSchema = z.object({
  kind: z.string(),
  trigger: z.string().optional(),
  word: z.string().optional(),
  agent: z.string().optional(),
});
const turnSchema = z.object({ state: z.string(), sentAt: z.number().optional(), outcome: z.string().optional() });
const taskSchema = z.object({
  agent: z.string(),
  contextId: z.string().optional(),
  taskId: z.string().optional(),
  parked: z.string().optional(),
  turns: z.array(turnSchema),
});
const postedSchema = z.object({ message: z.string() });

/** The rows of one conversation as steps of its way, in the order they were made. */
export function toStory(rows: readonly Row[]): readonly Hop[] {
  return rows.map((row) => ({ ...toBase(row), ...toStep(row) }));
}

function toBase(row: Row): Omit<Hop, "kind" | "title" | "facts" | "message"> {
  const { id, reference, createdAt, settledAt, attempts, error } = row;
  const state = { ready: "waiting", leased: "working", done: "done", buried: "set aside" } as const;
  return { id, reference, state: state[row.state], at: createdAt, settledAt, attempts, error };
}

function toStep(row: Row): Pick<Hop, "kind" | "title" | "facts" | "message"> {
  if (row.queue === "task") return toTurn(row);
  if (row.queue === "delivery") return toPost(row);
  const { kind, trigger, word, agent } = eventSchema.safeParse(row.facts).data ?? { kind: "event" };
  const message = { mention: "Mention", direct: "Direct message", followUp: "Follow-up" }[trigger ?? ""];
  if (kind === "push") return { kind: "push", title: `Push of ${agent}`, facts: [], message: undefined };
  const title = kind === "message" ? (message ?? "Message") : kind === "command" ? `Word: ${word}` : (eventWords[kind] ?? sentence(kind));
  return { kind: "event", title, facts: [], message: undefined };
}

function toTurn(row: Row): Pick<Hop, "kind" | "title" | "facts" | "message"> {
  const task = taskSchema.safeParse(row.facts).data;
  if (task === undefined) return { kind: "turn", title: "Turn", facts: [], message: undefined };
  const { agent, contextId, taskId, parked, turns } = task;
  const asked = turns.flatMap(({ sentAt }) => (sentAt === undefined ? [] : [sentAt]));
  const outcomes = turns.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]));
  const facts: [string, string | undefined][] = [
    [
      "asked",
      asked.length === 0
        ? undefined
        : `${asked.length > 1 ? `${asked.length} times, first ` : ""}${seconds((asked[0] ?? 0) - row.createdAt)} later`,
    ],
    [
      "waits for",
      row.state === "ready" && parked !== undefined
        ? { push: "a push", poll: "its next look", retry: "the agent to be there" }[parked]
        : undefined,
    ],
    ["outcome", outcomes.length === 0 ? undefined : outcomes.map((outcome) => outcomeWords[outcome] ?? outcome).join(", ")],
    ["task", taskId],
    ["context", contextId],
  ];
  return {
    kind: "turn",
    title: `Turn of ${agent}`,
    facts: facts.flatMap(([label, value]) => (value ? [[label, value] as const] : [])),
    message: undefined,
  };
}

function toPost(row: Row): Pick<Hop, "kind" | "title" | "facts" | "message"> {
  const message = postedSchema.safeParse(row.result).data?.message;
  return { kind: "post", title: "Post", facts: message === undefined ? [] : [["stands as", message]], message };
}

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
const seconds = (ms: number): string => (ms < 1_000 ? `${Math.max(0, ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);
