import type { Effect, Turn, Watcher } from "./desk.ts";
import type { Kit } from "./kit.ts";
import { endsTurn, type LiveTask, type Word } from "./live-task.ts";
import { isEffect } from "./play.ts";
import { answer, type RpcCall, refuse, toError } from "./rpc.ts";
import { createEventStream, type EventStream } from "./sse.ts";

/** How a wire streams: the results that go out for each word; a string goes out as it is. An error goes out by itself. */
export interface Streamed {
  /** Before any word. */
  readonly first?: (task: LiveTask) => readonly unknown[];
  readonly onWord: (word: Word, task: LiveTask) => readonly unknown[];
  /** Bare: without the envelope of JSON-RPC. */
  readonly bare?: boolean;
}

/** Streams a task to a call until its turn is over. Without a turn, whatever goes on in it. */
export function streamTask(kit: Kit, call: RpcCall, at: { readonly taskId: string; readonly turn?: Turn }, how: Streamed): EventStream {
  const stream = createEventStream(call.response, call.fault?.kind === "cut" ? call.fault.after : undefined);
  const send = (result: unknown) => stream.event(how.bare || typeof result === "string" ? result : { jsonrpc: "2.0", id: call.id, result });
  const task = kit.room.get(at.taskId);
  if (lost(call)) return stream;
  if (task) for (const result of how.first?.(task) ?? []) send(result);
  watchCall(kit, call, at.turn ?? at, (heard, now) => {
    if (isEffect(heard)) return affect(kit, call, heard, stream);
    if (heard.kind === "error") stream.event({ jsonrpc: "2.0", id: call.id, error: toError(heard) });
    else for (const result of how.onWord(heard, now)) send(result);
    if (endsTurn(heard)) stream.end();
  });
  return stream;
}

/** Answers a call when its turn is over, or earlier with the task as it stands if the script says so. */
export function answerWhenDone(kit: Kit, call: RpcCall, turn: Turn, toResult: (task: LiveTask, word: Word | undefined) => unknown): void {
  if (lost(call)) return;
  watchCall(kit, call, turn, (heard, task) => {
    if (isEffect(heard)) {
      if (heard.kind === "detach" || heard.kind === "hangUp") answer(call, toResult(task, undefined));
      else affect(kit, call, heard, undefined);
    } else if (heard.kind === "error") refuse(call, heard);
    else if (endsTurn(heard)) answer(call, toResult(task, heard));
  });
}

/** Watches a task, or one turn of it, as long as the call is open. */
export function watchCall(
  kit: Kit,
  { response }: Pick<RpcCall, "response">,
  at: Turn | { readonly taskId: string },
  watcher: Watcher,
): void {
  const leave = kit.room.watch(at.taskId, watcher, "task" in at ? at : undefined);
  response.once("close", leave);
}

/** Whether the call is cut before it hears a word, though the agent works on. */
export function lost(call: Pick<RpcCall, "response" | "fault">): boolean {
  if (call.fault?.kind !== "lose") return false;
  call.response.destroy();
  return true;
}

/** Does to an open call what a script wants. */
export function affect({ books }: Kit, { response }: Pick<RpcCall, "response">, effect: Effect, stream: EventStream | undefined): void {
  if (effect.kind === "drop") response.destroy();
  else if (effect.kind === "raw") stream?.raw(effect.text);
  else if (effect.kind === "hangUp") stream?.end();
  else if (effect.kind === "respond") {
    if (response.headersSent) books.violation("the script answers with a status after it has spoken");
    else response.writeHead(effect.status, effect.headers).end(effect.body);
  }
}
