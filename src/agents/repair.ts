import { AgentCard, type AgentInterface } from "@a2a-js/sdk";
import { AgentError } from "../model/errors.ts";

type Fields = Record<string, unknown>;

/** Whether something that was fetched can be a card at all. */
export function looksLikeCard(value: unknown): boolean {
  if (!isFields(value)) return false;
  return (
    Array.isArray(value.supportedInterfaces) ||
    typeof value.url === "string" ||
    ((isFields(value.capabilities) || Array.isArray(value.capabilities)) && "name" in value)
  );
}

export interface RepairOptions {
  /** Against which URLs are resolved, and the endpoint of a card that names none. */
  readonly base: string;
  /** Stands for a card's missing name. */
  readonly name: string;
  /** URIs of extensions that the configuration activates by a header. */
  readonly extensions?: readonly string[];
}

/**
 * A card of any generation as the SDK's own. What the SDK's reader insists on and cards in the wild leave out is filled in, and URLs are
 * resolved. Its interfaces keep the version that the card means (0.1, 0.2, 0.3, 1.0), which the SDK's reader does not know all. Parts
 * that the bridge does not use (security schemes, signatures) are dropped, so that their shape cannot fail it. Throws AgentError
 * `unsupported`.
 */
export function toCard(raw: unknown, { base, name, extensions = [] }: RepairOptions): AgentCard {
  if (!isFields(raw)) throw new AgentError("unsupported", "the agent card is not an object", { explanation: unreadable });
  const interfaces = toInterfaces(raw, base, base.replace(/\.well-known\/[^/]*$/, ""));
  const card = { ...parse(withFacts(raw, name)), supportedInterfaces: [...interfaces] };
  const required = card.capabilities?.extensions.filter(({ required, uri }) => required && !extensions.includes(uri)) ?? [];
  if (required.length === 0) return card;
  const uris = required
    .map(({ uri }) => uri)
    .join(", ")
    .slice(0, 300);
  throw new AgentError("unsupported", `the agent requires extensions: ${uris}`, {
    explanation:
      "The agent requires an extension of the protocol that the bridge does not speak. An administrator can activate it in `headers` (A2A-Extensions).",
  });
}

const unreadable = "The agent's card cannot be read. An administrator must check it.";

function parse(repaired: Fields): AgentCard {
  try {
    return AgentCard.fromJSON(repaired);
  } catch (error) {
    throw new AgentError("unsupported", "the agent card cannot be read", { cause: error, explanation: unreadable });
  }
}

function withFacts(raw: Fields, name: string): Fields {
  return {
    name: string(raw.name) ?? name,
    description: string(raw.description) ?? "",
    version: string(raw.version) ?? "",
    capabilities: toCapabilities(raw),
    defaultInputModes: strings(raw.defaultInputModes) ?? ["text/plain"],
    defaultOutputModes: strings(raw.defaultOutputModes) ?? ["text/plain"],
    skills: objects(raw.skills).map(toSkill),
  };
}

/** `place`: where the card was found; 0.2 has it at another path than 0.3. */
function toInterfaces(card: Fields, place: string, base: string): readonly AgentInterface[] {
  const declared = objects(card.supportedInterfaces).map((entry) =>
    toInterface(entry.url, entry.protocolBinding, toVersion(entry.protocolVersion ?? card.protocolVersion) ?? "1.0", base, entry.tenant),
  );
  if (declared.length > 0) return declared;
  if (card.url === undefined && /\/a2a\/card\/?$/.test(base)) return [toInterface(base, "BRIGHTSY", "1", base)];
  const versions = legacyVersions(card, /\.well-known\/agent\.json$/.test(place) ? "0.2" : "0.3");
  const further = objects(card.additionalInterfaces).filter(({ transport }) => string(transport) !== undefined);
  return versions.flatMap((version, index) => [
    toInterface(card.url, card.preferredTransport, version, base),
    ...(index === 0 ? further.map(({ transport, url }) => toInterface(url, transport, version, base)) : []),
  ]);
}

/**
 * Cards of 0.1 and of 0.2 may leave their version out. Only 0.1 has `authentication`. Of the others most speak what 0.2 and 0.3 have in
 * common; 0.1 is what is left when they refuse that.
 */
function legacyVersions(card: Fields, likely: string): readonly string[] {
  const version = toVersion(card.protocolVersion);
  if (version !== undefined) return [version];
  if (isFields(card.authentication) && card.securitySchemes === undefined) return ["0.1"];
  return card.preferredTransport === undefined ? [likely, "0.1"] : ["0.3"];
}

function toInterface(url: unknown, binding: unknown, protocolVersion: string, base: string, tenant?: unknown): AgentInterface {
  return { url: absolute(url, base), protocolBinding: string(binding) ?? "JSONRPC", protocolVersion, tenant: string(tenant) ?? "" };
}

/** Major and minor alone count (A2A 1.0, section 3.6). */
function toVersion(value: unknown): string | undefined {
  const version = typeof value === "number" ? value.toFixed(1) : string(value);
  const [, major, minor] = /^v?(\d+)(?:\.(\d+))?/.exec(version ?? "") ?? [];
  return major === undefined ? undefined : `${major}.${minor ?? "0"}`;
}

/** Usually an object; a list of `{type, supported}` has been seen. */
function toCapabilities({ capabilities: value, supportsAuthenticatedExtendedCard }: Fields): Fields {
  const listed = objects(value).flatMap((entry) => (typeof entry.type === "string" ? [[entry.type, entry.supported === true]] : []));
  const fields: Fields = isFields(value) ? value : Object.fromEntries(listed);
  return {
    streaming: fields.streaming === true,
    pushNotifications: fields.pushNotifications === true,
    extendedAgentCard: fields.extendedAgentCard === true || supportsAuthenticatedExtendedCard === true,
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
    inputModes: strings(skill.inputModes) ?? [],
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
