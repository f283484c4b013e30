import type { AgentCard, StreamResponse } from "@a2a-js/sdk";
import { Client, type RequestOptions, TenantTransportDecorator } from "@a2a-js/sdk/client";
import type { AgentEvent } from "../model/agent.ts";
import type { Clock } from "../model/clock.ts";
import { AgentError, type AgentErrorKind } from "../model/errors.ts";
import type { Authenticate } from "./auth.ts";
import { createCall } from "./call.ts";
import type { AgentConfig } from "./config.ts";
import { type Chosen, chooseDialect } from "./dialects/choose.ts";
import { toEvents } from "./events.ts";
import { type Asked, refusesStreaming, toAgentError } from "./failure.ts";

/** An agent as its card describes it, ready to be called. */
export interface Peer {
  readonly card: AgentCard;
  readonly chosen: Chosen;
}

export interface PeerOptions {
  readonly config: AgentConfig;
  readonly fetch: typeof fetch;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly silenceMs: number;
}

/** The agent said, before it took the message, that it does not stream. */
export class StreamingRefused extends Error {
  override readonly name = "StreamingRefused";
}

type Run<T> = (client: Client, options: RequestOptions) => T;

export function toPeer(card: AgentCard): Peer {
  return { card, chosen: chooseDialect(card) };
}

/** One call with one result. Throws AgentError. */
export async function callPeer<T>(peer: Peer, options: PeerOptions, asked: Asked, signal: AbortSignal, run: Run<Promise<T>>): Promise<T> {
  const call = createCall({ ...options, signal });
  try {
    const client = await openClient(peer, options, call.fetch);
    return await run(client, toRequestOptions(options.config, call.signal));
  } catch (error) {
    throw toAgentError(error, call.facts, asked);
  } finally {
    call.close();
  }
}

/** One call with a stream of results. Leaving the loop ends the call. Throws AgentError, or StreamingRefused before the first event. */
export async function* streamPeer(
  peer: Peer,
  options: PeerOptions,
  asked: Asked,
  signal: AbortSignal,
  run: Run<AsyncIterable<StreamResponse>>,
): AsyncGenerator<AgentEvent, void, undefined> {
  const call = createCall({ ...options, signal });
  let heard = false;
  let withinTask = false;
  try {
    const client = await openClient(peer, options, call.fetch);
    for await (const response of run(client, toRequestOptions(options.config, call.signal))) {
      heard = true;
      yield* toEvents(response, withinTask);
      withinTask ||= response.payload?.$case !== "message";
    }
  } catch (error) {
    if (!heard && refusesStreaming(error, call.facts, asked.withTask)) throw new StreamingRefused("not streamed");
    throw afterEvents(toAgentError(error, call.facts, asked), heard);
  } finally {
    call.close();
  }
}

/** An error that comes after events is no refusal: the agent has taken the message. */
function afterEvents(error: AgentError, heard: boolean): AgentError {
  const refused: readonly AgentErrorKind[] = ["refused", "taskGone", "unsupported"];
  if (!heard || !refused.includes(error.kind)) return error;
  return new AgentError("broken", `the stream ended with an error: ${error.message}`, { code: error.code });
}

/** A transport for each call, so that what is observed of its bytes is that call's alone. */
async function openClient({ card, chosen }: Peer, options: PeerOptions, fetch: typeof globalThis.fetch): Promise<Client> {
  const { dialect, agentInterface } = chosen;
  const endpoint = agentInterface.url;
  const outgoing = withPaths(options.authenticate(fetch), endpoint, options.config.paths);
  const transport = await dialect.open({ endpoint, card, fetch: outgoing });
  return new Client(agentInterface.tenant ? new TenantTransportDecorator(transport, agentInterface.tenant) : transport, card);
}

function toRequestOptions(config: AgentConfig, signal: AbortSignal): RequestOptions {
  return { signal, serviceParameters: { ...config.headers } };
}

/** Sends an HTTP+JSON operation to the path that the configuration gives it. */
function withPaths(fetch: typeof globalThis.fetch, endpoint: string, paths: AgentConfig["paths"]): typeof globalThis.fetch {
  if (!paths) return fetch;
  const base = endpoint.replace(/\/+$/, "");
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const [, operation] = /^\/(?:v1\/)?message:(send|stream)$/.exec(url.startsWith(base) ? url.slice(base.length) : "") ?? [];
    const path = operation === "send" ? paths.send : operation === "stream" ? paths.stream : undefined;
    return fetch(path === undefined ? input : new URL(path.replace(/^(?=[^/]*:)/, "./"), `${base}/`).href, init);
  };
}
