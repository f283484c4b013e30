import type { Log } from "../log.ts";
import type { Abilities, AgentClient, AgentEvent, AgentRequest, DeliveryMode, TaskRef } from "../model/agent.ts";
import type { Clock } from "../model/clock.ts";
import { AgentError } from "../model/errors.ts";
import type { Store } from "../model/ledger.ts";
import type { Json } from "../model/thread.ts";
import { createAuthenticate } from "./auth.ts";
import { createCards } from "./card.ts";
import type { AgentConfig } from "./config.ts";
import { toEvents } from "./events.ts";
import { hidesReason } from "./failure.ts";
import { callPeer, type Peer, type PeerOptions, StreamingRefused, streamPeer, toPeer } from "./peer.ts";
import { toPolicy, toPush } from "./policy.ts";
import { toSendRequest } from "./request.ts";
import { cancelTask, findTask, isGone, type Reach, resumeTask } from "./tasks.ts";

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
  const peerOptions: PeerOptions = {
    config,
    fetch: options.fetch,
    authenticate,
    clock,
    silenceMs: policy.limits.silenceSeconds * 1000,
  };
  /** Cards of agents that declare streaming and refuse it. */
  const refusers = new WeakSet<object>();

  const connect = async (signal: AbortSignal): Promise<Peer> => toPeer(await cards.get(signal));
  const reach = async (signal: AbortSignal): Promise<Reach> => {
    const peer = await connect(signal);
    return { peer, options: peerOptions, abilities: toAbilities(peer) };
  };
  const toAbilities = ({ card, chosen }: Peer): Abilities => ({
    push: policy.operations.push && card.capabilities?.pushNotifications === true,
    get: policy.operations.get,
    resubscribe: policy.operations.resubscribe && card.capabilities?.streaming === true,
    list: policy.operations.list && chosen.dialect.lists,
    cancel: policy.operations.cancel,
  });
  const toRequest = (request: AgentRequest, mode: DeliveryMode, abilities: Abilities) =>
    toSendRequest(request, {
      level: policy.identity.level,
      metadata: config.metadata ?? {},
      pushAuth: toPush(config).auth,
      returnImmediately: mode === "push" || mode === "poll",
      push: abilities.push,
    });

  /** "refused": the agent does not stream, and has not taken the message. */
  async function* stream(peer: Peer, request: AgentRequest, signal: AbortSignal): AsyncGenerator<AgentEvent, "done" | "refused"> {
    const abilities = toAbilities(peer);
    const message = toRequest(request, "stream", abilities);
    const { taskId } = request;
    const asked = { operation: "send", withTask: taskId !== undefined } as const;
    try {
      yield* streamPeer(peer, peerOptions, asked, signal, (client, call) => client.sendMessageStream(message, call));
      return "done";
    } catch (error) {
      if (error instanceof StreamingRefused) return "refused";
      if (taskId && hidesReason(error) && (await isGone({ peer, options: peerOptions, abilities }, { taskId }, signal)))
        throw new AgentError("taskGone", "the task is closed at the agent", { code: error.code, cause: error });
      throw error;
    }
  }

  async function* send(request: AgentRequest, signal: AbortSignal): AsyncGenerator<AgentEvent, void, undefined> {
    const peer = await connect(signal);
    const abilities = toAbilities(peer);
    const streams = peer.card.capabilities?.streaming === true && !refusers.has(peer.card);
    const modes = possibleModes(policy.delivery, request, abilities, streams);
    const first = modes[0] ?? impossible(policy.delivery);
    if (first === "stream") {
      if ((yield* stream(peer, request, signal)) === "done") return;
      log.warn({ agent: name }, "the agent declares streaming and refuses it");
      refusers.add(peer.card);
    }
    const mode = first === "stream" ? (modes[1] ?? "blocking") : first;
    const message = toRequest(request, mode, abilities);
    const asked = { operation: "send", withTask: request.taskId !== undefined } as const;
    const result = await callPeer(peer, peerOptions, asked, signal, (client, call) => client.sendMessage(message, call));
    yield* toEvents({ payload: "messageId" in result ? { $case: "message", value: result } : { $case: "task", value: result } });
  }

  return {
    name,
    policy,
    abilities: async (signal) => toAbilities(await connect(signal)),
    send,
    async *resume(task: TaskRef, signal: AbortSignal) {
      yield* resumeTask(await reach(signal), task, signal);
    },
    find: async (messageId, contextId, signal) => findTask(await reach(signal), messageId, contextId, signal),
    cancel: async (task, signal) => cancelTask(await reach(signal), task, signal),
  };
}

/** The policy's order, without what the card does not declare or this message cannot use. */
function possibleModes(
  order: readonly DeliveryMode[],
  request: AgentRequest,
  abilities: Abilities,
  streams: boolean,
): readonly DeliveryMode[] {
  const possible: Record<DeliveryMode, boolean> = {
    stream: streams,
    blocking: true,
    push: abilities.push && request.push !== undefined,
    poll: abilities.get,
  };
  return order.filter((mode) => possible[mode]);
}

function impossible(order: readonly DeliveryMode[]): never {
  throw new AgentError("unsupported", `none of the configured ways of delivery is possible with this agent: ${order.join(", ")}`);
}
