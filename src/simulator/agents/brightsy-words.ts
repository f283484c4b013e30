import { demoScript } from "./demo-script.ts";
import type { VendorScriptFor } from "./play.ts";

/** What the Brightsy-like agent says when nobody scripts it. */
export const brightsyWords: VendorScriptFor = (turn) => demoScript(turn);
