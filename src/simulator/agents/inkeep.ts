import { randomUUID } from "node:crypto";
import { noteMessage, toAssignment } from "./assignment.ts";
import { createDoorkeeper } from "./auth.ts";
import { createVendorApp } from "./doors.ts";
import { lost } from "./follow.ts";
import { answerInkeep, streamInkeep } from "./inkeep-answers.ts";
import { inkeepWords } from "./inkeep-words.ts";
import { createKit, type Kit, openDoors, type VendorAgent, type VendorOptions } from "./kit.ts";
import { answer, befall, field, type RpcCall, refuse, rpcEndpoint } from "./rpc.ts";
import { createEventStream } from "./sse.ts";
import { parseSent, type Sent } from "./wire.ts";

export interface InkeepOptions extends VendorOptions {
  /** Before `/agents`: nothing, or `/run` as newer deployments have it. */
  readonly mount?: "" | "/run";
  /** Default: yes. Without it `message/stream` is error -32604. */
  readonly streaming?: boolean;
  /** Default: `inkeep-demo-key`. */
  readonly apiKey?: string;
}

export interface InkeepAgent extends VendorAgent {
  readonly apiKey: string;
  /** Who answers in each conversation, by contextId: after a transfer, the sub-agent that it was handed to. */
  subAgents(): ReadonlyMap<string, string>;
}

/** Where messages without a contextId all end up. */
const shared = "default";

const sends = ["message/send", "message/stream"];

/**
 * An agent that behaves like Inkeep by its public source: A2A 0.3 over JSON-RPC where `tasks/get`, `tasks/cancel` and
 * `tasks/resubscribe` are stubs, a blocking send answers with a message, `blocking: false` waits too, a stream says everything
 * twice and drops `message.metadata`, and whoever sends no contextId shares one conversation with all others (a violation here).
 * The next message after a transfer is answered by the sub-agent that the conversation was handed to.
 */
export async function createInkeepAgent(options: InkeepOptions = {}): Promise<InkeepAgent> {
  const kit = createKit(options, { name: "Inkeep", script: inkeepWords });
  const { mount = "", streaming = true, apiKey = "inkeep-demo-key" } = options;
  const paths = { card: `${mount}/agents/.well-known/agent.json`, endpoint: `${mount}/agents/a2a` };
  const { guard } = createDoorkeeper({ bearer: apiKey }, kit.clock);
  const holders = new Map<string, string>();
  const handle = (call: RpcCall) => (sends.includes(call.method) ? send(kit, call, holders, streaming) : stub(kit, call, streaming));
  const app = (url: () => string) =>
    createVendorApp(kit, {
      cardPath: paths.card,
      card: () => card(kit.name, `${url()}${paths.endpoint}`, streaming),
      routes: (routes) => void routes.post(paths.endpoint, guard, ...rpcEndpoint(kit, { sends, handle })),
    });
  const agent = await openDoors(kit, { app, port: options.port, ...paths });
  return Object.assign(agent, { apiKey, subAgents: () => new Map(holders) });
}

const card = (name: string, url: string, streaming: boolean) => ({
  protocolVersion: "0.3.0",
  name,
  description: "A simulated agent that hands over to others.",
  url,
  version: "1.0.0",
  capabilities: { streaming, pushNotifications: false, stateTransitionHistory: false },
  defaultInputModes: ["text", "text/plain"],
  defaultOutputModes: ["text", "text/plain"],
  securitySchemes: { bearerAuth: { type: "http", scheme: "bearer" } },
  security: [{ bearerAuth: [] }],
  skills: [{ id: "talk", name: "Talk", description: "Answers what is said.", tags: ["demo"] }],
});

function send(kit: Kit, call: RpcCall, holders: Map<string, string>, streaming: boolean): void {
  const { sent, problems } = parseSent({ protocol: "0.3", binding: "JSONRPC" }, call.params);
  for (const problem of problems) kit.books.violation(problem);
  if (!sent) return refuse(call, { code: -32603, message: "Internal error during message send", data: problems.join("; ") });
  const streams = call.method === "message/stream";
  const entry = noteMessage(kit, call, sent, streams ? "stream" : "send");
  checkCaller(kit, call, sent);
  if (befall(call)) return;
  if (streams && !streaming) return refuse(call, { code: -32604, message: "Agent does not support streaming" });
  const contextId = sent.contextId ?? shared;
  const agent = holders.get(contextId) ?? kit.name;
  const heard = streams ? { ...sent, metadata: { ...sent.metadata, message: {} } } : sent;
  const turn = kit.room.begin(toAssignment(kit, heard, entry, { taskId: randomUUID(), contextId, agent, streaming: streams }));
  kit.room.watch(turn.taskId, (word) => word.kind === "transfer" && holders.set(contextId, word.target), turn);
  if (lost(call)) return;
  if (streams) streamInkeep(kit, call, turn, sent.contextId);
  else answerInkeep(kit, call, turn, sent.contextId);
}

function checkCaller({ books }: Kit, call: RpcCall, sent: Sent): void {
  if (sent.contextId === undefined || sent.contextId === shared) {
    books.violation(`message ${sent.messageId} has no contextId of its own: it joins the one conversation of all who have none`);
  }
  if (sent.taskId !== undefined) books.violation(`message ${sent.messageId} names a task; each message is a new one`);
  if (sent.push) books.violation(`message ${sent.messageId} has a webhook, though the card declares no push`);
  if (call.request.header("x-inkeep-sub-agent-id") !== undefined) books.violation("x-inkeep-sub-agent-id does nothing in production");
}

/** They answer, but nothing of it is true. */
function stub(kit: Kit, call: RpcCall, streaming: boolean): void {
  const id = field(call.params, "id");
  const task = {
    kind: "task",
    contextId: randomUUID(),
    status: { state: "completed", timestamp: new Date(kit.clock.now()).toISOString() },
  };
  if (call.method === "tasks/get") {
    const artifact = { artifactId: randomUUID(), parts: [{ kind: "text", text: `Task ${id} completed successfully` }] };
    return answer(call, { id, ...task, artifacts: [artifact] });
  }
  if (call.method === "tasks/cancel") return answer(call, { success: true });
  if (call.method !== "tasks/resubscribe") return refuse(call, { code: -32601, message: `Method not found: ${call.method}` });
  if (!streaming) return refuse(call, { code: -32604, message: "Agent does not support streaming for resubscription" });
  const stream = createEventStream(call.response);
  stream.event({ jsonrpc: "2.0", result: { id: field(call.params, "taskId"), ...task, artifacts: [] }, id: call.id });
  stream.end();
}
