import { createHash, randomUUID } from "node:crypto";
import type { AgentCard } from "@a2a-js/sdk";
import type { AgentEvent, AgentPolicy, AgentRequest } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import type { Json } from "../model/thread.ts";
import type { AgentConfig } from "./config.ts";
import { presetOf } from "./presets.ts";
import { withTranscript } from "./transcript.ts";

/** A request as this agent's policy wants it: with a contextId of ours, and with what was said before in front of the text. */
export function prepareRequest(request: AgentRequest, policy: AgentPolicy): AgentRequest {
  const { transcript, contextId, ...rest } = request;
  const own = contextId ?? (policy.contextId === "client" ? randomUUID() : undefined);
  const known = policy.contextId === "none" || own === undefined ? {} : { contextId: own };
  return { ...rest, ...known, text: withTranscript(request.text, transcript ?? [], policy.transcript) };
}

/** Where the bridge makes the contextId, an agent that answers with another one does not change it: that would end the conversation. */
export function withOwnContext(event: AgentEvent, { contextId }: Pick<AgentRequest, "contextId">, policy: AgentPolicy): AgentEvent {
  return policy.contextId === "client" && contextId !== undefined ? { ...event, contextId } : event;
}

/** The id of a message that follows from another one: the same every time, so that a repeated step can be recognised. */
export function derivedId(messageId: string, purpose: string): string {
  const digest = createHash("sha256").update(`${messageId}#${purpose}`).digest("hex");
  return [digest.slice(0, 8), digest.slice(8, 12), `5${digest.slice(13, 16)}`, `8${digest.slice(17, 20)}`, digest.slice(20, 32)].join("-");
}

/** The configured metadata, with the employee that is chosen among the card's skills. Throws AgentError `unsupported` when none is. */
export function toMetadata(config: AgentConfig, card: AgentCard): Readonly<Record<string, Json>> {
  const metadata = config.metadata ?? {};
  const wanted = config.employee;
  if (metadata.employee_id !== undefined || (wanted === undefined && !presetOf(config).employees)) return metadata;
  return { ...metadata, employee_id: toEmployee(card, wanted) };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function toEmployee({ skills }: AgentCard, wanted: string | undefined): string {
  const [only, ...others] = skills;
  if (wanted === undefined) {
    if (only && others.length === 0) return only.id;
    throw unchosen("no employee is set", "No employee is set for this agent. An administrator must name one in `employee`.");
  }
  const byId = skills.find(({ id }) => id === wanted);
  if (byId) return byId.id;
  const named = skills.filter(({ name }) => name.trim().toLowerCase() === wanted.trim().toLowerCase());
  if (named[0] && named.length === 1) return named[0].id;
  if (uuid.test(wanted)) return wanted;
  throw named.length > 1
    ? unchosen(
        "several employees have the configured name",
        "Several employees of this agent have the configured name. An administrator must set `employee` to an id.",
      )
    : unchosen(
        "no employee has the configured name",
        "This agent has no employee of the configured name. An administrator must check `employee`.",
      );
}

function unchosen(message: string, explanation: string): AgentError {
  return new AgentError("unsupported", message, { explanation });
}
