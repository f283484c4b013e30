import type { AgentEvent } from "../model/agent.ts";
import type { Letter } from "./letters.ts";
import type { Task } from "./rows.ts";

/** By the agent's own marks an event is known that comes again: by another way, at another address, or late. */

const toMark = (event: AgentEvent): string => `${event.kind}:${event.mark}`;

/** Pieces of an answer share the mark of their task's state: they are told by what they say. */
const marksOf = (events: readonly AgentEvent[]): readonly string[] =>
  events.filter((event) => event.mark !== undefined && event.kind !== "output").map(toMark);

/** An agent that reports its progress for hours does not make the row grow for ever. */
export function withMarks(known: readonly string[], events: readonly AgentEvent[]): readonly string[] {
  const marks = marksOf(events);
  return marks.length === 0 ? known : [...known, ...marks].slice(-64);
}

/** Whether turns of this task that have ended have taken all of it; undefined where nothing tells. */
export function wasTaken({ turns }: Task, events: readonly AgentEvent[]): boolean | undefined {
  const marks = marksOf(events);
  if (marks.length === 0) return undefined;
  const seen = turns.filter((turn) => turn.state === "ended").flatMap((turn) => turn.marks);
  return marks.every((mark) => seen.includes(mark));
}

/** A push that some turn has taken already. A repeated chunk has no mark of its own: the same body twice in a row is a repetition. */
export function isRepeated(task: Task, push: Extract<Letter, { kind: "push" }>): boolean {
  const isChunk = push.events.some((event) => event.kind === "output" && event.append);
  return wasTaken(task, push.events) ?? (isChunk && task.lastPush === push.hash);
}
