import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAgentClient, type RemoteAgent } from "../../../src/agents/client.ts";
import { type AgentConfig, agentSchema } from "../../../src/agents/config.ts";
import { silentLog } from "../../../src/log.ts";
import type { AgentEvent } from "../../../src/model/agent.ts";
import { type Clock, systemClock } from "../../../src/model/clock.ts";
import { AgentError } from "../../../src/model/errors.ts";
import type { Store } from "../../../src/model/ledger.ts";
import type { Json } from "../../../src/model/thread.ts";
import { memoryStore } from "../../unit/agents/fakes.ts";

export interface Listening {
  readonly origin: string;
  close(): Promise<void>;
}

export async function listen(handler: (origin: () => string) => RequestListener): Promise<Listening> {
  let server: Server | undefined;
  const origin = () => `http://127.0.0.1:${port(server)}`;
  server = createServer(handler(origin)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { origin: origin(), close: () => closeServer(server) };
}

function port(server: Server | undefined): number {
  const address = server?.address();
  return isAddressInfo(address) ? address.port : 0;
}

function isAddressInfo(value: unknown): value is AddressInfo {
  return typeof value === "object" && value !== null && "port" in value;
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

export function clientFor(
  config: Partial<AgentConfig> & { readonly url: string },
  more: { readonly clock?: Clock; readonly store?: Store<Json>; readonly fetch?: typeof fetch } = {},
): RemoteAgent {
  return createAgentClient({
    name: "agent",
    config: agentSchema.parse(config),
    fetch: more.fetch ?? fetch,
    clock: more.clock ?? systemClock,
    log: silentLog,
    store: more.store ?? memoryStore(),
  });
}

export const never = new AbortController().signal;

export async function all(events: AsyncIterable<AgentEvent>): Promise<AgentEvent[]> {
  const list: AgentEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

/** The error that a call ends with. */
export async function errorOf(work: Promise<unknown>): Promise<AgentError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
  throw new Error("the call did not fail");
}

/** What a thread would show: artifacts as they grow, then the closing words. */
export function shown(events: readonly AgentEvent[]): string {
  const artifacts = new Map<string, string>();
  let closing = "";
  for (const event of events) {
    if (event.kind === "output")
      artifacts.set(event.artifact, (event.append ? (artifacts.get(event.artifact) ?? "") : "") + words(event.parts));
    else if (event.kind !== "working") closing = words(event.parts);
  }
  return [...artifacts.values(), closing].filter((text) => text !== "").join("|");
}

function words(parts: readonly { readonly kind: string; readonly text?: string }[]): string {
  return parts.map((part) => part.text ?? `[${part.kind}]`).join("");
}

/** The task that an event names, with its context where the system has such a thing. */
export function taskOf(events: readonly AgentEvent[]): { readonly taskId: string; readonly contextId?: string } {
  const { taskId, contextId } = events.find((event) => event.taskId && event.contextId) ?? events.find((event) => event.taskId) ?? {};
  if (!taskId) throw new Error("no event names a task");
  return contextId ? { taskId, contextId } : { taskId };
}
