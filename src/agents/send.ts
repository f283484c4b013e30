import type { Log } from "../log.ts";
import type { AgentEvent, AgentPolicy, AgentRequest, DeliveryMode } from "../model/agent.ts";
import { AgentError } from "../model/errors.ts";
import type { AgentConfig, PushConfig } from "./config.ts";
import { isSettled, toEvents } from "./events.ts";
import { type Asked, hidesReason } from "./failure.ts";
import { impossible, possibleModes, type Refused, refusedBy } from "./modes.ts";
import { callPeer, StreamingRefused, streamPeer } from "./peer.ts";
import { toMetadata } from "./prepare.ts";
import { toSendRequest } from "./request.ts";
import { isGone, lookSoon, type Reach } from "./tasks.ts";

export interface SendOptions {
  readonly name: string;
  readonly config: AgentConfig;
  readonly policy: AgentPolicy;
  readonly pushAuth: NonNullable<PushConfig["auth"]>;
  /** Written here. */
  readonly refused: Refused;
  readonly log: Log;
}

/**
 * Sends a message by the first way of delivery that is possible. It is sent again in one case alone: the agent has refused that way before
 * it took the message; then it is asked by the next one, and by that from then on.
 */
export async function* sendMessage(
  reach: Reach,
  options: SendOptions,
  request: AgentRequest,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, void, undefined> {
  const { peer, abilities } = reach;
  const { policy, refused, log, name } = options;
  for (;;) {
    const [mode] = possibleModes(policy, peer, abilities, request, refused);
    if (mode === undefined) throw impossible(policy.delivery);
    try {
      return yield* mode === "stream" ? stream(reach, options, request, signal) : call(reach, options, request, mode, signal);
    } catch (error) {
      const what = error instanceof StreamingRefused ? "streaming" : refusedBy(error, mode, request);
      if (what === undefined || refused.has(peer, what)) throw error;
      log.warn({ agent: name, what }, "the agent declares what it refuses");
      refused.add(peer, what);
      if (what === "streaming" && possibleModes(policy, peer, abilities, request, refused).length === 0)
        throw new AgentError("unsupported", "the agent does not stream, and nothing else is configured", { explanation: streamsNot });
    }
  }
}

const streamsNot =
  "The agent does not stream its answers, and no other way of delivery is configured. An administrator must check `delivery`.";

async function* stream(
  reach: Reach,
  options: SendOptions,
  request: AgentRequest,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, void, undefined> {
  const message = toMessage(reach, options, request, "stream");
  const { taskId } = request;
  let last: AgentEvent | undefined;
  let answered = false;
  try {
    for await (const event of streamPeer(reach.peer, reach.options, toAsked(request), signal, (client, call) =>
      client.sendMessageStream(message, call),
    )) {
      yield event;
      last = event;
      answered ||= event.kind === "output";
    }
  } catch (error) {
    if (taskId && hidesReason(error) && (await isGone(reach, { taskId }, signal)))
      throw new AgentError("taskGone", "the task is closed at the agent", { code: error.code, explanation: error.explanation });
    throw error;
  }
  if (answered && last && !isSettled(last) && reach.options.wire.streamEnd === "completed")
    yield { ...idsOf(last), kind: "ended", outcome: "completed", parts: [] };
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
  const events = toEvents({ payload: "messageId" in result ? { $case: "message", value: result } : { $case: "task", value: result } });
  yield* events;
  if (mode !== "poll" || "messageId" in result || events.some(isSettled)) return;
  yield* lookSoon(reach, { taskId: result.id }, signal);
}

function toMessage({ peer, abilities }: Reach, options: SendOptions, request: AgentRequest, mode: DeliveryMode) {
  return toSendRequest(request, {
    level: options.policy.identity.level,
    metadata: toMetadata(options.config, peer.card),
    pushAuth: options.pushAuth,
    returnImmediately: mode === "push" || mode === "poll",
    push: abilities.push && !options.refused.has(peer, "push"),
  });
}

function toAsked(request: AgentRequest): Asked {
  return { operation: "send", withTask: request.taskId !== undefined };
}

function idsOf({ taskId, contextId }: AgentEvent) {
  return { ...(taskId !== undefined && { taskId }), ...(contextId !== undefined && { contextId }) };
}
