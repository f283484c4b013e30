import type { AgentPolicy, DeliveryMode } from "../../model/agent.ts";
import type { Json } from "../../model/thread.ts";
import type { AgentConfig } from "../config.ts";
import { toPolicy, toWire } from "../policy.ts";
import { type Ability, type Finding, isReal, type Real } from "./finding.ts";
import type { Arrival } from "./push-box.ts";

/** What was learned beyond the table. */
export interface Learned {
  readonly findings: readonly Finding[];
  /** The stream just ends. */
  readonly endless: boolean;
  /** Who must make the contextId for a conversation to hold together. */
  readonly contextId: AgentPolicy["contextId"];
  readonly arrivals: readonly Arrival[];
}

export type Keys = { readonly [key: string]: Json };

/**
 * The configuration of an agent as it should be, by what was seen: the keys that it has already, and those that differ from what its
 * preset or the defaults give. Undefined when no way was found in which it answers. Secrets stand in it as `${NAME}`.
 */
export function recommend(name: string, config: AgentConfig, learned: Learned): Keys | undefined {
  const { delivery, operations, push, identity: _, auth: _auth, headers: _headers, url, preset, ...rest } = config;
  const real = realOf(learned.findings);
  // What the preset or the defaults give without a word about it.
  const given = toPolicy({ url, ...(preset && { preset }), ...(config.identity && { identity: config.identity }) });
  const wire = toWire({ url, ...(preset && { preset }) });
  const modes = toDelivery(delivery ?? given.delivery, real);
  if (modes.length === 0) return undefined;
  const contextId = config.contextId ?? (learned.contextId === given.contextId ? undefined : learned.contextId);
  return clean({
    url,
    preset,
    auth: toAuth(name, config),
    identity: config.identity,
    headers: toHeaders(name, config),
    ...rest,
    contextId,
    delivery: delivery !== undefined || !isSame(modes, given.delivery) ? modes : undefined,
    streamEnd: config.streamEnd ?? (learned.endless && real.get !== "yes" && wire.streamEnd !== "completed" ? "completed" : undefined),
    operations: toOperations(given.operations, operations, real),
    push: toPush(name, push, learned.arrivals, config),
  });
}

type Reals = Partial<Record<Ability, Real>>;

function realOf(findings: readonly Finding[]): Reals {
  return Object.fromEntries(findings.map(({ ability, real }) => [ability, real]));
}

/** In the order that is configured, without what is not real. What nobody could try stays, beside something that is. */
function toDelivery(order: readonly DeliveryMode[], real: Reals): readonly DeliveryMode[] {
  const works = (mode: DeliveryMode) => isReal({ real: real[mode === "poll" ? "get" : mode] ?? "untried", seen: "" });
  const usual: readonly DeliveryMode[] = ["stream", "push", "poll", "blocking"];
  if (!usual.some(works)) return [];
  const kept = order.filter((mode) => works(mode) || (mode === "push" && real.push === "untried"));
  return kept.some(works) ? kept : usual.filter(works);
}

function toOperations(
  given: AgentPolicy["operations"],
  configured: AgentConfig["operations"],
  real: Reals,
): AgentConfig["operations"] | undefined {
  const names = ["get", "cancel", "resubscribe", "list", "push"] as const;
  const known = names.flatMap((name): [string, boolean][] => {
    const seen = real[name];
    const value = seen === undefined || seen === "untried" ? configured?.[name] : seen !== "no";
    return value === undefined || (value === given[name] && configured?.[name] === undefined) ? [] : [[name, value]];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

/** A push that comes without what was registered needs a door without it. */
function toPush(name: string, push: AgentConfig["push"], arrivals: readonly Arrival[], config: AgentConfig): AgentConfig["push"] {
  const last = arrivals.at(-1);
  if (last === undefined || last.proven || push?.auth === "jwt") return push;
  const usual = push?.listen ? "/" : `/a2a/push/${name}`;
  const path = last.own || last.path === usual ? config.push?.path : last.path;
  return { ...push, auth: "none", ...(path !== undefined && { path }) };
}

function toAuth(name: string, { auth }: AgentConfig): AgentConfig["auth"] {
  const variable = (what: string) => `\${${toVariable(`${name}_${what}`)}}`;
  switch (auth?.type) {
    case undefined:
    case "none":
      return auth;
    case "bearer":
      return { ...auth, token: variable("token") };
    case "apiKey":
      return { ...auth, value: variable("key") };
    case "basic":
      return { ...auth, password: variable("password") };
    case "oauth2":
    case "oauth2ClientCredentials":
      return { ...auth, clientSecret: variable("client_secret") };
  }
}

/** Fixed headers are often keys in disguise. */
function toHeaders(name: string, { headers }: AgentConfig): AgentConfig["headers"] {
  if (headers === undefined) return undefined;
  const secret = /auth|key|token|secret|cookie|password/i;
  const entries = Object.entries(headers).map(([header, value]): [string, string] => [
    header,
    secret.test(header) ? `\${${toVariable(`${name}_${header}`)}}` : value,
  ]);
  return Object.fromEntries(entries);
}

function toVariable(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
}

function isSame(a: readonly DeliveryMode[], b: readonly DeliveryMode[]): boolean {
  return a.join() === b.join();
}

/** Plain JSON, without keys that say nothing. */
function clean(value: object): Keys {
  return JSON.parse(JSON.stringify(value));
}
