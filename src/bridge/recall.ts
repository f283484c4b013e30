import type { Said } from "../model/agent.ts";
import { plainText } from "./respond.ts";
import { nothingYet, toTask, toTaskContent } from "./rows.ts";
import type { Session } from "./session.ts";

/** By which the task rows of one context are found. */
export const contextRowKey = (context: string): string => `context:${context}`;

/** Rows of the newest turns that are read for an agent without a memory. */
const mostRows = 50;

/**
 * What was said in this context before, oldest first: read from the ledger's own rows, so that there is no second copy, and nothing
 * is remembered that was deleted.
 */
export async function recall({ parts, task }: Session): Promise<readonly Said[]> {
  const rows = await parts.ledger.byKey(contextRowKey(task.context), mostRows);
  const done = rows.filter((row) => row.settledAt !== undefined && row.content !== undefined);
  return done.toReversed().flatMap((row) => {
    const content = toTaskContent(row);
    return toTask(row).turns.flatMap(({ id }) => toSaid(content[id]?.text ?? "", content[id]?.answer ?? nothingYet));
  });
}

function toSaid(text: string, answer: typeof nothingYet): readonly Said[] {
  const parts = answer.artifacts.length > 0 ? answer.artifacts.flatMap((artifact) => artifact.parts) : answer.words;
  const said: readonly Said[] = [
    { from: "person", text },
    { from: "agent", text: plainText(parts) },
  ];
  return said.filter((utterance) => utterance.text.trim() !== "");
}
