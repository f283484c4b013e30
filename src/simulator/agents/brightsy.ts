import { randomUUID } from "node:crypto";
import { type Express, json, type RequestHandler } from "express";
import { z } from "zod";
import { noteMessage, toAssignment } from "./assignment.ts";
import { createDoorkeeper } from "./auth.ts";
import { befallRest, followBrightsy, type RestCall, taskOf } from "./brightsy-task.ts";
import { brightsyWords } from "./brightsy-words.ts";
import { createVendorApp } from "./doors.ts";
import { createKit, type Kit, openDoors, type VendorAgent, type VendorOptions } from "./kit.ts";
import { isAtWork, type LiveTask } from "./live-task.ts";
import { filesOf } from "./sent-files.ts";
import { problemsOf } from "./wire01.ts";

export interface BrightsyOptions extends VendorOptions {
  /** Default: `agent-1`. */
  readonly agentId?: string;
  /** What a caller shows as bearer, on everything but the card. Default: `brightsy-demo-key`. */
  readonly apiKey?: string;
}

export interface BrightsyAgent extends VendorAgent {
  readonly apiKey: string;
  /** Cleans a task up, at work or not: from now on it is not found. Without an id, all of them. */
  expire(taskId?: string): void;
}

/**
 * An agent that behaves like Brightsy by its public documentation: a REST API of tasks that is no wire of A2A. The task is the
 * conversation and goes on after `completed`. States beyond `running` and `completed` are not documented: here `failed` and
 * `canceled`; a question is `completed`, with the question as the answer. A message to a task at work is a violation, and waits.
 */
export async function createBrightsyAgent(options: BrightsyOptions = {}): Promise<BrightsyAgent> {
  const kit = createKit(options, { name: "Brightsy", script: brightsyWords });
  const expired = new Set<string>();
  const { agentId = "agent-1", apiKey = "brightsy-demo-key" } = options;
  const base = `/api/v1beta/agent/${agentId}/a2a`;
  const { guard } = createDoorkeeper({ bearer: apiKey }, kit.clock);
  const app = () =>
    createVendorApp(kit, {
      cardPath: `${base}/card`,
      card: () => card(agentId, kit.name),
      routes: (routes) => mount({ kit, base, guard, expired }, routes),
    });
  const agent = await openDoors(kit, { app, port: options.port, card: `${base}/card`, endpoint: `${base}/tasks` });
  return Object.assign(agent, {
    apiKey,
    expire(taskId?: string) {
      const ids = taskId === undefined ? kit.room.tasks().map(({ id }) => id) : [taskId];
      for (const id of ids) {
        expired.add(id);
        kit.room.forget(id);
      }
    },
  });
}

/** Capabilities are an array, skills have neither id nor tags, and there is no url. */
const card = (id: string, name: string) => ({
  id,
  name,
  description: "A simulated agent with a REST API of tasks.",
  capabilities: [
    { type: "streaming", supported: true },
    { type: "multi-turn", supported: true },
  ],
  skills: [{ name: "Talk", description: "Answers what is said." }],
  auth: { type: "bearer", config: { required: true } },
  securitySchemes: {
    oauth2: {
      type: "oauth2",
      flows: {
        authorizationCode: {
          authorizationUrl: "https://brightsy.example/oauth/authorize",
          tokenUrl: "https://brightsy.example/oauth/token",
          scopes: { "brightsy:api": "Use the API" },
        },
      },
    },
  },
});

const body = z.strictObject({
  message: z.strictObject({
    role: z.literal("user"),
    content: z
      .array(
        z.discriminatedUnion("type", [
          z.strictObject({ type: z.literal("text"), text: z.string() }),
          // Not documented: as in A2A 0.1.
          z.strictObject({ type: z.literal("file"), file: z.record(z.string(), z.string()) }),
        ]),
      )
      .min(1),
  }),
  /** Not documented; it stands in the books and is for no one else. */
  metadata: z.record(z.string(), z.unknown()).optional(),
});

interface House {
  readonly kit: Kit;
  readonly base: string;
  readonly guard: RequestHandler;
  /** What was there once. */
  readonly expired: ReadonlySet<string>;
}

type Operation = "create" | "continue" | "poll" | "stream" | "cancel";

function mount({ kit, base, guard, expired }: House, app: Express): void {
  const door = (operation: Operation, handle: (call: RestCall) => void): RequestHandler[] => [
    (_request, _response, next) => {
      kit.books.call(operation, kit.clock.now());
      next();
    },
    guard,
    json({ limit: "16mb" }),
    (request, response) => {
      const sends = operation === "create" || operation === "continue";
      const { taskId } = request.params;
      handle({ request, response, fault: kit.faults.take(operation, sends), taskId: typeof taskId === "string" ? taskId : undefined });
    },
  ];
  const withTask = (handle: (call: RestCall, task: LiveTask) => void) => (call: RestCall) => {
    if (befallRest(call)) return;
    const task = kit.room.get(call.taskId ?? "");
    if (task) handle(call, task);
    else notFound(kit, call, expired);
  };
  app.post(`${base}/tasks`, ...door("create", (call) => send(kit, call, expired)));
  app.post(`${base}/tasks/:taskId`, ...door("continue", (call) => send(kit, call, expired)));
  app.get(
    `${base}/tasks/:taskId`,
    ...door(
      "poll",
      withTask((call, task) => void call.response.json(taskOf(task))),
    ),
  );
  app.get(
    `${base}/tasks/:taskId/stream`,
    ...door(
      "stream",
      withTask((call, task) => followBrightsy(kit, call, task)),
    ),
  );
  app.delete(
    `${base}/tasks/:taskId`,
    ...door(
      "cancel",
      withTask((call, task) => void call.response.json(taskOf(kit.room.cancel(task.id) ?? task))),
    ),
  );
}

function send(kit: Kit, call: RestCall, expired: ReadonlySet<string>): void {
  const parsed = body.safeParse(call.request.body);
  if (!parsed.success) {
    for (const problem of problemsOf(parsed.error)) kit.books.violation(problem);
    return void call.response.status(400).json({ error: "Invalid message" });
  }
  const { content } = parsed.data.message;
  const text = content.map((part) => (part.type === "text" ? part.text : "")).join("");
  const sent = {
    messageId: "",
    taskId: call.taskId,
    text,
    files: filesOf(content),
    referenceTaskIds: [],
    metadata: { message: {}, request: parsed.data.metadata ?? {} },
  };
  const entry = noteMessage(kit, call, sent, "send");
  if (befallRest(call)) return;
  const known = call.taskId === undefined ? undefined : kit.room.get(call.taskId);
  if (call.taskId !== undefined && !known) return notFound(kit, call, expired);
  if (known && isAtWork(known)) kit.books.violation(`a message to task ${known.id}, which is at work`);
  const taskId = known?.id ?? randomUUID();
  const { task } = kit.room.begin(toAssignment(kit, sent, entry, { taskId, contextId: taskId, streaming: true }));
  if (call.fault?.kind === "lose") return void call.response.destroy();
  call.response.status(known ? 200 : 201).json(taskOf(task));
}

function notFound({ books }: Kit, { response, taskId = "" }: RestCall, expired: ReadonlySet<string>): void {
  if (!expired.has(taskId)) books.violation(`there never was a task ${taskId}`);
  response.status(404).json({ error: "Task not found" });
}
