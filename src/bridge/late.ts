import type { NewRow } from "../model/ledger.ts";
import type { Letter } from "./letters.ts";
import { isRepeated, withMarks } from "./marks.ts";
import type { Parts } from "./parts.ts";
import { reduce, toOutcome, toReplies } from "./respond.ts";
import { nothingYet, type Task, type TaskContent, type Turn } from "./rows.ts";
import { toRows, withShown } from "./turn-posts.ts";

type Push = Extract<Letter, { kind: "push" }>;

/**
 * What a push brings for a turn that has ended. An answer that was given up is posted as late. A task that came to its own end is
 * immutable (A2A 1.0, section 3.4.3), so pushes for it are echoes; only where the task is the conversation can there be more. Pure.
 */
export function toLateAnswer(
  parts: Parts,
  reference: string,
  task: Task,
  content: TaskContent,
  turnId: string,
  push: Push,
): { readonly task: Task; readonly content: TaskContent; readonly rows: readonly NewRow[] } {
  const turn = task.turns.find(({ id }) => id === turnId);
  const said = content[turnId] ?? { text: "", metadata: {}, answer: nothingYet };
  const lasting = parts.agents.get(task.agent)?.policy.taskId === "always";
  if (!turn || isRepeated(task, push) || (isClosed(turn) && !lasting)) return { task, content, rows: [] };
  const answer = push.events.reduce(reduce, said.answer);
  const outcome = push.events.some((event) => event.kind !== "working" && event.kind !== "output") ? toOutcome(answer) : undefined;
  const ending = { outcome: outcome ?? "open", answer, shown: turn.shown, reference } as const;
  const replies = outcome === undefined ? [] : toReplies({ ...ending, late: true });
  const marks = withMarks(turn.marks, push.events);
  const posted =
    outcome === undefined ? {} : { outcome, ...withShown(turn, toReplies({ ...ending, late: false })), posts: turn.posts + replies.length };
  return {
    task: { ...task, lastPush: push.hash, turns: task.turns.map((other) => (other === turn ? { ...turn, marks, ...posted } : other)) },
    content: { ...content, [turnId]: { ...said, answer } },
    rows: toRows(parts, task, turn, replies, { last: true }),
  };
}

/** The agent itself brought this turn to an end. */
function isClosed({ outcome }: Turn): boolean {
  return outcome === "completed" || outcome === "failed" || outcome === "rejected" || outcome === "canceled";
}
