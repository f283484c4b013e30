import { randomUUID } from "node:crypto";
import type { Log } from "../../log.ts";
import type { AgentEvent, AgentPolicy, AgentRequest, DeliveryMode, TaskRef } from "../../model/agent.ts";
import type { Clock } from "../../model/clock.ts";
import { AgentError } from "../../model/errors.ts";
import type { Store } from "../../model/ledger.ts";
import type { Json } from "../../model/thread.ts";
import { createAgentClient, type RemoteAgent } from "../client.ts";
import type { AgentConfig } from "../config.ts";
import { toPolicy } from "../policy.ts";
import { type Heard, startHearing } from "./heard.ts";
import type { PushSlot } from "./push-box.ts";

export interface LineOptions {
  readonly name: string;
  readonly config: AgentConfig;
  /** The guarded way out. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  /** Goes along with each message: who asks. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Longest time that is waited for an answer. */
  readonly patienceMs: number;
}

/** What is said in one message of a check. */
export interface Words {
  readonly text: string;
  readonly contextId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly push?: PushSlot | undefined;
}

/** A line to one agent that does one thing at a time, just as it is told, whatever the agent's policy says. */
export interface Line {
  readonly policy: AgentPolicy;
  readonly clock: Clock;
  readonly patienceMs: number;
  /** How many messages were sent. */
  readonly messages: number;
  client(mode: DeliveryMode, operations?: Partial<AgentPolicy["operations"]>): RemoteAgent;
  /** Sends by this way alone. `enough`: leaves the call after this event. */
  say(mode: DeliveryMode, words: Words, signal: AbortSignal, enough?: (event: AgentEvent) => boolean | Promise<boolean>): Promise<Heard>;
  /** Looks at a task by tasks/get or tasks/resubscribe alone. */
  look(by: "get" | "resubscribe", task: TaskRef, signal: AbortSignal): Promise<Heard>;
}

const all: AgentPolicy["operations"] = { get: true, cancel: true, resubscribe: true, list: true, push: true };

export function createLine(options: LineOptions): Line {
  const { config, clock } = options;
  const policy = toPolicy(config);
  const streams = { count: 0 };
  const shared = { ...options, fetch: countStreams(options.fetch, streams), store: createMemoryStore() };
  const clients = new Map<string, RemoteAgent>();
  let messages = 0;

  const client: Line["client"] = (mode, operations = {}) => {
    // What the agent says of the context is to be seen, so it is never the client that makes it here.
    const contextId = policy.contextId === "none" ? "none" : "server";
    const forced: AgentConfig = { ...config, delivery: [mode], contextId, transcript: 0, operations: { ...all, ...operations } };
    const key = JSON.stringify([mode, operations]);
    const known = clients.get(key) ?? createAgentClient({ ...shared, config: forced });
    clients.set(key, known);
    return known;
  };
  const hear = async (
    messageId: string,
    open: (signal: AbortSignal) => AsyncIterable<AgentEvent>,
    signal: AbortSignal,
    enough: (event: AgentEvent) => boolean | Promise<boolean> = () => false,
  ) => {
    const hearing = startHearing(messageId, () => clock.now());
    const before = streams.count;
    const patience = limit(options, signal);
    try {
      for await (const event of open(patience.signal)) {
        hearing.add(event);
        if (await enough(event)) break;
      }
    } catch (error) {
      hearing.fail(patience.over() ? new AgentError("silent", `no answer within ${options.patienceMs / 1000} s`) : error);
    } finally {
      patience.end();
    }
    signal.throwIfAborted();
    return hearing.heard(streams.count > before);
  };
  return {
    policy,
    clock,
    patienceMs: options.patienceMs,
    get messages() {
      return messages;
    },
    client,
    say(mode, words, signal, enough) {
      messages += 1;
      const request = toRequest(words, options.metadata);
      return hear(request.messageId, (until) => client(mode).send(request, until), signal, enough);
    },
    look: (by, task, signal) =>
      hear("", (until) => client("stream", { get: by === "get", resubscribe: by === "resubscribe" }).resume(task, until), signal),
  };
}

/** For one run: nothing of a check outlives it. */
export function createMemoryStore(): Store<Json> {
  const values = new Map<string, Json>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  };
}

function toRequest({ text, contextId, taskId, push }: Words, metadata: LineOptions["metadata"]): AgentRequest {
  return {
    messageId: randomUUID(),
    text,
    metadata,
    ...(contextId !== undefined && { contextId }),
    ...(taskId !== undefined && { taskId }),
    ...(push && { push: { url: push.url, token: push.token } }),
  };
}

/** An answer that came whole was not streamed, whatever it was asked for. */
function countStreams(fetch: typeof globalThis.fetch, streams: { count: number }): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok && response.headers.get("content-type")?.startsWith("text/event-stream")) streams.count += 1;
    return response;
  };
}

function limit({ clock, patienceMs }: LineOptions, signal: AbortSignal) {
  const timeout = new AbortController();
  const done = new AbortController();
  void clock.sleep(patienceMs, done.signal).then(() => {
    if (!done.signal.aborted) timeout.abort();
  });
  return { signal: AbortSignal.any([signal, timeout.signal]), over: () => timeout.signal.aborted, end: () => done.abort() };
}
