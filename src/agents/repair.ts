import { AgentCard } from "@a2a-js/sdk";
import { isLegacyAgentCard, parseLegacyAgentCard } from "@a2a-js/sdk/compat/v0_3/client";
import { AgentError } from "../model/errors.ts";

type Fields = Record<string, unknown>;

/** Whether something that was fetched can be a card at all. */
export function looksLikeCard(value: unknown): boolean {
  if (!isFields(value)) return false;
  return Array.isArray(value.supportedInterfaces) || typeof value.url === "string" || (isFields(value.capabilities) && "name" in value);
}

/**
 * A card of any generation as the SDK's own. What the SDK's reader insists on and cards in the wild leave out is filled in, versions
 * below 0.3 become 0.3 (the SDK takes them for 1.0), and URLs are resolved against `base`. Parts that the bridge does not use
 * (security schemes, signatures) are dropped, so that their shape cannot fail it. Throws AgentError `unsupported`.
 */
export function toCard(raw: unknown, base: string, name: string): AgentCard {
  if (!isFields(raw)) throw new AgentError("unsupported", "the agent card is not an object");
  const repaired = withInterfaces(withFacts(raw, name), base);
  const card = parse(repaired);
  const required = card.capabilities?.extensions.filter((extension) => extension.required).map((extension) => extension.uri) ?? [];
  if (required.length > 0) throw new AgentError("unsupported", `the agent requires extensions: ${required.join(", ")}`);
  return card;
}

function parse(repaired: Fields): AgentCard {
  try {
    return isLegacyAgentCard(repaired) ? parseLegacyAgentCard(repaired) : AgentCard.fromJSON(repaired);
  } catch (error) {
    throw new AgentError("unsupported", "the agent card cannot be read", { cause: error });
  }
}

function withFacts(raw: Fields, name: string): Fields {
  const { securitySchemes, security, securityRequirements, signatures, provider, iconUrl, documentationUrl, ...rest } = raw;
  return {
    ...rest,
    name: string(raw.name) ?? name,
    description: string(raw.description) ?? "",
    version: string(raw.version) ?? "",
    capabilities: toCapabilities(raw.capabilities),
    defaultInputModes: strings(raw.defaultInputModes) ?? ["text/plain"],
    defaultOutputModes: strings(raw.defaultOutputModes) ?? ["text/plain"],
    skills: objects(raw.skills).map(toSkill),
  };
}

function withInterfaces(card: Fields, base: string): Fields {
  const { supportedInterfaces, additionalInterfaces, protocolVersion, ...rest } = card;
  const interfaces = objects(supportedInterfaces).map((entry) => ({
    ...entry,
    url: absolute(entry.url, base),
    protocolBinding: string(entry.protocolBinding) ?? "JSONRPC",
    protocolVersion: toVersion(entry.protocolVersion ?? protocolVersion ?? "1.0"),
  }));
  if (interfaces.length > 0) return { ...rest, supportedInterfaces: interfaces };
  return {
    ...rest,
    url: absolute(card.url, base),
    protocolVersion: toVersion(protocolVersion),
    preferredTransport: string(card.preferredTransport) ?? "JSONRPC",
    additionalInterfaces: objects(additionalInterfaces).flatMap((entry) =>
      typeof entry.transport === "string" ? [{ transport: entry.transport, url: absolute(entry.url, base) }] : [],
    ),
  };
}

/** The SDK takes only [0.3, 1.0) and a missing version for legacy; earlier ones speak nearly the same wire. */
function toVersion(value: unknown): string {
  const version = typeof value === "number" ? value.toFixed(1) : (string(value) ?? "0.3");
  const [, major, minor] = /^v?(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  if (major === undefined) return "0.3";
  return major === "0" && Number(minor ?? 0) < 3 ? "0.3" : `${major}.${minor ?? "0"}`;
}

/** Usually an object; a list of `{type, supported}` has been seen. */
function toCapabilities(value: unknown): Fields {
  const listed = objects(value).flatMap((entry) => (typeof entry.type === "string" ? [[entry.type, entry.supported === true]] : []));
  const fields: Fields = isFields(value) ? value : Object.fromEntries(listed);
  return {
    streaming: fields.streaming === true,
    pushNotifications: fields.pushNotifications === true,
    extensions: objects(fields.extensions).flatMap((extension) =>
      typeof extension.uri === "string" ? [{ uri: extension.uri, required: extension.required === true }] : [],
    ),
  };
}

function toSkill(skill: Fields, index: number): Fields {
  const name = string(skill.name) ?? `skill ${index + 1}`;
  return {
    id: string(skill.id) ?? name,
    name,
    description: string(skill.description) ?? "",
    tags: strings(skill.tags) ?? [],
    examples: strings(skill.examples) ?? [],
  };
}

function absolute(value: unknown, base: string): string {
  return URL.canParse(String(value ?? ""), base) ? new URL(String(value ?? ""), base).href : base;
}

function objects(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : undefined;
}

function string(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
