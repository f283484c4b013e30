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
import { events01, params01, problemsOf, snapshot01, task01, toSent01 } from "./wire01.ts";

export interface V01Options extends VendorOptions {
  /** Default: yes. */
  readonly streaming?: boolean;
  /** Asked for on every call, not for the card. */
  readonly bearer?: string;
}

const paths = { card: "/.well-known/agent.json", endpoint: "/a2a" } as const;
const sends = ["tasks/send", "tasks/sendSubscribe"];

/**
 * An agent of A2A 0.1 (May 2025) over JSON-RPC: the caller makes the id of the task, a session joins tasks, parts have a `type`,
 * and the result is always a task. It knows no push.
 */
export async function createV01Agent(options: V01Options = {}): Promise<VendorAgent> {
  const kit = createKit(options, { name: "Elder", script: demoScript });
  const { streaming = true, bearer } = options;
  const doorkeeper = createDoorkeeper(bearer === undefined ? {} : { bearer }, kit.clock);
  const app = (url: () => string) =>
    createVendorApp(kit, {
      cardPath: paths.card,
      card: () => card(kit.name, `${url()}${paths.endpoint}`, streaming, bearer !== undefined),
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

const card = (name: string, url: string, streaming: boolean, guarded: boolean) => ({
  name,
  description: `${name}, a simulated agent of A2A 0.1`,
  url,
  version: "1.0.0",
  capabilities: { streaming, pushNotifications: false, stateTransitionHistory: false },
  ...(guarded ? { authentication: { schemes: ["bearer"] } } : {}),
  defaultInputModes: ["text"],
  defaultOutputModes: ["text"],
  skills: [{ id: "talk", name: "Talk", description: "Answers what is said.", tags: ["demo"] }],
});

const errors = {
  notFound: { code: -32001, message: "Task not found" },
  notCancelable: { code: -32002, message: "Task cannot be canceled" },
  noPush: { code: -32003, message: "Push Notification is not supported" },
  unsupported: { code: -32004, message: "This operation is not supported" },
  noMethod: { code: -32601, message: "Method not found" },
} as const satisfies Record<string, RpcError>;

function send(kit: Kit, call: RpcCall, streaming: boolean): void {
  const parsed = params01.safeParse(call.params);
  if (!parsed.success) return wrong(kit, call, problemsOf(parsed.error));
  const sent = toSent01(parsed.data);
  const entry = noteMessage(kit, call, sent, call.method === "tasks/send" ? "send" : "stream");
  if (befall(call)) return;
  if (parsed.data.pushNotification) {
    kit.books.violation(`task ${sent.taskId} has a webhook, though the card declares no push`);
    return refuse(call, errors.noPush);
  }
  if (call.method === "tasks/sendSubscribe" && !streaming) return refuse(call, errors.unsupported);
  const { id, sessionId, historyLength } = parsed.data;
  const known = kit.room.get(id);
  if (known && sessionId !== undefined && sessionId !== known.contextId) kit.books.violation(`task ${id} was sent to in another session`);
  const contextId = known?.contextId ?? sessionId ?? randomUUID();
  const streams = call.method === "tasks/sendSubscribe";
  const turn = kit.room.begin(toAssignment(kit, sent, entry, { taskId: id, contextId, streaming: streams }));
  if (streams) streamTask(kit, call, { taskId: id, turn }, { onWord: (word, task) => events01(word, task, endsTurn(word)) });
  else answerWhenDone(kit, call, turn, (task) => task01(task, historyLength));
}

const query = z.strictObject({ id: z.string(), historyLength: z.int().min(0).optional(), metadata: z.unknown().optional() });

/** What is done with a task that is there. */
function look(kit: Kit, call: RpcCall, streaming: boolean): void {
  if (call.method.startsWith("tasks/pushNotification/")) return refuse(call, errors.noPush);
  if (!["tasks/get", "tasks/cancel", "tasks/resubscribe"].includes(call.method)) {
    kit.books.violation(`${call.method} is no method of 0.1`);
    return refuse(call, errors.noMethod);
  }
  const parsed = query.safeParse(call.params);
  if (!parsed.success) return wrong(kit, call, problemsOf(parsed.error));
  const { id, historyLength } = parsed.data;
  const task = kit.room.get(id);
  if (!task) return refuse(call, errors.notFound);
  if (call.method === "tasks/get") return answer(call, task01(task, historyLength));
  if (call.method === "tasks/cancel") {
    if (hasEnded(task)) return refuse(call, errors.notCancelable);
    return answer(call, task01(kit.room.cancel(id) ?? task));
  }
  if (!streaming) return refuse(call, errors.unsupported);
  resubscribe(kit, call, id);
}

/** The task as it stands, then what goes on; one that is not at work is over with that. */
function resubscribe(kit: Kit, call: RpcCall, taskId: string): void {
  const stream = streamTask(
    kit,
    call,
    { taskId },
    {
      first: snapshot01,
      onWord: (word, task) => events01(word, task, endsTurn(word)),
    },
  );
  const task = kit.room.get(taskId);
  if (task && (hasEnded(task) || task.state === "input-required")) stream.end();
}

function wrong(kit: Kit, call: RpcCall, problems: readonly string[]): void {
  for (const problem of problems) kit.books.violation(problem);
  refuse(call, { code: -32602, message: "Invalid parameters", data: problems.join("; ") });
}
