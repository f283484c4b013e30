import type { AgentPolicy } from "../model/agent.ts";
import type { FoundAgent } from "./card.ts";
import type { Peer } from "./peer.ts";

/** What is known of an agent before it is asked anything. Texts are the card's own: untrusted. */
export interface AgentDescription {
  readonly name: string;
  /** Where the card was found; absent for one of the configuration. */
  readonly cardUrl: string | undefined;
  /** Whether the card's signature was checked against a trusted key. */
  readonly signature: "verified" | "unsigned" | "unchecked";
  /** The card for those who are known took the place of the public one. */
  readonly extended: boolean;
  readonly dialect: string;
  readonly endpoint: string;
  readonly tenant: string | undefined;
  /** As the card offers them, in its order. */
  readonly interfaces: readonly { readonly url: string; readonly binding: string; readonly version: string }[];
  readonly declared: { readonly streaming: boolean; readonly push: boolean; readonly extendedCard: boolean };
  readonly skills: readonly { readonly id: string; readonly name: string }[];
  readonly policy: AgentPolicy;
}

export function describe({ card, url, signature, extended }: FoundAgent, { chosen }: Peer, policy: AgentPolicy): AgentDescription {
  const { capabilities, supportedInterfaces, skills } = card;
  return {
    name: card.name,
    cardUrl: url,
    signature,
    extended,
    dialect: chosen.dialect.name,
    endpoint: chosen.agentInterface.url,
    tenant: chosen.agentInterface.tenant || undefined,
    interfaces: supportedInterfaces.map(({ url, protocolBinding, protocolVersion }) => ({
      url,
      binding: protocolBinding,
      version: protocolVersion,
    })),
    declared: {
      streaming: capabilities?.streaming === true,
      push: capabilities?.pushNotifications === true,
      extendedCard: capabilities?.extendedAgentCard === true,
    },
    skills: skills.map(({ id, name }) => ({ id, name })),
    policy,
  };
}
