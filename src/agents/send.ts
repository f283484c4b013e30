import type { Log } from "../log.ts";
import type { Abilities, AgentEvent, AgentPolicy, AgentRequest, DeliveryMode } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import type { PushConfig } from "./config.ts";
import { toEvents } from "./events.ts";
import { type Asked, hidesReason } from "./failure.ts";
import { callPeer, StreamingRefused, streamPeer } from "./peer.ts";
import { toSendRequest } from "./request.ts";
import { isGone, type Reach } from "./tasks.ts";

export interface SendOptions {
  readonly name: string;
  readonly policy: AgentPolicy;
  readonly pushAuth: NonNullable<PushConfig["auth"]>;
  /** Cards of agents that declare streaming and refuse it. Written here. */
  readonly refusers: WeakSet<object>;
  readonly log: Log;
}

/**
 * Sends a message by the first way of delivery that is possible. It is sent a second time in one case alone: the agent has refused to
 * stream before it took the message; then it is asked without.
 */
export async function* sendMessage(
  reach: Reach,
  options: SendOptions,
  request: AgentRequest,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, void, undefined> {
  const { peer, abilities } = reach;
  const { policy, refusers, log, name } = options;
  const streams = peer.card.capabilities?.streaming === true && !refusers.has(peer.card);
  const modes = possibleModes(policy.delivery, request, abilities, streams);
  const first = modes[0] ?? impossible(policy.delivery);
  if (first !== "stream") return yield* call(reach, options, request, first, signal);
  if ((yield* stream(reach, options, request, signal)) === "done") return;
  log.warn({ agent: name }, "the agent declares streaming and refuses it");
  refusers.add(peer.card);
  yield* call(reach, options, request, modes[1] ?? "blocking", signal);
}

/** "refused": the agent does not stream, and has not taken the message. */
async function* stream(
  reach: Reach,
  options: SendOptions,
  request: AgentRequest,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, "done" | "refused", undefined> {
  const message = toMessage(reach, options, request, "stream");
  const { taskId } = request;
  try {
    yield* streamPeer(reach.peer, reach.options, toAsked(request), signal, (client, call) => client.sendMessageStream(message, call));
    return "done";
  } catch (error) {
    if (error instanceof StreamingRefused) return "refused";
    if (taskId && hidesReason(error) && (await isGone(reach, { taskId }, signal)))
      throw new AgentError("taskGone", "the task is closed at the agent", { code: error.code });
    throw error;
  }
}

async function* call(
  reach: Reach,
  options: SendOptions,
  request: AgentRequest,
  mode: DeliveryMode,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, void, undefined> {
  const message = toMessage(reach, options, request, mode);
  const result = await callPeer(reach.peer, reach.options, toAsked(request), signal, (client, call) => client.sendMessage(message, call));
  yield* toEvents({ payload: "messageId" in result ? { $case: "message", value: result } : { $case: "task", value: result } });
}

function toMessage({ options: { config }, abilities }: Reach, options: SendOptions, request: AgentRequest, mode: DeliveryMode) {
  return toSendRequest(request, {
    level: options.policy.identity.level,
    metadata: config.metadata ?? {},
    pushAuth: options.pushAuth,
    returnImmediately: mode === "push" || mode === "poll",
    push: abilities.push,
  });
}

function toAsked(request: AgentRequest): Asked {
  return { operation: "send", withTask: request.taskId !== undefined };
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
