import { demoScript } from "./demo-script.ts";
import type { VendorScriptFor } from "./play.ts";
import { complete, working } from "./steps.ts";
import { transfer } from "./vendor-steps.ts";

/** What the Inkeep-like agent says when nobody scripts it: `transfer` hands the conversation to Billing, and `back` returns it. */
export const inkeepWords: VendorScriptFor = (turn) => {
  const to = /\b(?:transfer|billing|refund)\b/i.test(turn.text) ? "billing" : /\bback\b/i.test(turn.text) ? "reception" : undefined;
  if (to !== undefined && to !== turn.agent) return [working(), transfer(to, `This is one for ${to}; they take over from here.`)];
  if (turn.agent === "billing")
    return [working(), complete(`**Billing** here. You said “${turn.text.slice(0, 200)}”. Say \`back\` to return to reception.`)];
  return demoScript(turn);
};
