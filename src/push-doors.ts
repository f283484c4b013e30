import { BlockList, isIP } from "node:net";
import { parseBounded } from "./agents/bounds.ts";
import { toPush } from "./agents/policy.ts";
import { decodePush, presentedCredentials } from "./agents/push.ts";
import { createPushVerifier } from "./agents/push-jwt.ts";
import type { Parts, PushAddress } from "./bridge/parts.ts";
import { createFixedPushRoute, createPushRoute, type PushDoorOptions, type PushRules } from "./bridge/push.ts";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import type { Clock } from "./model/clock.ts";
import type { HttpRoute } from "./model/http.ts";
import type { Store } from "./model/ledger.ts";

type Push = ReturnType<typeof toPush>;

/** Doors that have a port of their own, for an agent that pushes to a bare host. */
export interface OwnPort {
  readonly host: string;
  readonly port: number;
  readonly routes: readonly HttpRoute[];
}

export interface PushDoors {
  /** The doors on the bridge's own port. */
  readonly routes: readonly HttpRoute[];
  readonly ownPorts: readonly OwnPort[];
}

export interface PushDoorsOptions {
  readonly parts: Parts;
  readonly config: Config;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly tokens: Store<string>;
}

/** Where agents may push to, each by the rules of its configuration (`agents.<name>.push`). */
export function createPushDoors(options: PushDoorsOptions): PushDoors {
  const { parts, config, tokens } = options;
  const rules = new Map(Object.entries(config.agents).map(([name, agent]) => [name, toRules(options, toPush(agent))]));
  const door: PushDoorOptions = {
    parts,
    tokens,
    wire: { decode: (body) => decodePush(parseBounded(body)), credentials: presentedCredentials, rules: (agent) => rules.get(agent) },
    bodyLimit: config.limits.pushBodyMB * 1_048_576,
    perMinute: config.limits.pushesPerMinute,
  };
  const fixed = fixedDoors(config).map(({ agent, path, listen }) => ({ listen, route: createFixedPushRoute(door, agent, path) }));
  const shared = fixed.flatMap(({ listen, route }) => (listen ? [] : [route]));
  const ownPorts = fixed.flatMap(({ listen, route }) => (listen ? [{ ...listen, routes: [route] }] : []));
  return { routes: [createPushRoute(door), ...shared], ownPorts: mergePorts(ownPorts) };
}

/** The address that a message to this agent names for pushes; undefined where the bridge has no public address. */
export function toPushAddress(config: Config, agent: string, publicUrl: string | undefined): PushAddress | undefined {
  const settings = config.agents[agent];
  if (publicUrl === undefined || settings === undefined) return undefined;
  const base = publicUrl.replace(/\/+$/, "");
  const fixed = fixedDoors(config).find((door) => door.agent === agent);
  if (!fixed) return { kind: "perTurn", base: `${base}/a2a/push/${encodeURIComponent(agent)}` };
  return { kind: "fixed", url: fixed.listen ? new URL(fixed.path, withPort(base, fixed.listen.port)).href : base + fixed.path };
}

function withPort(base: string, port: number): string {
  const url = new URL(base);
  url.port = String(port);
  return url.origin;
}

interface FixedDoor {
  readonly agent: string;
  readonly path: string;
  readonly listen: { readonly host: string; readonly port: number } | undefined;
}

function fixedDoors(config: Config): readonly FixedDoor[] {
  return Object.entries(config.agents).flatMap(([agent, settings]) => {
    const push = toPush(settings);
    if (push.auth !== "none") return [];
    const listen = push.listen && { host: push.listen.host ?? config.listen.host, port: push.listen.port };
    return [{ agent, listen, path: push.path ?? (listen ? "/" : `/a2a/push/${encodeURIComponent(agent)}`) }];
  });
}

function mergePorts(ports: readonly OwnPort[]): readonly OwnPort[] {
  const byPlace = Map.groupBy(ports, ({ host, port }) => `${host} ${port}`);
  return [...byPlace.values()].flatMap(([first, ...rest]) =>
    first ? [{ ...first, routes: [first, ...rest].flatMap(({ routes }) => routes) }] : [],
  );
}

function toRules({ config, fetch, clock, log }: PushDoorsOptions, push: Push): PushRules {
  const allowed = push.allowFrom && toBlockList(push.allowFrom);
  const rules = { allows: (ip: string) => allowed === undefined || allowed.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4") };
  if (push.auth !== "jwt" || push.jwt === undefined) return rules;
  return { ...rules, verify: createPushVerifier({ jwt: push.jwt, audience: config.publicUrl ?? "", fetch, clock, log }) };
}

/** Addresses and networks; a list of addresses that are let in, in spite of the class's name. */
function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
