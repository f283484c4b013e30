import type { AgentCard, StreamResponse } from "@a2a-js/sdk";
import { Client, type RequestOptions, TenantTransportDecorator } from "@a2a-js/sdk/client";
import type { AgentEvent } from "../model/agent.ts";
import type { Clock } from "../model/clock.ts";
import { AgentError, type AgentErrorKind } from "../model/errors.ts";
import type { Authenticate } from "./auth.ts";
import { type CallLimits, createCall } from "./call.ts";
import type { AgentConfig } from "./config.ts";
import type { Chosen } from "./dialects/choose.ts";
import { createEcho } from "./echo.ts";
import { toEvents } from "./events.ts";
import { failedWithin } from "./explain.ts";
import { type Asked, type Meanings, refusesStreaming, toAgentError } from "./failure.ts";
import type { Wire } from "./presets.ts";
import { withPaths, withStringIds } from "./rewrite.ts";

/** An agent as its card describes it, at one of its interfaces, ready to be called. */
export interface Peer {
  readonly card: AgentCard;
  readonly chosen: Chosen;
}

export interface PeerOptions {
  readonly paths: AgentConfig["paths"];
  readonly wire: Wire;
  readonly contexts: boolean;
  readonly meanings: Meanings;
  readonly fetch: typeof fetch;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly limits: CallLimits;
}

/** The agent said, before it took the message, that it does not stream. */
export class StreamingRefused extends Error {
  override readonly name = "StreamingRefused";
}

type Run<T> = (client: Client, options: RequestOptions) => T;

/** One call with one result. Throws AgentError. */
export async function callPeer<T>(peer: Peer, options: PeerOptions, asked: Asked, signal: AbortSignal, run: Run<Promise<T>>): Promise<T> {
  const call = createCall({ ...options, signal });
  try {
    const client = await openClient(peer, options, call.fetch);
    return await run(client, toRequestOptions(options.wire, call.signal));
  } catch (error) {
    throw toAgentError(error, call.facts, asked, options.meanings);
  } finally {
    call.close();
  }
}

/** What has arrived together is read without a turn of the event loop: the leases and signs of all others must not wait for a flood. */
const eventsInARow = 32;

/** One call with a stream of results. Leaving the loop ends the call. Throws AgentError, or StreamingRefused before the first event. */
export async function* streamPeer(
  peer: Peer,
  options: PeerOptions,
  asked: Asked,
  signal: AbortSignal,
  run: Run<AsyncIterable<StreamResponse>>,
): AsyncGenerator<AgentEvent, void, undefined> {
  const call = createCall({ ...options, signal });
  const echo = createEcho();
  let heard = 0;
  let withinTask = false;
  try {
    const client = await openClient(peer, options, call.fetch);
    for await (const response of run(client, toRequestOptions(options.wire, call.signal))) {
      heard += 1;
      yield* toEvents(response, withinTask).filter((event) => !echo.repeats(event, response));
      withinTask ||= response.payload?.$case !== "message";
      if (heard % eventsInARow === 0) await new Promise(setImmediate);
    }
  } catch (error) {
    const ownPath = peer.chosen.dialect.binding === "HTTP+JSON";
    if (heard === 0 && refusesStreaming(error, call.facts, asked.withTask, ownPath)) throw new StreamingRefused("not streamed");
    throw afterEvents(toAgentError(error, call.facts, asked, options.meanings), heard > 0);
  } finally {
    call.close();
  }
}

/** An error that comes after events is no refusal, also not that of a second request of the same call: the agent has taken the message. */
function afterEvents(error: AgentError, heard: boolean): AgentError {
  const refused: readonly AgentErrorKind[] = ["refused", "taskGone", "unsupported", "rateLimited", "unauthorized", "unreachable"];
  if (!heard || !refused.includes(error.kind)) return error;
  return new AgentError("broken", `the stream ended with an error: ${error.message}`, { code: error.code, explanation: failedWithin });
}

/** A transport for each call, so that what is observed of its bytes is that call's alone. */
async function openClient({ card, chosen }: Peer, options: PeerOptions, fetch: typeof globalThis.fetch): Promise<Client> {
  const { dialect, agentInterface } = chosen;
  const endpoint = agentInterface.url;
  const sent = withPaths(options.authenticate(fetch), endpoint, options.paths);
  const outgoing = options.wire.requestIds === "string" ? withStringIds(sent) : sent;
  const transport = await dialect.open({ endpoint, card, fetch: outgoing, contexts: options.contexts });
  return new Client(agentInterface.tenant ? new TenantTransportDecorator(transport, agentInterface.tenant) : transport, willing(card));
}

/** The SDK's client does in silence something else where the card does not declare an operation; what is possible is decided before. */
function willing(card: AgentCard): AgentCard {
  const { extensions = [], extendedAgentCard } = card.capabilities ?? {};
  return { ...card, capabilities: { extensions, extendedAgentCard, streaming: true, pushNotifications: true } };
}

function toRequestOptions(wire: Wire, signal: AbortSignal): RequestOptions {
  return { signal, serviceParameters: { ...wire.headers } };
}
