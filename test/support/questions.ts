import type { SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, drop, inputRequired, output, type Step } from "../../src/simulator/agents/steps.ts";
import type { AgentTurn } from "../../src/simulator/agents/turn.ts";

/** Asks before it orders, once more after "maybe"; breaks off at "break", and knows nothing of it afterwards. */
export async function* ordering(turn: AgentTurn): AsyncGenerator<Step> {
  if (/\border\b/.test(turn.text)) return yield offer("Shall I order the laptop?", ["Approve", "Maybe", "Deny"]);
  if (turn.text === "Maybe") return yield offer("Really?", ["Approve", "Deny"]);
  if (turn.text.includes("break")) return yield drop();
  yield output("a", `You said ${turn.text}.`, { last: true });
  yield complete();
}

const offer = (text: string, choices: readonly string[]): Step => inputRequired([{ text }, { data: { choices } }]);

/** What the agent was told, with the task that each message went to. */
export const told = (agent: SimulatedAgent) => agent.received.map(({ text, taskId }) => ({ text, task: taskId ?? "" }));
