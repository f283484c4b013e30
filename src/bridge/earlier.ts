import type { AgentEvent } from "../model/agent.ts";
import type { ReplyPart } from "../model/reply.ts";
import { taskKey } from "./correlate.ts";
import { hash } from "./ids.ts";
import { type Answer, type TaskContent, toTaskContent } from "./rows.ts";
import type { Session } from "./session.ts";

/** A task keeps its artifacts: what a snapshot shows in a later turn may have been said in an earlier one. */

type Output = Extract<AgentEvent, { kind: "output" }>;

/** Artifacts further back are not remembered. */
const most = 200;

/** What was said in the turns of this task before, as `wasEarlier` knows it again. */
export async function readEarlier(
  { parts, client, content, job, task }: Session,
  contextId: string | undefined,
  taskId: string,
): Promise<readonly string[]> {
  const rows = await parts.ledger.byKey(taskKey(client.name, contextId, taskId), 2);
  const before = rows.find(({ id, queue }) => queue === "task" && id !== job.row.id);
  const ended = Object.fromEntries(
    Object.entries(content).filter(([id]) => task.turns.some((turn) => turn.id === id && turn.state === "ended")),
  );
  return [...(before ? toEarlier(toTaskContent(before)) : []), ...toEarlier(ended)].slice(-most);
}

function toEarlier(content: TaskContent): readonly string[] {
  const answers = Object.values(content).map(({ answer }) => answer);
  return [
    ...new Set(answers.flatMap(({ earlier = [], artifacts }) => [...earlier, ...artifacts.map(({ id, parts }) => toKey(id, parts))])),
  ];
}

/** Only in a snapshot, whose pieces have the mark of the task's state: what is sent by itself is said anew. */
export function wasEarlier({ earlier = [], artifacts }: Answer, { artifact, append, parts, mark }: Output): boolean {
  const isSnapshot = mark !== undefined && mark !== artifact && !append;
  const fresh = artifacts.some(({ id, origin }) => id === artifact && origin !== "earlier");
  return isSnapshot && !fresh && earlier.length > 0 && earlier.includes(toKey(artifact, parts));
}

/** However many pieces it came in. */
const toKey = (id: string, parts: readonly ReplyPart[]): string =>
  hash(
    JSON.stringify([
      id,
      parts
        .map((part) => (part.kind === "text" ? part.text : JSON.stringify(part)))
        .join("")
        .trim(),
    ]),
  );
