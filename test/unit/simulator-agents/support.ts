import type { IncomingHttpHeaders } from "node:http";
import { type Message, SendMessageRequest, type StreamResponse, type Task, TaskState } from "@a2a-js/sdk";
import {
  type Client,
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from "@a2a-js/sdk/client";
import { createSimulatedAgent, type SimulatedAgent, type SimulatedAgentOptions } from "../../../src/simulator/agents/agent.ts";
import { listen } from "../../../src/simulator/agents/listener.ts";
import type { Step } from "../../../src/simulator/agents/steps.ts";
import type { AgentTurn } from "../../../src/simulator/agents/turn.ts";

export const wires = [
  { protocol: "1.0", binding: "JSONRPC" },
  { protocol: "1.0", binding: "HTTP+JSON" },
  { protocol: "0.3", binding: "JSONRPC" },
  { protocol: "0.3", binding: "HTTP+JSON" },
] as const;

/** What a test opened; `closeAll` in afterEach. */
const opened: (() => Promise<void>)[] = [];
export const closing = (close: () => Promise<void>): void => void opened.push(close);
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((close) => close()));
}

type Steps = (turn: AgentTurn) => AsyncIterable<Step> | Iterable<Step>;

export async function startAgent(
  wire: Pick<SimulatedAgentOptions, "protocol" | "binding">,
  script: Steps,
  more: Partial<SimulatedAgentOptions> = {},
): Promise<SimulatedAgent> {
  const agent = await createSimulatedAgent({ name: "parrot", modes: { streaming: true, push: true }, script, ...wire, ...more });
  closing(() => agent.stop());
  return agent;
}

/** The SDK's own client, with the layer for 0.3. */
export async function connect(agent: { readonly url: string }, fetchImpl: typeof fetch = fetch): Promise<Client> {
  const options = { legacyCompat: { enabled: true }, fetchImpl };
  const factory = new ClientFactory(
    ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      cardResolver: new DefaultAgentCardResolver(options),
      transports: [new JsonRpcTransportFactory(options), new RestTransportFactory(options)],
    }),
  );
  return factory.createFromUrl(agent.url);
}

let made = 0;

export function say(text: string, message: object = {}, configuration?: object, metadata?: object): SendMessageRequest {
  made += 1;
  return SendMessageRequest.fromJSON({
    message: { messageId: `m${made}-${Date.now()}`, role: "ROLE_USER", parts: [{ text }], ...message },
    ...(configuration ? { configuration } : {}),
    ...(metadata ? { metadata } : {}),
  });
}

export function taskIn(result: Message | Task): Task {
  if ("messageId" in result) throw new Error("a message, not a task");
  return result;
}

export async function collect(stream: AsyncIterable<StreamResponse>): Promise<readonly StreamResponse[]> {
  const events: StreamResponse[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

export const answerOf = (task: Task): string =>
  task.artifacts.flatMap((artifact) => artifact.parts.map((part) => (part.content?.$case === "text" ? part.content.value : ""))).join("");
export const stateOf = (task: Task | undefined): string => TaskState[task?.status?.state ?? 0] ?? "";
export const wordsOf = (task: Task): string =>
  (task.status?.message?.parts ?? []).map((part) => (part.content?.$case === "text" ? part.content.value : "")).join("");

export interface Hook {
  readonly url: string;
  readonly posts: { readonly headers: IncomingHttpHeaders; readonly body: Record<string, unknown> }[];
  status: number;
}

export async function startHook(): Promise<Hook> {
  const posts: Hook["posts"] = [];
  const listener = await listen((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      posts.push({ headers: request.headers, body: JSON.parse(body) });
      response.writeHead(hook.status).end();
    });
  }, 0);
  closing(() => listener.kill());
  const hook: Hook = { url: `${listener.url}/hook`, posts, status: 200 };
  return hook;
}
