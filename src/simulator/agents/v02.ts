import { randomUUID } from "node:crypto";
import { z } from "zod";
import { noteMessage, toAssignment } from "./assignment.ts";
import { createDoorkeeper } from "./auth.ts";
import { demoScript } from "./demo-script.ts";
import { createVendorApp } from "./doors.ts";
import { answerWhenDone, streamTask } from "./follow.ts";
import { createKit, type Kit, openDoors, type VendorAgent, type VendorOptions } from "./kit.ts";
import { endsTurn, hasEnded } from "./live-task.ts";
import { answer, befall, type RpcCall, type RpcError, refuse, rpcEndpoint } from "./rpc.ts";
import { createEventStream } from "./sse.ts";
import { parseSent, type Sent } from "./wire.ts";
import { events02, result02, task02, turnEvents02 } from "./wire02.ts";

export interface V02Options extends VendorOptions {
  /** What the card says; null: nothing, as the first of them. Default: 0.2.5. */
  readonly protocolVersion?: string | null;
  /** Default: yes. */
  readonly streaming?: boolean;
  /** Asked for on every call, not for the card. */
  readonly bearer?: string;
}

const paths = { card: "/.well-known/agent.json", endpoint: "/a2a" } as const;
const sends = ["message/send", "message/stream"];

/** An agent of A2A 0.2 over JSON-RPC: as 0.3, with its card at `agent.json` and a version that the clients of today do not expect. It knows no push. */
export async function createV02Agent(options: V02Options = {}): Promise<VendorAgent> {
  const kit = createKit(options, { name: "Senior", script: demoScript });
  const { streaming = true, bearer, protocolVersion = "0.2.5" } = options;
  const doorkeeper = createDoorkeeper(bearer === undefined ? {} : { bearer }, kit.clock);
  const app = (url: () => string) =>
    createVendorApp(kit, {
      cardPath: paths.card,
      card: () => ({
        ...(protocolVersion === null ? {} : { protocolVersion }),
        name: kit.name,
        description: `${kit.name}, a simulated agent of A2A 0.2`,
        url: `${url()}${paths.endpoint}`,
        version: "1.0.0",
        capabilities: { streaming, pushNotifications: false, stateTransitionHistory: false },
        ...(bearer === undefined ? {} : { securitySchemes: { caller: { type: "http", scheme: "bearer" } }, security: [{ caller: [] }] }),
        defaultInputModes: ["text/plain"],
        defaultOutputModes: ["text/plain"],
        skills: [{ id: "talk", name: "Talk", description: "Answers what is said.", tags: ["demo"] }],
      }),
      routes: (routes) =>
        void routes.post(
          paths.endpoint,
          doorkeeper.guard,
          ...rpcEndpoint(kit, {
            sends,
            handle: (call) => (sends.includes(call.method) ? send(kit, call, streaming) : look(kit, call, streaming)),
          }),
        ),
    });
  return openDoors(kit, { app, port: options.port, ...paths });
}

const errors = {
  notFound: { code: -32001, message: "Task not found" },
  notCancelable: { code: -32002, message: "Task cannot be canceled" },
  noPush: { code: -32003, message: "Push Notification is not supported" },
  unsupported: { code: -32004, message: "This operation is not supported" },
  ended: { code: -32600, message: "the task is in a terminal state and cannot be modified" },
  noMethod: { code: -32601, message: "Method not found" },
} as const satisfies Record<string, RpcError>;

const more = z.object({ configuration: z.object({ blocking: z.boolean().optional(), historyLength: z.int().optional() }).optional() });

