import { randomUUID } from "node:crypto";
import { z } from "zod";
import { noteMessage, toAssignment } from "./assignment.ts";
import { createDoorkeeper } from "./auth.ts";
import { createVendorApp } from "./doors.ts";
import { answerWhenDone, streamTask } from "./follow.ts";
import { createKit, type Kit, openDoors, type VendorAgent, type VendorOptions } from "./kit.ts";
import { closingWords, endsTurn, type LiveTask, type Word } from "./live-task.ts";
import { befall, type RpcCall, type RpcError, refuse, rpcEndpoint } from "./rpc.ts";
import { type Employee, sistavaErrors, sistavaWords, staff } from "./sistava-words.ts";
import { paramsWithoutIds, problemsOf, status01, toSent01 } from "./wire01.ts";

export interface SistavaOptions extends VendorOptions {
  /** Default: `sk-sistava-demo`. */
  readonly apiKey?: string;
  /** The skills of the card. Default: two of them. */
  readonly employees?: readonly Employee[];
}

export interface SistavaAgent extends VendorAgent {
  readonly apiKey: string;
  readonly employees: readonly Employee[];
}

const paths = { card: "/.well-known/agent.json", endpoint: "/api/a2a/" } as const;
const sends = ["tasks/send", "tasks/sendSubscribe"];

/**
 * An agent that behaves like Sistava by its public documentation: A2A 0.1 over JSON-RPC with `tasks/send` and
 * `tasks/sendSubscribe` alone, a bearer also for the card, employees as skills of whom `metadata.employee_id` chooses one, ids that
 * the server makes, error codes of its own, and no memory: a script sees no `before`. The employee's name is the turn's `agent`.
 * Answers are text: the last event of a stream says all of it at once.
 */
export async function createSistavaAgent(options: SistavaOptions = {}): Promise<SistavaAgent> {
  const kit = createKit(options, { name: "Sistava", script: sistavaWords });
  const { apiKey = "sk-sistava-demo", employees = staff } = options;
  const { guard } = createDoorkeeper({ bearer: apiKey }, kit.clock);
  const handle = (call: RpcCall) => (sends.includes(call.method) ? send(kit, call, employees) : lack(kit, call));
  const app = (url: () => string) =>
    createVendorApp(kit, {
      cardPath: paths.card,
      cardGuard: guard,
      card: () => card(kit.name, `${url()}${paths.endpoint}`, employees),
      routes: (routes) => void routes.post(paths.endpoint, guard, ...rpcEndpoint(kit, { sends, handle })),
    });
  const agent = await openDoors(kit, { app, port: options.port, ...paths });
  return Object.assign(agent, { apiKey, employees });
}

const card = (name: string, url: string, employees: readonly Employee[]) => ({
  name,
  description: "A simulated organisation whose employees answer.",
  url,
  version: "1.0.0",
  capabilities: { streaming: true, pushNotifications: false },
  authentication: { schemes: ["bearer"] },
  defaultInputModes: ["text"],
  defaultOutputModes: ["text"],
  skills: employees.map(({ id, name: person, job }) => ({ id, name: person, description: job, tags: ["employee"] })),
});

const employeeId = z.object({ metadata: z.object({ employee_id: z.uuid() }) });

function send(kit: Kit, call: RpcCall, employees: readonly Employee[]): void {
  const parsed = paramsWithoutIds.safeParse(call.params);
  if (!parsed.success) return wrong(kit, call, problemsOf(parsed.error));
  const [sent, streams] = [toSent01(parsed.data), call.method === "tasks/sendSubscribe"];
  const entry = noteMessage(kit, call, sent, streams ? "stream" : "send");
  if (befall(call)) return;
  if (parsed.data.message.parts.some(({ type }) => type !== "text")) return wrong(kit, call, ["only text is taken"]);
  const chosen = employeeId.safeParse(parsed.data);
  if (!chosen.success) return wrong(kit, call, problemsOf(chosen.error));
  const employee = employees.find(({ id }) => id === chosen.data.metadata.employee_id);
  if (!employee) return wrong(kit, call, [`no employee has the id ${chosen.data.metadata.employee_id}`]);
  const ids = { taskId: randomUUID(), contextId: randomUUID() };
  const turn = kit.room.begin(toAssignment(kit, sent, entry, { ...ids, agent: employee.name, streaming: streams }));
  if (streams) streamTask(kit, call, { taskId: turn.taskId, turn }, { first: (task) => [eventOf(task)], onWord: eventsOf });
  else answerWhenDone(kit, call, turn, resultOf);
}

/** The same text stands twice: with the status and as an artifact. */
function resultOf(task: LiveTask) {
  const text = closingWords(task);
  const { timestamp: _timestamp, ...status } = status01(task, text);
  return { id: task.id, status, artifacts: [{ parts: [{ type: "text", text }], index: 0 }] };
}

function eventsOf(word: Word, task: LiveTask): readonly unknown[] {
  if (word.kind === "output") return [];
  return [endsTurn(word) ? eventOf(task, closingWords(task)) : eventOf(task, task.words === undefined ? undefined : closingWords(task))];
}

/** No `final` and no artifacts. */
function eventOf(task: LiveTask, text?: string) {
  const { timestamp: _timestamp, ...status } = status01(task, text);
  return { id: task.id, status };
}

/** What Sistava says about the rest of A2A; asking is allowed. */
function lack(kit: Kit, call: RpcCall): void {
  const known: Readonly<Record<string, RpcError>> = { "tasks/get": sistavaErrors.noRetrieval, "tasks/cancel": sistavaErrors.noCancel };
  const error = known[call.method];
  if (!error) kit.books.violation(`${call.method} is not there`);
  refuse(call, error ?? { code: -32601, message: "Unknown method" });
}

function wrong(kit: Kit, call: RpcCall, problems: readonly string[]): void {
  for (const problem of problems) kit.books.violation(problem);
  refuse(call, { code: -32602, message: "Invalid params", data: problems.join("; ") });
}
