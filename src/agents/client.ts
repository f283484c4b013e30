import type { Log } from "../log.ts";
import type { Abilities, AgentClient, AgentPolicy } from "../model/agent.ts";
import type { Clock } from "../model/clock.ts";
import type { Store } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import { createAuthenticate } from "./auth.ts";
import { createCards } from "./card.ts";
import type { AgentConfig } from "./config.ts";
import { type Peer, type PeerOptions, toPeer } from "./peer.ts";
import { toPolicy, toPush } from "./policy.ts";
import { type SendOptions, sendMessage } from "./send.ts";
import { cancelTask, findTask, type Reach, resumeTask } from "./tasks.ts";

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

const defaultConnectSeconds = 10;

/** A remote A2A agent. Nothing is fetched before it is first used. */
export function createAgentClient(options: AgentClientOptions): AgentClient {
  const { name, config, clock, log, store } = options;
  const policy = toPolicy(config);
  const timeoutMs = (config.limits?.connectSeconds ?? defaultConnectSeconds) * 1000;
  const authenticate = createAuthenticate({ auth: config.auth ?? { type: "none" }, fetch: options.fetch, clock, log, store, timeoutMs });
  const cards = createCards({ name, config, fetch: authenticate(options.fetch), clock, log, store, timeoutMs });
  const silenceMs = policy.limits.silenceSeconds * 1000;
  const peerOptions: PeerOptions = { config, fetch: options.fetch, authenticate, clock, silenceMs };
  const sendOptions: SendOptions = { policy, pushAuth: toPush(config).auth, refusers: new WeakSet(), log, name };

  const reach = async (signal: AbortSignal): Promise<Reach> => {
    const peer = toPeer(await cards.get(signal));
    return { peer, options: peerOptions, abilities: toAbilities(policy, peer) };
  };
  return {
    name,
    policy,
    abilities: async (signal) => (await reach(signal)).abilities,
    async *send(request, signal) {
      yield* sendMessage(await reach(signal), sendOptions, request, signal);
    },
    async *resume(task, signal) {
      yield* resumeTask(await reach(signal), task, signal);
    },
    find: async (messageId, contextId, signal) => findTask(await reach(signal), messageId, contextId, signal),
    cancel: async (task, signal) => cancelTask(await reach(signal), task, signal),
  };
}

function toAbilities({ operations }: AgentPolicy, { card, chosen }: Peer): Abilities {
  return {
    push: operations.push && card.capabilities?.pushNotifications === true,
    get: operations.get,
    resubscribe: operations.resubscribe && card.capabilities?.streaming === true,
    list: operations.list && chosen.dialect.lists,
    cancel: operations.cancel,
  };
}
