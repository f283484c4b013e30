import type { Abilities, AgentPolicy, AgentRequest, DeliveryMode } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import type { Peer } from "./peer.ts";

/** What an agent has refused although its card declares it; kept as long as its card. */
export interface Refused {
  has(peer: Peer, what: Declared): boolean;
  add(peer: Peer, what: Declared): void;
}

/** `later`: to answer at once with an open task and bring the answer later. */
type Declared = "streaming" | "push" | "later";

export function createRefused(): Refused {
  const known = new WeakMap<Peer, Set<Declared>>();
  return {
    has: (peer, what) => known.get(peer)?.has(what) === true,
    add: (peer, what) => void known.set(peer, new Set([...(known.get(peer) ?? []), what])),
  };
}

/** The policy's order, without what the card does not declare, the agent has refused, or this message cannot use. */
export function possibleModes(
  policy: AgentPolicy,
  peer: Peer,
  abilities: Abilities,
  request: AgentRequest,
  refused: Refused,
): readonly DeliveryMode[] {
  const { delivery } = policy;
  // Whoever is to be asked for a stream alone is asked for it, whatever the card says.
  const streams = peer.card.capabilities?.streaming === true || delivery.every((mode) => mode === "stream");
  const later = !refused.has(peer, "later");
  const possible: Record<DeliveryMode, boolean> = {
    stream: streams && !refused.has(peer, "streaming"),
    blocking: true,
    push: abilities.push && request.push !== undefined && !refused.has(peer, "push") && later,
    poll: abilities.get && later,
  };
  return delivery.filter((mode) => possible[mode]);
}

/**
 * What an agent that refused a message does not do after all; it has not taken the message then. Undefined when the refusal is about
 * something else.
 */
export function refusedBy(error: unknown, mode: DeliveryMode, request: AgentRequest): Declared | undefined {
  if (!(error instanceof AgentError) || error.kind !== "refused") return undefined;
  if (error.code === -32003 && request.push !== undefined) return "push";
  return error.code === -32004 && (mode === "poll" || mode === "push") ? "later" : undefined;
}

export function impossible(order: readonly DeliveryMode[]): AgentError {
  const push = order.every((mode) => mode === "push");
  return new AgentError("unsupported", `none of the configured ways of delivery is possible with this agent: ${order.join(", ")}`, {
    explanation: push
      ? "The agent answers by push notifications alone, and the bridge has no public address for them. An administrator must set `publicUrl`."
      : "The agent offers none of the ways of delivery that are configured for it. An administrator must check `delivery`.",
  });
}
