import type { AgentCard, AgentInterface } from "@a2a-js/sdk";
import { AgentError } from "../../model/errors.ts";
import type { DialectName } from "../config.ts";
import { brightsy } from "./brightsy.ts";
import type { Dialect } from "./dialect.ts";
import { rest03 } from "./rest03.ts";
import { rest10 } from "./rest10.ts";
import { rpc01 } from "./rpc01.ts";
import { rpc02 } from "./rpc02.ts";
import { rpc03 } from "./rpc03.ts";
import { rpc10 } from "./rpc10.ts";

/** Newer generations first; within one the agent's own order of preference counts (A2A 1.0, section 8.3). */
const generations: readonly (readonly Dialect[])[] = [[rpc10, rest10], [rpc03, rest03], [rpc02], [rpc01], [brightsy]];

export interface Chosen {
  readonly dialect: Dialect;
  readonly agentInterface: AgentInterface;
}

/**
 * The wires to speak with an agent, the best first; the others are for an agent that refuses the first one's version. The dialect that
 * the configuration names is the only one. Throws AgentError `unsupported` when the card names none that the bridge speaks.
 */
export function chooseDialects(card: AgentCard, named?: DialectName): readonly Chosen[] {
  const interfaces = card.supportedInterfaces;
  const found = named === undefined ? generations.flatMap((dialects) => inGeneration(dialects, interfaces)) : asNamed(named, interfaces);
  if (found.length > 0) return found;
  const offered = interfaces
    .map((entry) => `${entry.protocolVersion} ${entry.protocolBinding}`)
    .join(", ")
    .slice(0, 300);
  throw new AgentError("unsupported", `the agent offers no protocol that the bridge speaks: ${offered || "none"}`, {
    explanation: "The agent offers no protocol that the bridge speaks. An administrator can set a dialect.",
  });
}

function inGeneration(dialects: readonly Dialect[], interfaces: readonly AgentInterface[]): readonly Chosen[] {
  return interfaces.flatMap((agentInterface) => {
    const { protocolBinding, protocolVersion } = agentInterface;
    const dialect = dialects.find(({ binding, speaks }) => binding === protocolBinding.toUpperCase() && speaks(protocolVersion));
    return dialect ? [{ dialect, agentInterface }] : [];
  });
}

/** At the interface that fits best: same wire, same binding, or the first. */
function asNamed(named: DialectName, interfaces: readonly AgentInterface[]): readonly Chosen[] {
  const dialect = generations.flat().find(({ key }) => key === named);
  if (!dialect) return [];
  const bound = interfaces.filter(({ protocolBinding }) => protocolBinding.toUpperCase() === dialect.binding);
  const agentInterface = bound.find(({ protocolVersion }) => dialect.speaks(protocolVersion)) ?? bound[0] ?? interfaces[0];
  return agentInterface ? [{ dialect, agentInterface }] : [];
}
