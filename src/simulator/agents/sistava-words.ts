import { demoScript } from "./demo-script.ts";
import type { VendorScriptFor } from "./play.ts";
import type { RpcError } from "./rpc.ts";
import { complete, working } from "./steps.ts";

export interface Employee {
  /** A UUID. */
  readonly id: string;
  readonly name: string;
  readonly job: string;
}

export const staff: readonly Employee[] = [
  { id: "5b0f3c9e-6d5f-4a53-9a5c-0d9f6f1f2a11", name: "Nora Lind", job: "Writes and corrects texts" },
  { id: "c2a7e8d4-1f7b-4f0e-8a4e-7c9b2d3e4f22", name: "Omar Diaz", job: "Looks after invoices" },
];

/** Codes of its own; -32001 and -32002 are not what A2A means by them. For `failNext({ kind: "error", ...sistavaErrors.rateLimited })`. */
export const sistavaErrors = {
  noRetrieval: { code: -32001, message: "Task retrieval is not supported" },
  noCancel: { code: -32002, message: "Task cancellation is not supported" },
  channelOff: { code: -32010, message: "The A2A channel is not enabled for this organisation" },
  emailNotVerified: { code: -32011, message: "E-mail is not verified" },
  rateLimited: { code: -32012, message: "Rate limit exceeded" },
} as const satisfies Record<string, RpcError>;

/** What an employee says when nobody scripts it. */
export const sistavaWords: VendorScriptFor = (turn) => {
  if (/\b(help|ask|question|stream|slow|job|fail|reject|silent|cut|long|hostile)\b/i.test(turn.text)) return demoScript(turn);
  const text = turn.text.slice(0, 400).replaceAll("\n", "\n> ");
  return [working(), complete(`**${turn.agent}** here. You wrote:\n\n> ${text}\n\nI keep nothing in mind from one message to the next.`)];
};
