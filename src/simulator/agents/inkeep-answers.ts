import { randomUUID } from "node:crypto";
import type { Turn } from "./desk.ts";
import { affect, watchCall } from "./follow.ts";
import type { Kit } from "./kit.ts";
import { endsTurn, type LiveTask, textIn, type Word } from "./live-task.ts";
import { toParts } from "./parts.ts";
import { isEffect } from "./play.ts";
import { answer, field, type RpcCall, type RpcError, refuse } from "./rpc.ts";
import { createEventStream } from "./sse.ts";

const noAnswer = "Task completed without an Agent response.";

/** All that was said, as artifacts; words that came with the end where there is nothing else. */
function artifactsOf(task: LiveTask) {
  const made = task.artifacts.map(({ pieces }) => ({ artifactId: randomUUID(), parts: pieces.flatMap((one) => toParts(one, "kind")) }));
  const spoken = textIn(task.words) === "" ? [] : [{ artifactId: randomUUID(), parts: toParts(task.words ?? "", "kind") }];
  return made.length > 0 ? made : spoken;
}

type Artifacts = ReturnType<typeof artifactsOf>;

const messageOf = (taskId: string, contextId: string | undefined, artifacts: Artifacts) => ({
  messageId: randomUUID(),
  parts: artifacts[0]?.parts ?? [{ kind: "text", text: noAnswer }],
  role: "agent",
  taskId,
  contextId,
  kind: "message",
});

/** A failed task is an error, never a task. */
function errorIn(word: Word, task: LiveTask): RpcError | undefined {
  if (word.kind === "error") return word;
  const failed = word.kind === "status" && (word.state === "failed" || word.state === "rejected");
  return failed ? { code: -32603, message: textIn(task.words) || "Agent execution failed", data: { type: "unknown" } } : undefined;
}

/** Waits for the end, whatever `blocking` says. */
export function answerInkeep(kit: Kit, call: RpcCall, turn: Turn, contextId: string | undefined): void {
  const { taskId: id } = turn;
  const status = () => ({ state: "completed", timestamp: new Date(kit.clock.now()).toISOString() });
  const done = (task: LiveTask) => {
    const artifacts = artifactsOf(task);
    if (field(field(call.params, "configuration"), "blocking") !== false) return answer(call, messageOf(id, contextId, artifacts));
    answer(call, { id, contextId: contextId ?? randomUUID(), status: status(), artifacts, kind: "task" });
  };
  watchCall(kit, call, turn, (heard, task) => {
    if (isEffect(heard)) return heard.kind === "hangUp" ? done(task) : affect(kit, call, heard, undefined);
    if (!endsTurn(heard)) return;
    const error = errorIn(heard, task);
    if (error) return refuse(call, error);
    if (heard.kind !== "transfer") return done(task);
    const parts = [
      { kind: "data", data: { type: "transfer", targetSubAgentId: heard.target } },
      { kind: "text", text: heard.reason },
    ];
    answer(call, { kind: "task", contextId, id, status: status(), artifacts: [{ artifactId: randomUUID(), parts }] });
  });
}

/** A task at work, comments while nothing is said, a message, and the task with the same words again. A transfer ends it at once. */
export function streamInkeep(kit: Kit, call: RpcCall, turn: Turn, contextId: string | undefined): void {
  const { taskId: id } = turn;
  const stream = createEventStream(call.response, call.fault?.kind === "cut" ? call.fault.after : undefined);
  const send = (result: object) => stream.event({ jsonrpc: "2.0", result, id: call.id });
  const stamp = () => new Date(kit.clock.now()).toISOString();
  const first = { id, contextId: contextId ?? randomUUID(), status: { state: "working", timestamp: stamp() }, artifacts: [], kind: "task" };
  send(first);
  watchCall(kit, call, turn, (heard, task) => {
    if (isEffect(heard)) return affect(kit, call, heard, stream);
    if (!endsTurn(heard)) return stream.comment("keep-alive");
    const [error, artifacts] = [errorIn(heard, task), artifactsOf(task)];
    if (error) stream.event({ jsonrpc: "2.0", error: { code: error.code, message: error.message, data: error.data }, id: call.id });
    else if (heard.kind === "transfer") {
      const context = { conversationId: contextId, tenantId: "demo", transfer_context: [] };
      send({ type: "transfer", target: heard.target, task_id: id, reason: heard.reason, context });
    } else {
      send(messageOf(id, contextId, artifacts));
      send({ ...first, status: { state: "completed", timestamp: stamp() }, artifacts });
    }
    stream.end();
  });
}
