import type { RequestListener } from "node:http";
import type { AgentConfig } from "../../../src/agents/config.ts";
import type { DeliveryMode } from "../../../src/model/agent.ts";
import { createBrightsyAgent } from "../../../src/simulator/agents/brightsy.ts";
import type { VendorAgent } from "../../../src/simulator/agents/kit.ts";
import { authRequired, complete, fail, inputRequired, message, output, reject, working } from "../../../src/simulator/agents/steps.ts";
import type { AgentTurn } from "../../../src/simulator/agents/turn.ts";
import { createV01Agent } from "../../../src/simulator/agents/v01.ts";
import { createV02Agent } from "../../../src/simulator/agents/v02.ts";
import type { VendorStep } from "../../../src/simulator/agents/vendor-steps.ts";
import type { ScriptedAgent, State, Step } from "./script.ts";
import { createApp02 } from "./sdk02.ts";
import { createApp03 } from "./sdk03.ts";
import { createApp10 } from "./sdk10.ts";
import { listen } from "./support.ts";

/** What a system itself does not have. */
export type Lack =
  /** A bare message as answer. */
  | "message"
  | "push"
  | "list"
  /** An answer in pieces; it has only the whole as far as it goes. */
  | "chunks"
  /** A call that waits for the answer. */
  | "whole"
  /** A task that waits for an answer. */
  | "input"
  | "signIn"
  /** A context beside the task. */
  | "context"
  /** Tasks that take no more messages. */
  | "end"
  /** Task ids of its own: any id is one. */
  | "serverIds"
  /** A cancel that says what became of the task. */
  | "canceled";

export interface ContractServer {
  /** The dialect as the bridge names it, and who serves it. */
  readonly name: string;
  readonly dialect: string;
  readonly lacks: readonly Lack[];
  readonly config: Partial<AgentConfig>;
  /** How an answer comes in one piece. */
  readonly whole: DeliveryMode;
  start(agent: ScriptedAgent): Promise<{ readonly url: string; close(): Promise<void> }>;
}

const legacy: readonly Lack[] = ["list"];

export const servers: readonly ContractServer[] = [
  sdk("1.0 JSON-RPC", "SDK 1.3.0", [], (agent, origin) => createApp10(agent, origin, "JSONRPC", false)),
  sdk("1.0 HTTP+JSON", "SDK 1.3.0", [], (agent, origin) => createApp10(agent, origin, "HTTP+JSON", false)),
  sdk("0.3 JSON-RPC", "SDK 0.3.14", legacy, (agent, origin) => createApp03(agent, origin, "JSONRPC")),
  sdk("0.3 HTTP+JSON", "SDK 0.3.14", legacy, (agent, origin) => createApp03(agent, origin, "HTTP+JSON")),
  sdk("0.3 JSON-RPC", "SDK 1.3.0", legacy, (agent, origin) => createApp10(agent, origin, "JSONRPC", true)),
  sdk("0.3 HTTP+JSON", "SDK 1.3.0", legacy, (agent, origin) => createApp10(agent, origin, "HTTP+JSON", true)),
  sdk("0.2 JSON-RPC", "SDK 0.2.5", ["list", "push", "canceled"], createApp02),
  simulated("0.2 JSON-RPC", "the simulator", ["list", "push"], {}, (script) => createV02Agent({ script })),
  simulated("0.1 JSON-RPC", "the simulator", ["list", "push", "message", "end", "serverIds"], { dialect: "a2a-0.1" }, (script) =>
    createV01Agent({ script }),
  ),
  {
    ...simulated(
      "Brightsy tasks",
      "the simulator",
      ["list", "push", "message", "chunks", "input", "context", "end", "signIn", "whole"],
      { preset: "brightsy", auth: { type: "bearer", token: "brightsy-demo-key" } },
      (script) => createBrightsyAgent({ script }),
      ({ cardUrl }) => cardUrl.replace(/\/card$/, ""),
    ),
    whole: "poll",
  },
];

function sdk(
  dialect: string,
  by: string,
  lacks: readonly Lack[],
  app: (agent: ScriptedAgent, origin: () => string) => RequestListener,
): ContractServer {
  return {
    name: `${dialect}, ${by}`,
    dialect,
    lacks,
    config: {},
    whole: "blocking",
    start: async (agent) => {
      const { origin, close } = await listen((own) => app(agent, own));
      return { url: origin, close };
    },
  };
}

function simulated(
  dialect: string,
  by: string,
  lacks: readonly Lack[],
  config: Partial<AgentConfig>,
  create: (script: (turn: AgentTurn) => AsyncIterable<VendorStep>) => Promise<VendorAgent>,
  toUrl: (agent: VendorAgent) => string = ({ url }) => url,
): ContractServer {
  return {
    name: `${dialect}, ${by}`,
    dialect,
    lacks,
    config,
    whole: "blocking",
    start: async (agent) => {
      const server = await create((turn) => play(agent, turn));
      return { url: toUrl(server), close: () => server.stop() };
    },
  };
}

async function* play(agent: ScriptedAgent, turn: AgentTurn): AsyncGenerator<VendorStep> {
  turn.signal.addEventListener("abort", () => agent.cancel(turn.taskId));
  const { taskId, contextId, messageId, text } = turn;
  for await (const step of agent.play({ taskId, contextId, messageId, text, continued: turn.question !== undefined })) {
    const told = toStep(step);
    if (told) yield told;
  }
}

function toStep(step: Step): VendorStep | undefined {
  switch (step.kind) {
    case "message":
      return message(step.text);
    case "task":
      return undefined;
    case "status":
      return toStatus(step.state, step.text);
    case "chunk":
      return output("answer", step.text, { append: step.append, last: step.last });
  }
}

/** A canceled task is told by the simulators themselves. */
function toStatus(state: State, text: string | undefined): VendorStep | undefined {
  switch (state) {
    case "completed":
      return complete(text);
    case "failed":
      return fail(text);
    case "rejected":
      return reject(text);
    case "input-required":
      return inputRequired(text ?? "");
    case "auth-required":
      return authRequired(text ?? "");
    case "canceled":
      return undefined;
    default:
      return working(text);
  }
}
