import type { AgentCard, AgentInterface } from "@a2a-js/sdk";
import { AgentError } from "../../model/errors.ts";
import type { Dialect } from "./dialect.ts";
import { rest03 } from "./rest03.ts";
import { rest10 } from "./rest10.ts";
import { rpc03 } from "./rpc03.ts";
import { rpc10 } from "./rpc10.ts";

/** Newer generations first; within one the agent's own order of preference counts (A2A 1.0, section 8.3). */
const generations: readonly (readonly Dialect[])[] = [
  [rpc10, rest10],
  [rpc03, rest03],
];

export interface Chosen {
  readonly dialect: Dialect;
  readonly agentInterface: AgentInterface;
}

/** The wire to speak with an agent. Throws AgentError `unsupported` when its card names none that the bridge speaks. */
export function chooseDialect(card: AgentCard): Chosen {
  for (const dialects of generations) {
    for (const agentInterface of card.supportedInterfaces) {
      const dialect = dialects.find((candidate) => candidate.speaks(agentInterface.protocolBinding, agentInterface.protocolVersion));
      if (dialect) return { dialect, agentInterface };
    }
  }
  const offered = card.supportedInterfaces.map((entry) => `${entry.protocolVersion} ${entry.protocolBinding}`).join(", ");
  throw new AgentError("unsupported", `the agent offers no protocol that the bridge speaks: ${offered || "none"}`);
}
