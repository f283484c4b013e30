import type { AgentCard } from "@a2a-js/sdk";
import type { Log } from "../log.ts";
import type { Abilities, AgentClient, AgentPolicy } from "../model/agent.ts";
import type { Clock } from "../model/clock.ts";
import type { Store } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import { createAuthenticate } from "./auth.ts";
import { createCards } from "./card.ts";
import type { AgentConfig } from "./config.ts";
import { type AgentDescription, describe } from "./describe.ts";
import { fetchExtendedCard } from "./extended.ts";
import { createRefused, type Refused } from "./modes.ts";
import type { Peer, PeerOptions } from "./peer.ts";
import { toPolicy, toPush, toWire } from "./policy.ts";
import { prepareRequest, withOwnContext } from "./prepare.ts";
import { presetOf } from "./presets.ts";
import { type SendOptions, sendMessage } from "./send.ts";
import { createVerify } from "./signature.ts";
import { cancelTask, findTask, forgetPush, type Reach, resumeTask } from "./tasks.ts";
import { followTransfers } from "./transfers.ts";
import { createVersions } from "./versions.ts";

export interface AgentClientOptions {
  readonly name: string;
  readonly config: AgentConfig;
  /** The guarded way out: no redirects, and only to addresses that are allowed. Everything goes through it. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  /** For the agent's card and token, which may be lost at any time. */
  readonly store: Store<Json>;
}

/** An agent client that an admin can look into. */
export interface RemoteAgent extends AgentClient {
  /** What the card says and what the bridge makes of it. Rejects with AgentError when the card cannot be had. */
  describe(signal: AbortSignal): Promise<AgentDescription>;
}

const defaultConnectSeconds = 10;
const defaultMaxAnswerBytes = 32 * 1024 * 1024;

/** A remote A2A agent. Nothing is fetched before it is first used. */
export function createAgentClient(options: AgentClientOptions): RemoteAgent {
  const { name, config, log } = options;
  const policy = toPolicy(config);
  const peerOptions = toPeerOptions(options, policy);
  const versions = createVersions(name, peerOptions.wire.dialect, log);
  const cards = toCards(options, peerOptions, (card) => versions.current(card));
  const refused = createRefused();
  const sendOptions: SendOptions = { name, config, policy, pushAuth: toPush(config).auth, refused, log };
  const reach = (peer: Peer): Reach => ({ peer, options: peerOptions, abilities: toAbilities(policy, peer, refused) });
  return {
    name,
    policy,
    abilities: async (signal) => reach(versions.current((await cards.get(signal)).card)).abilities,
    async *send(given, signal) {
      const { card } = await cards.get(signal);
      const request = prepareRequest(given, policy);
      const send = (next: typeof request) => versions.tryStream(card, (peer) => sendMessage(reach(peer), sendOptions, next, signal));
      const { transfers } = peerOptions.wire;
      const events = transfers > 0 ? followTransfers(request, transfers, send) : send(request);
      for await (const event of events) yield withOwnContext(event, request, policy);
    },
    async *resume(task, signal) {
      const { card } = await cards.get(signal);
      for await (const event of versions.tryStream(card, (peer) => resumeTask(reach(peer), task, signal)))
        yield withOwnContext(event, task, policy);
    },
    find: async (messageId, contextId, signal) =>
      versions.try((await cards.get(signal)).card, (peer) => findTask(reach(peer), messageId, contextId, signal)),
    cancel: async (task, signal) => versions.try((await cards.get(signal)).card, (peer) => cancelTask(reach(peer), task, signal)),
    forgetPush: async (task, signal) => versions.try((await cards.get(signal)).card, (peer) => forgetPush(reach(peer), task, signal)),
    describe: async (signal) => {
      const found = await cards.get(signal);
      return describe(found, versions.current(found.card), policy);
    },
  };
}

function toPeerOptions(options: AgentClientOptions, policy: AgentPolicy): PeerOptions {
  const { config, fetch, clock } = options;
  const limits = {
    silenceMs: policy.limits.silenceSeconds * 1000,
    maxAnswerBytes: config.limits?.maxAnswerBytes ?? defaultMaxAnswerBytes,
  };
  const timeoutMs = toTimeout(config);
  const authenticate = createAuthenticate({ ...options, auth: config.auth ?? { type: "none" }, timeoutMs });
  const contexts = policy.contextId !== "none";
  return {
    paths: config.paths,
    wire: toWire(config),
    contexts,
    meanings: presetOf(config).errors ?? {},
    fetch,
    authenticate,
    clock,
    limits,
  };
}

function toCards(options: AgentClientOptions, peerOptions: PeerOptions, toPeer: (card: AgentCard) => Peer) {
  const { config, fetch } = options;
  const timeoutMs = toTimeout(config);
  const known = config.auth !== undefined && config.auth.type !== "none";
  return createCards({
    ...options,
    // Some cards are protected.
    fetch: peerOptions.authenticate(fetch),
    timeoutMs,
    headers: peerOptions.wire.headers,
    verify: createVerify({ ...options, keys: config.cardKeys, timeoutMs }),
    // The card for those who are known replaces the public one (A2A 1.0, section 3.1.11).
    ...(known && { extend: (card: AgentCard, signal: AbortSignal) => fetchExtendedCard(toPeer(card), peerOptions, signal) }),
  });
}

function toTimeout({ limits }: AgentConfig): number {
  return (limits?.connectSeconds ?? defaultConnectSeconds) * 1000;
}

function toAbilities({ operations }: AgentPolicy, peer: Peer, refused: Refused): Abilities {
  const { card, chosen } = peer;
  const streams = card.capabilities?.streaming === true || chosen.dialect.key === "brightsy";
  return {
    push: operations.push && card.capabilities?.pushNotifications === true && !refused.has(peer, "push"),
    get: operations.get,
    resubscribe: operations.resubscribe && streams,
    list: operations.list && chosen.dialect.lists,
    cancel: operations.cancel,
    // Asked for by messages with files alone.
    get inputModes() {
      return [...new Set([...card.defaultInputModes, ...card.skills.flatMap(({ inputModes }) => inputModes)])];
    },
  };
}
