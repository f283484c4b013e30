import { randomUUID } from "node:crypto";
import { z } from "zod";
import { agentspaceWords } from "./agentspace-words.ts";
import { noteMessage, toAssignment } from "./assignment.ts";
import { createVendorApp } from "./doors.ts";
import { streamTask } from "./follow.ts";
import { createKit, type Kit, openDoors, type VendorAgent, type VendorOptions } from "./kit.ts";
import { endsTurn, type LiveTask, type Word } from "./live-task.ts";
import { toParts } from "./parts.ts";
import { befall, type RpcCall, refuse, rpcEndpoint } from "./rpc.ts";
import type { Content } from "./steps.ts";
import { parseSent, type Sent } from "./wire.ts";

export interface AgentspaceOptions extends VendorOptions {
  /** Default: `agent-1`. */
  readonly agentId?: string;
  /** Events in the envelope of JSON-RPC, as A2A wants them. Default: bare, as the samples show. */
  readonly enveloped?: boolean;
  /** Says `[DONE]` at the end of a stream. Default: no. */
  readonly done?: boolean;
  /** Refuses a request id or a messageId that is no UUID. Default: notes a violation and takes it. */
  readonly strictIds?: boolean;
}

const sends = ["message/stream"];

/**
 * An agent that behaves like Benchgen Agentspace by its public documentation: A2A 0.3 over JSON-RPC with `message/stream` alone, a
 * contextId that the caller makes, bare events with messages of role `assistant`, and no terminal event: a stream that ends after
 * an artifact is done. Its card's skills have neither id nor tags.
 */
export async function createAgentspaceAgent(options: AgentspaceOptions = {}): Promise<VendorAgent> {
  const kit = createKit(options, { name: "Agentspace", script: agentspaceWords });
  const { agentId = "agent-1" } = options;
  const paths = { card: `/discovery/${agentId}/.well-known/agent.json`, endpoint: `/agent/${agentId}` };
  const handle = (call: RpcCall) => (sends.includes(call.method) ? send(kit, call, options) : lack(kit, call));
  const app = (url: () => string) =>
    createVendorApp(kit, {
      cardPath: paths.card,
      card: () => card(kit.name, `${url()}${paths.endpoint}`),
      routes: (routes) => void routes.post(paths.endpoint, ...rpcEndpoint(kit, { sends, handle })),
    });
  return openDoors(kit, { app, port: options.port, ...paths });
}

const card = (name: string, url: string) => ({
  protocolVersion: "0.3.0",
  name,
  description: "A simulated agent that only streams.",
  url,
  version: "1.0.0",
  capabilities: { streaming: true, pushNotifications: false },
  defaultInputModes: ["text"],
  defaultOutputModes: ["text"],
  skills: [{ name: "Talk", description: "Answers what is said.", examples: ["What is new?"] }],
});

const demands = z.object({ configuration: z.object({ blocking: z.boolean() }), message: z.object({ contextId: z.string().min(1) }) });

function send(kit: Kit, call: RpcCall, { enveloped = false, done = false, strictIds = false }: AgentspaceOptions): void {
  const { sent, problems } = parseSent({ protocol: "0.3", binding: "JSONRPC" }, call.params);
  for (const problem of problems) kit.books.violation(problem);
  if (!sent) return refuse(call, { code: -32602, message: "Invalid params", data: problems.join("; ") });
  const entry = noteMessage(kit, call, sent, "stream");
  const badIds = checkIds(kit, call, sent);
  checkHeaders(kit, call);
  if (befall(call)) return;
  const lacking = demands.safeParse(call.params).error?.issues.map(({ path }) => `${path.join(".")} is required`) ?? [];
  for (const what of lacking) kit.books.violation(what);
  const refused = strictIds ? [...lacking, ...badIds] : lacking;
  if (refused.length > 0 || sent.contextId === undefined) return refuse(call, { code: -32602, message: refused.join("; ") });
  const turn = kit.room.begin(toAssignment(kit, sent, entry, { taskId: randomUUID(), contextId: sent.contextId, streaming: true }));
  const onWord = (word: Word, task: LiveTask) => [...eventsOf(word, task), ...(done && endsTurn(word) ? ["[DONE]"] : [])];
  streamTask(kit, call, { taskId: turn.taskId, turn }, { bare: !enveloped, onWord });
}

function checkIds({ books }: Kit, call: RpcCall, sent: Sent): readonly string[] {
  const ids = Object.entries({ id: call.id, messageId: sent.messageId });
  const bad = ids.filter(([, id]) => !z.uuid().safeParse(id).success).map(([name]) => `${name} is not a UUID`);
  for (const what of bad) books.violation(what);
  if (sent.taskId !== undefined) books.violation(`message ${sent.messageId} names a task; it is never sent back`);
  if (sent.push) books.violation(`message ${sent.messageId} has a webhook, though the card declares no push`);
  return bad;
}

function checkHeaders({ books }: Kit, { request }: RpcCall): void {
  const wanted = { accept: "text/event-stream", "cache-control": "no-store" };
  for (const [name, value] of Object.entries(wanted)) {
    if (request.header(name)?.includes(value) !== true) books.violation(`${name} is not ${value}`);
  }
}

function lack(kit: Kit, call: RpcCall): void {
  kit.books.violation(`${call.method} is not documented`);
  refuse(call, { code: -32601, message: `Method not found: ${call.method}` });
}

/** Progress as `status-update`, the answer as `artifact-update`. An end without words shows nothing. */
function eventsOf(word: Word, task: LiveTask): readonly unknown[] {
  const ids = { contextId: task.contextId, taskId: task.id };
  const artifact = (content: Content, append: boolean) => ({
    kind: "artifact-update",
    ...ids,
    artifact: { artifactId: `answer-${task.id}`, name: "agent_response", parts: toParts(content, "kind") },
    ...(append ? { append } : {}),
  });
  if (word.kind === "output") return [artifact(word.content, word.append)];
  if (task.words === undefined) return endsTurn(word) ? [] : [statusOf(task, undefined)];
  return endsTurn(word) && task.state !== "failed" ? [artifact(task.words, task.artifacts.length > 0)] : [statusOf(task, task.words)];
}

const statusOf = (task: LiveTask, words: Content | undefined) => {
  const parts = words === undefined ? undefined : toParts(words, "kind");
  const message = parts && {
    kind: "message",
    messageId: randomUUID(),
    role: "assistant",
    parts,
    contextId: task.contextId,
    taskId: task.id,
  };
  const state = task.state === "failed" ? "failed" : "working";
  return {
    kind: "status-update",
    contextId: task.contextId,
    taskId: task.id,
    status: { state, ...(message ? { message } : {}), timestamp: new Date(task.at).toISOString() },
    final: false,
  };
};