function send(kit: Kit, call: RpcCall, streaming: boolean): void {
  const { sent, problems } = parseSent({ protocol: "0.3", binding: "JSONRPC" }, call.params);
  for (const problem of problems) kit.books.violation(problem);
  if (!sent) return refuse(call, { code: -32602, message: "Invalid parameters", data: problems.join("; ") });
  const streams = call.method === "message/stream";
  const entry = noteMessage(kit, call, sent, streams ? "stream" : "send");
  if (befall(call)) return;
  const refusal = refusalOf(kit, sent);
  if (streams && !streaming) return refuse(call, errors.unsupported);
  if (refusal) return streams ? refuseStream(call, refusal) : refuse(call, refusal);
  if (sent.push) kit.books.violation(`message ${sent.messageId} has a webhook, though the card declares no push`);
  const known = sent.taskId === undefined ? undefined : kit.room.get(sent.taskId);
  const taskId = known?.id ?? randomUUID();
  const contextId = known?.contextId ?? sent.contextId ?? randomUUID();
  if (sent.contextId !== undefined && !kit.memory.knows(contextId))
    kit.books.violation(`message ${sent.messageId} names the unknown context ${contextId}`);
  const turn = kit.room.begin(toAssignment(kit, sent, entry, { taskId, contextId, streaming: streams }));
  // Who says a bare message has no task.
  if (!known) kit.room.watch(taskId, (heard) => heard.kind === "message" && kit.room.forget(taskId), turn);
  const { blocking, historyLength } = more.safeParse(call.params).data?.configuration ?? {};
  if (streams) streamTask(kit, call, { taskId, turn }, { onWord: turnEvents02(turn.task) });
  else answerWhenDone(kit, call, turn, (task, word) => result02(task, word, historyLength));
  if (!streams && blocking === false) answer(call, task02(turn.task, historyLength));
}

/** What is wrong is an event of the stream, as the SDK of that time has it. */
function refuseStream(call: RpcCall, error: RpcError): void {
  const stream = createEventStream(call.response);
  stream.event({ jsonrpc: "2.0", id: call.id, error }, "error");
  stream.end();
}

/** Why a message is not taken; undefined if it is. */
function refusalOf(kit: Kit, sent: Sent): RpcError | undefined {
  if (sent.taskId === undefined) return undefined;
  const task = kit.room.get(sent.taskId);
  if (!task) {
    kit.books.violation(`message ${sent.messageId} names the unknown task ${sent.taskId}`);
    return errors.notFound;
  }
  if (sent.contextId !== undefined && sent.contextId !== task.contextId) {
    kit.books.violation(`message ${sent.messageId} names task ${task.id} in another context`);
    return { code: -32602, message: "the task is in another context" };
  }
  if (!hasEnded(task)) return undefined;
  kit.books.violation(`message ${sent.messageId} was sent to task ${task.id}, which has ended`);
  return errors.ended;
}

const query = z.strictObject({ id: z.string(), historyLength: z.int().min(0).optional(), metadata: z.unknown().optional() });

/** What is done with a task that is there. */
function look(kit: Kit, call: RpcCall, streaming: boolean): void {
  if (call.method.startsWith("tasks/pushNotificationConfig/")) return refuse(call, errors.noPush);
  if (!["tasks/get", "tasks/cancel", "tasks/resubscribe"].includes(call.method)) {
    kit.books.violation(`${call.method} is no method of 0.2`);
    return refuse(call, errors.noMethod);
  }
  const parsed = query.safeParse(call.params);
  if (!parsed.success) {
    kit.books.violation(`${call.method}: ${parsed.error.message}`);
    return refuse(call, { code: -32602, message: "Invalid parameters" });
  }
  const { id, historyLength } = parsed.data;
  const task = kit.room.get(id);
  const resubscribes = call.method === "tasks/resubscribe";
  if (!task) return resubscribes && streaming ? refuseStream(call, errors.notFound) : refuse(call, errors.notFound);
  if (call.method === "tasks/get")
    return answer(call, { ...task02(task, historyLength), ...(historyLength === undefined ? { history: [] } : {}) });
  if (call.method === "tasks/cancel") {
    if (hasEnded(task)) return refuse(call, errors.notCancelable);
    return answer(call, task02(kit.room.cancel(id) ?? task));
  }
  if (!streaming) return refuse(call, errors.unsupported);
  const stream = streamTask(kit, call, { taskId: id }, { first: (now) => [task02(now)], onWord: events02 });
  if (endsTurn({ kind: "status", state: task.state, content: undefined })) stream.end();
}
