import type { AgentEvent } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import { isWithinBounds } from "./bounds.ts";
import { toEvents } from "./events.ts";
import { readPayload } from "./read.ts";

/**
 * What a push says: one thing, or a list of them. Its shape decides, never its Content-Type: 1.0 wraps (`statusUpdate`), 0.3 posts the
 * bare Task, others an envelope. The events carry the ids and marks that the body has. Throws AgentError `protocol` when nothing is
 * recognisable, or when the body is too deep or has too many values; throws nothing else.
 */
export function decodePush(body: unknown): readonly AgentEvent[] {
  if (!isWithinBounds(body)) throw new AgentError("protocol", "a push is too deep or has too many values");
  const payloads = (Array.isArray(body) ? body : [body]).flatMap((entry) => readPayload(entry) ?? []);
  if (payloads.length === 0) throw new AgentError("protocol", "a push holds nothing of A2A");
  return payloads.flatMap((payload) => toEvents({ payload }));
}

/**
 * Every credential that a push presents, in the forms it may have been registered in: the notification token, a bearer token, and for
 * Basic the encoded pair as well as its password. The caller compares each with the expected one in constant time. Names are lower case.
 */
export function presentedCredentials(headers: Readonly<Record<string, string | undefined>>): readonly string[] {
  const token = headers["x-a2a-notification-token"];
  const [, scheme, value] = /^\s*(\S+)\s+(\S+)\s*$/.exec(headers.authorization ?? "") ?? [];
  const authorization = scheme && value ? credentials(scheme.toLowerCase(), value) : [];
  return [...(token ? [token] : []), ...authorization];
}

function credentials(scheme: string, value: string): readonly string[] {
  if (scheme === "bearer") return [value];
  if (scheme !== "basic") return [];
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  const password = colon < 0 ? "" : pair.slice(colon + 1);
  return password === "" ? [value] : [value, password];
}
