import type { AgentEvent } from "../../model/agent.ts";
import { AgentError } from "../../model/errors.ts";
import { isSettled } from "../events.ts";
import { textOf } from "../parts.ts";

/** All that came for one message, or in one look at a task. */
export interface Heard {
  /** Of the message; empty for a look. */
  readonly messageId: string;
  readonly events: readonly AgentEvent[];
  readonly error: AgentError | undefined;
  readonly taskId: string | undefined;
  readonly contextId: string | undefined;
  /** The answer in words, as a thread would show it. Untrusted. */
  readonly text: string;
  /** The last word, where it ends the turn. */
  readonly end: AgentEvent | undefined;
  /** An answer came over server-sent events. */
  readonly streamed: boolean;
  /** Milliseconds until the first piece of the answer, and until the last event. */
  readonly firstMs: number;
  readonly ms: number;
}

export interface Hearing {
  add(event: AgentEvent): void;
  /** Throws what is no AgentError. */
  fail(error: unknown): void;
  heard(streamed: boolean): Heard;
}

export function startHearing(messageId: string, now: () => number): Hearing {
  const start = now();
  const events: AgentEvent[] = [];
  let error: AgentError | undefined;
  let firstMs: number | undefined;
  let ms = 0;
  return {
    add(event) {
      events.push(event);
      ms = now() - start;
      if (event.kind !== "working") firstMs ??= ms;
    },
    fail(cause) {
      if (!(cause instanceof AgentError)) throw cause;
      error = cause;
    },
    heard: (streamed) => ({ ...toHeard(events, error), messageId, streamed, firstMs: firstMs ?? ms, ms }),
  };
}

/** Events of one turn, wherever they came from. */
export function toHeard(events: readonly AgentEvent[], error?: AgentError): Omit<Heard, "messageId" | "streamed" | "firstMs" | "ms"> {
  const taskId = events.findLast((event) => event.taskId !== undefined)?.taskId;
  const contextId = events.findLast((event) => event.contextId !== undefined)?.contextId;
  return { events, error, taskId, contextId, text: textIn(events), end: events.findLast(isSettled) };
}

/** Whether a person would have got an answer, or a question back. A failure is none. */
export function isAnswered({ end, text }: Pick<Heard, "end" | "text">): boolean {
  if (end === undefined || text === "") return false;
  return end.kind !== "ended" || end.outcome === "completed";
}

/** Why there was no answer, in words of the bridge. */
export function whyNot({ error, end, events, text }: Heard): string {
  if (error) return wordsOf(error);
  if (end?.kind === "ended" && end.outcome !== "completed") return `the task ended as ${end.outcome}`;
  if (end) return "it ended without a word";
  if (text !== "") return "it stopped in the middle of an answer";
  return events.length === 0 ? "nothing came" : "it ended while the task was open";
}

function textIn(events: readonly AgentEvent[]): string {
  const artifacts = new Map<string, string>();
  let last = "";
  for (const event of events) {
    if (event.kind === "working") continue;
    const text = textOf(event.parts);
    if (event.kind === "output") artifacts.set(event.artifact, (event.append ? (artifacts.get(event.artifact) ?? "") : "") + text);
    else last = text;
  }
  const said = [...artifacts.values()].join("\n\n").trim();
  if (said === "") return last.trim();
  return last === "" || said.includes(last.trim()) ? said : `${said}\n\n${last.trim()}`;
}

/** The first sentence of what a thread would be told, and the code; what an administrator should do is what the check is about. */
export function wordsOf({ explanation, message, code }: AgentError): string {
  const [first = ""] = (explanation ?? message).split(/(?<=\.)\s/);
  const words = first.replace(/^(The|This|What|It|An?)\b/, (word) => word.toLowerCase()).replace(/\.$/, "");
  return code === undefined || words.includes(String(code)) ? words : `${words} (${code})`;
}
