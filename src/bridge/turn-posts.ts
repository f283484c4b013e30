import type { NewRow } from "../model/ledger.ts";
import type { Reply } from "../model/reply.ts";
import { toPostId } from "./ids.ts";
import { toDeliveries } from "./outbox.ts";
import type { Parts } from "./parts.ts";
import type { Asks } from "./post-row.ts";
import { fingerprint } from "./respond.ts";
import type { Task, Turn } from "./rows.ts";

/** Rows of the outbox for what a turn says next; `withShown` is what it has said then. */
export function toRows(
  parts: Parts,
  task: Task,
  turn: Turn,
  replies: readonly Reply[],
  { last, asks }: { readonly last: boolean; readonly asks?: Asks },
): readonly NewRow[] {
  return replies.flatMap((reply, index) => {
    const asking = reply.tone === "question" || reply.choices ? asks : undefined;
    const more = { last: last && index === replies.length - 1, asks: asking, agent: task.agent };
    return toDeliveries(parts, task.thread, toPostId(turn.id, turn.posts + index), reply, more);
  });
}

/** What the turn has said, with these. */
export function withShown(turn: Turn, replies: readonly Reply[]): Pick<Turn, "shown" | "posts"> {
  const shown = replies.filter((reply) => reply.tone !== "notice").map((reply) => fingerprint(reply.parts, reply.choices));
  return { shown: [...turn.shown, ...shown], posts: turn.posts + replies.length };
}
