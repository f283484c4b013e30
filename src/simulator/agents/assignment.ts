import type { Entry } from "./books.ts";
import type { Assignment } from "./desk.ts";
import type { Kit } from "./kit.ts";
import { isAtWork, textIn } from "./live-task.ts";
import type { RpcCall } from "./rpc.ts";
import type { Sent } from "./wire.ts";

/** Writes a message into the books, as it came. */
export function noteMessage(kit: Kit, call: Pick<RpcCall, "request">, sent: Sent, operation: "send" | "stream"): Entry {
  return kit.books.receive(sent, { headers: call.request.headers, operation, at: kit.clock.now() });
}

interface Ids {
  readonly taskId: string;
  readonly contextId: string;
}

/** A message as a script sees it. */
export function toAssignment(
  kit: Kit,
  sent: Sent,
  entry: Entry,
  more: Ids & { readonly streaming: boolean; readonly agent?: string },
): Assignment {
  const task = kit.room.get(more.taskId);
  const turn = {
    agent: more.agent ?? kit.name,
    text: sent.text,
    files: sent.files,
    messageId: sent.messageId,
    contextId: more.contextId,
    taskId: more.taskId,
    metadata: { ...sent.metadata.request, ...sent.metadata.message },
    before: kit.memory.remember(more.contextId, sent.text),
    question: task?.state === "input-required" ? textIn(task.words) : undefined,
    joining: task !== undefined && isAtWork(task),
    referenceTaskIds: sent.referenceTaskIds,
    push: false,
    streaming: more.streaming,
  };
  return { turn, entry };
}
