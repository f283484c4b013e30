import { demoScript } from "./demo-script.ts";
import type { VendorScriptFor } from "./play.ts";
import { complete, output, working } from "./steps.ts";

/** What the Agentspace-like agent says when nobody scripts it: it thinks aloud, then answers. */
export const agentspaceWords: VendorScriptFor = (turn) => {
  if (/\b(help|ask|question|stream|slow|job|fail|reject|silent|cut|long|hostile)\b/i.test(turn.text)) return demoScript(turn);
  const earlier = turn.before.at(-1);
  const memory = earlier === undefined ? "This is our first exchange." : `Before, you said “${earlier.slice(0, 80)}”.`;
  return [
    working("Reading what you said…"),
    working("Weighing two answers against each other…"),
    output("answer", `You said “${turn.text.slice(0, 200)}”. ${memory}`),
    complete(),
  ];
};
