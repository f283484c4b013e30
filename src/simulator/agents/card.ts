import { AgentCard } from "@a2a-js/sdk";
import { type AgentAuth, tokenPath } from "./auth.ts";
import type { Wire } from "./wire.ts";

export interface CardFacts {
  readonly name: string;
  readonly description: string;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** Where the binding is served. */
  readonly endpoint: string;
  readonly wire: Wire;
  readonly streaming: boolean;
  readonly push: boolean;
  readonly auth: AgentAuth;
  /** Media types that it takes; plain text alone unless said otherwise. */
  readonly inputModes?: readonly string[] | undefined;
}

const modes = ({ inputModes = ["text/plain"] }: CardFacts) => ({
  defaultInputModes: [...inputModes],
  defaultOutputModes: ["text/markdown", "text/plain"],
});

const skill = {
  id: "talk",
  name: "Talk",
  description: "Answers what is said, and does what the words in its help say.",
  tags: ["demo"],
  examples: ["help", "stream a poem", "ask me something"],
};

/** The card as the SDK's server side wants it, whatever the wire. */
export function cardFor(facts: CardFacts): AgentCard {
  const { scheme10 } = security(facts);
  return AgentCard.fromJSON({
    name: facts.name,
    description: facts.description,
    version: "1.0.0",
    supportedInterfaces: [{ url: facts.endpoint, protocolBinding: facts.wire.binding, protocolVersion: facts.wire.protocol }],
    capabilities: { streaming: facts.streaming, pushNotifications: facts.push },
    ...modes(facts),
    skills: [skill],
    ...(scheme10 ? { securitySchemes: { caller: scheme10 }, securityRequirements: [{ schemes: { caller: { list: [] } } }] } : {}),
  });
}

/** The card of a 0.3 agent, as the specification of that time has it (0.3.0, section 5.5). */
export function card03(facts: CardFacts): Readonly<Record<string, unknown>> {
  const { scheme03 } = security(facts);
  return {
    protocolVersion: "0.3.0",
    name: facts.name,
    description: facts.description,
    version: "1.0.0",
    url: facts.endpoint,
    preferredTransport: facts.wire.binding,
    additionalInterfaces: [{ url: facts.endpoint, transport: facts.wire.binding }],
    capabilities: { streaming: facts.streaming, pushNotifications: facts.push, stateTransitionHistory: false },
    ...modes(facts),
    skills: [skill],
    ...(scheme03 ? { securitySchemes: { caller: scheme03 }, security: [{ caller: [] }] } : {}),
  };
}

function security(facts: CardFacts): { readonly scheme10?: object; readonly scheme03?: object } {
  const { bearer, apiKey, oauth } = facts.auth;
  if (bearer !== undefined) {
    return { scheme10: { httpAuthSecurityScheme: { scheme: "Bearer" } }, scheme03: { type: "http", scheme: "Bearer" } };
  }
  if (apiKey) {
    const place = { name: apiKey.header };
    return {
      scheme10: { apiKeySecurityScheme: { ...place, location: "header" } },
      scheme03: { type: "apiKey", in: "header", ...place },
    };
  }
  if (oauth) {
    const flows = { clientCredentials: { tokenUrl: `${facts.baseUrl}${tokenPath}`, scopes: {} } };
    return { scheme10: { oauth2SecurityScheme: { flows } }, scheme03: { type: "oauth2", flows } };
  }
  return {};
}
