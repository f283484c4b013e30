import type { Request, Response } from "express";
import { misbehave } from "./door.ts";
import type { VendorFault } from "./faults.ts";
import { affect, watchCall } from "./follow.ts";
import type { Kit } from "./kit.ts";
import { closingWords, endsTurn, isAtWork, type LiveState, type LiveTask, textIn } from "./live-task.ts";
import { isEffect } from "./play.ts";
import { createEventStream } from "./sse.ts";

export interface RestCall {
  readonly request: Request;
  readonly response: Response;
  readonly taskId: string | undefined;
  readonly fault: VendorFault | undefined;
}

const statuses: Readonly<Record<LiveState, string>> = {
  submitted: "running",
  working: "running",
  "auth-required": "running",
  "input-required": "completed",
  completed: "completed",
  failed: "failed",
  rejected: "failed",
  canceled: "canceled",
};

/** The whole conversation, the answer of a running turn as far as it has come. */
export function taskOf(task: LiveTask) {
  const partial = isAtWork(task) ? closingWords(task.state === "auth-required" ? task : { ...task, words: undefined }) : "";
  const said = [
    ...task.said.flatMap(({ by, content }) =>
      by === "status" ? [] : [{ role: by === "user" ? "user" : "assistant", text: textIn(content) }],
    ),
    ...(partial === "" ? [] : [{ role: "assistant", text: partial }]),
  ];
  return {
    id: task.id,
    task_status: statuses[task.state],
    messages: said.map(({ role, text }) => ({ role, content: [{ type: "text", text }] })),
  };
}

/** Bare `{result: {final, task}}` events, each with the whole task: now, with every word, and at the end of the turn. */
export function followBrightsy(kit: Kit, call: RestCall, task: LiveTask): void {
  const { response, fault } = call;
  const stream = createEventStream(response, fault?.kind === "cut" ? fault.after : undefined);
  const show = (now: LiveTask, final: boolean) => stream.event({ result: { final, task: taskOf(now) } });
  show(task, !isAtWork(task));
  if (!isAtWork(task)) return stream.end();
  watchCall(kit, call, { taskId: task.id }, (heard, now) => {
    if (isEffect(heard)) return affect(kit, call, heard, stream);
    show(now, endsTurn(heard));
    if (endsTurn(heard)) stream.end();
  });
}

/** Whether the call is over by its fault. An error of code 400 to 599 is that status. */
export function befallRest({ response, fault }: RestCall): boolean {
  if (fault?.kind === "error") {
    response.status(fault.code >= 400 && fault.code < 600 ? fault.code : 500).json({ error: fault.message });
  } else if (fault?.kind === "status" || fault?.kind === "drop") misbehave(fault, response);
  else return false;
  return true;
}
