import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../model/clock.ts";
import type { Assignment, Desk, Effect, Turn } from "./desk.ts";
import type { Gate } from "./gate.ts";
import { endsTurn, type Word } from "./live-task.ts";
import type { AgentTurn } from "./turn.ts";
import type { VendorScript, VendorStep } from "./vendor-steps.ts";
import { aborted, walk } from "./walk.ts";

export type VendorScriptFor = (turn: AgentTurn) => VendorScript | Promise<VendorScript>;

/** What a turn came to: `refused` is a message that was handed back before a word was said. */
export type Outcome = "ended" | "open" | "refused";

/** Plays the script of one turn, step by step, until it is over or the signal is aborted. */
export async function play(
  { turn, entry }: Assignment,
  at: { readonly desk: Desk; readonly mine: Turn; readonly signal: AbortSignal },
  tools: { readonly script: VendorScriptFor; readonly gate: Gate; readonly clock: Clock },
): Promise<Outcome> {
  const { desk, mine, signal } = at;
  let [begun, ended] = [false, false];
  for await (const step of walk(await tools.script({ ...turn, signal }), signal)) {
    if (step.kind === "silent") await aborted(signal);
    else if (step.kind === "wait") await waitFor(step.until, tools.clock, signal);
    else if (isEffect(step)) {
      desk.affect(step, mine);
      if (step.kind === "respond" && !begun) entry.refused();
      if (step.kind === "respond") return begun ? "open" : "refused";
    } else {
      if (ended) throw new Error("it speaks after its end");
      const word = toWord(step);
      if (!isProgress(word)) await tools.gate.pass(signal);
      if (signal.aborted) return "open";
      begun = true;
      ended = endsTurn(word);
      desk.say(word);
    }
    // Each step is on the wire before the next begins.
    await setImmediate();
  }
  if (!ended && !signal.aborted) desk.affect({ kind: "hangUp" }, mine, true);
  return ended ? "ended" : "open";
}

export const isEffect = (step: VendorStep | Word): step is Effect => ["detach", "drop", "respond", "raw", "hangUp"].includes(step.kind);
const isProgress = (word: Word): boolean => word.kind === "status" && word.state === "working";

function toWord(step: Exclude<VendorStep, Effect | { readonly kind: "wait" | "silent" }>): Word {
  if (step.kind === "pushes") throw new Error("this agent has no webhooks");
  return step.kind === "status" ? { ...step, state: states[step.state] } : step;
}

const states = {
  working: "working",
  inputRequired: "input-required",
  authRequired: "auth-required",
  completed: "completed",
  failed: "failed",
  rejected: "rejected",
  canceled: "canceled",
} as const;

async function waitFor(until: number | PromiseLike<unknown>, clock: Clock, signal: AbortSignal): Promise<void> {
  if (typeof until === "number") await clock.sleep(until, signal);
  else await Promise.race([until, aborted(signal)]);
}
