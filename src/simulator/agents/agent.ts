import { AgentCard, Task } from "@a2a-js/sdk";
import { jsonRpcHandler, restHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import express, { type RequestHandler } from "express";
import { type Clock, systemClock } from "../../model/clock.ts";
import { type AgentAuth, createDoorkeeper, type Doorkeeper } from "./auth.ts";
import { type Books, createBooks } from "./books.ts";
import { type CardFacts, card03, cardFor } from "./card.ts";
import { demoScript } from "./demo-script.ts";
import { createBodyGuard, createDoor, type Fault, readBody } from "./door.ts";
import { createExchanges } from "./exchanges.ts";
import { createScriptRunner } from "./executor.ts";
import { type Listener, listen } from "./listener.ts";
import { createPostOffice, type PostOffice } from "./post-office.ts";
import { type HandMade, PushDesk } from "./push-desk.ts";
import { SimulatedRequestHandler } from "./request-handler.ts";
import { type SimulatedTask, TaskBook } from "./tasks.ts";
import { Memory, type ScriptFor } from "./turn.ts";
import type { Wire } from "./wire.ts";

export interface SimulatedAgentOptions extends Wire {
  readonly name: string;
  readonly description?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** What the card declares, and which operations answer; `get`, `list` and `cancel` are real unless they are false. */
  readonly modes: {
    readonly streaming: boolean;
    readonly push: boolean;
    readonly get?: boolean;
    readonly list?: boolean;
    readonly cancel?: boolean;
  };
  /** Media types that the card declares; plain text alone unless said otherwise. */
  readonly inputModes?: readonly string[];
  /** What the agent does for a message. Without it, words of the text decide, which is for people to play with. */
  readonly script?: ScriptFor;
  readonly auth?: AgentAuth;
  /** Whether a caller may make contextIds; otherwise one that the agent did not make is a violation. */
  readonly clientContexts?: boolean;
  /** Whether the agent knows a messageId again and answers with the task that it has; otherwise it begins anew, and that is a violation. */
  readonly idempotent?: boolean;
  /** For pushes. */
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: Clock;
}

/** How a hand-made push shows its task: as it is, but for these. */
interface Altered {
  readonly state?: "submitted" | "working" | "completed" | "failed" | "canceled" | "input-required" | "rejected" | "auth-required";
  /** Instead of its artifacts. */
  readonly text?: string;
}

/** An agent on loopback whose wire is the SDK's server side, with exact books about its caller. */
export interface SimulatedAgent
  extends Pick<Books, "received" | "calls" | "violations" | "countByMessageId">,
    Pick<PostOffice, "pushes" | "waiting" | "hold" | "release"> {
  readonly name: string;
  readonly port: number;
  /** The base URL, under which the card is found. Without a slash at the end. */
  readonly url: string;
  readonly cardUrl: string;
  /** Where the binding is served. */
  readonly endpoint: string;
  /** Oldest first. */
  tasks(): readonly SimulatedTask[];
  readonly auth: Pick<Doorkeeper, "issued" | "revoke">;
  /** Befalls the next call that carries a message; several wait for their turn. */
  failNext(...faults: readonly Fault[]): void;
  /** Repeats the last push. Resolves to the statuses. */
  pushAgain(times?: number): Promise<readonly number[]>;
  /** One push for a task beside its script, in another state or with other words if given. Nothing is stored. Resolves to the status. */
  pushFor(taskId: string, made?: HandMade & Altered): Promise<number>;
  /** Cuts every connection; the port refuses and pushes are held. Tasks go on. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  /** Resolves when nothing of this agent runs any more. */
  stop(): Promise<void>;
}

export async function createSimulatedAgent(options: SimulatedAgentOptions): Promise<SimulatedAgent> {
  const parts = createParts(options);
  const { books, office, tasks, faults, doorkeeper, app } = parts;
  const listener = await listen(app, options.port ?? 0);
  const endpoint = mount(options, parts, listener);
  return {
    name: options.name,
    port: listener.port,
    url: listener.url,
    cardUrl: `${listener.url}${cardPath}`,
    endpoint,
    ...pick(books),
    tasks: () => tasks.overview(),
    auth: doorkeeper,
    failNext: (...more) => void faults.push(...more),
    pushes: office.pushes,
    get waiting() {
      return office.waiting;
    },
    hold: () => office.hold(),
    release: (count) => office.release(count),
    pushAgain: (times) => office.again(times),
    pushFor: (taskId, made = {}) => parts.desk.sendTask(altered(tasks.get(taskId), taskId, made), made),
    async kill() {
      office.pause();
      await listener.kill();
    },
    async revive() {
      await listener.revive();
      office.resume();
    },
    async stop() {
      // The door first: a call that is open must see a cut, not the last words of a turn that was ended.
      await listener.kill();
      await parts.runner.stop();
      await office.stop();
    },
  };
}

const cardPath = "/.well-known/agent-card.json";

function createParts(options: SimulatedAgentOptions) {
  const clock = options.clock ?? systemClock;
  const exchanges = createExchanges();
  const tasks = new TaskBook();
  const memory = new Memory();
  const office = createPostOffice(options.fetch ?? globalThis.fetch);
  const faults: Fault[] = [];
  const runner = createScriptRunner({
    name: options.name,
    script: options.script ?? demoScript,
    exchanges,
    tasks,
    memory,
    office,
    clock,
  });
  return {
    clock,
    exchanges,
    tasks,
    memory,
    office,
    faults,
    runner,
    app: express(),
    books: createBooks(),
    desk: new PushDesk(options, office),
    doorkeeper: createDoorkeeper(options.auth ?? {}, clock),
  };
}

type Parts = ReturnType<typeof createParts>;

/** Puts the SDK's handlers behind the door. Returns the endpoint. Its own card handler writes union fields in a shape that is not A2A. */
function mount(options: SimulatedAgentOptions, parts: Parts, listener: Listener): string {
  const { app, doorkeeper, exchanges } = parts;
  const rpc = options.binding === "JSONRPC";
  const path = rpc ? "/rpc" : "/rest";
  const facts = factsOf(options, listener.url, `${listener.url}${path}`);
  const { get = true, list = true, cancel = true, push } = options.modes;
  const operations = { get, list: list && options.protocol === "1.0", cancel };
  const earlier = (messageId: string) => (options.idempotent === true ? parts.tasks.ofMessage(messageId) : undefined);
  const handler = new SimulatedRequestHandler(cardFor(facts), { ...parts, executor: parts.runner, operations, earlier });
  const legacy = options.protocol === "0.3" ? { legacyCompat: { enabled: true } } : {};
  const sdk = { requestHandler: handler, userBuilder: UserBuilder.noAuthentication, contextBuilder: exchanges.contextBuilder, ...legacy };
  const knowsContext = (id: string) => options.clientContexts === true || parts.memory.knows(id);

  const card = options.protocol === "1.0" ? AgentCard.toJSON(cardFor(facts)) : card03(facts);
  app.get(cardPath, (_request, response) => void response.set("cache-control", "no-cache").json(card));
  app.use(doorkeeper.tokenEndpoint);
  app.use(path, doorkeeper.guard, readBody, createBodyGuard(parts.books), createDoor({ ...parts, wire: options, push, knowsContext }));
  if (options.protocol === "0.3") app.use(path, forceVersion03);
  app.use(path, rpc ? jsonRpcHandler(sdk) : restHandler(sdk));
  return facts.endpoint;
}

function factsOf(options: SimulatedAgentOptions, baseUrl: string, endpoint: string): CardFacts {
  const { name, description = `${name}, a simulated agent`, modes, auth = {} } = options;
  const { inputModes } = options;
  return { name, description, baseUrl, endpoint, wire: options, streaming: modes.streaming, push: modes.push, auth, inputModes };
}

/** An agent of 0.3 does not know the header; the SDK's 0.3 layer would hand other versions on to 1.0. */
const forceVersion03: RequestHandler = (request, _response, next) => {
  request.headers["a2a-version"] = "0.3";
  next();
};

/** The task in another state or with other words. One that the agent does not know is made up. */
function altered(task: Task | undefined, taskId: string, made: Altered): Task {
  const base = task
    ? structuredClone(task)
    : Task.fromJSON({ id: taskId, contextId: `context-of-${taskId}`, status: { state: "TASK_STATE_COMPLETED" } });
  const { text } = made;
  const artifacts =
    text === undefined ? base.artifacts : Task.fromJSON({ artifacts: [{ artifactId: "answer", parts: [{ text }] }] }).artifacts;
  const state =
    made.state === undefined
      ? base.status
      : Task.fromJSON({ status: { state: stateCode(made.state), timestamp: base.status?.timestamp } }).status;
  return { ...base, artifacts, status: state };
}

const stateCode = (name: string): string => `TASK_STATE_${name.toUpperCase().replaceAll("-", "_")}`;

const pick = ({ received, calls, violations, countByMessageId }: Books) => ({ received, calls, violations, countByMessageId });
