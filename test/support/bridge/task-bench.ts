import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { control as takeControl } from "../../../src/bridge/control.ts";
import { acceptPush, findPushed } from "../../../src/bridge/correlate.ts";
import { everydayPace, type Pace, type Parts } from "../../../src/bridge/parts.ts";
import { createRoom } from "../../../src/bridge/room.ts";
import { nothingYet, type Task, type Turn, toJson, toTask } from "../../../src/bridge/rows.ts";
import { createSafetyNet } from "../../../src/bridge/safety-net.ts";
import { workOnTask } from "../../../src/bridge/task.ts";
import { openLedger } from "../../../src/ledger/ledger.ts";
import { silentLog } from "../../../src/log.ts";
import type { Adapter } from "../../../src/model/adapter.ts";
import type { AgentEvent } from "../../../src/model/agent.ts";
import type { Clock } from "../../../src/model/clock.ts";
import { noFailpoint } from "../../../src/model/failpoint.ts";
import type { Json, ThreadRef } from "../../../src/model/thread.ts";
import { threadKey } from "../../../src/model/thread.ts";
import { fakeClock } from "../../unit/agents/fakes.ts";
import { platform } from "./fake-adapter.ts";
import type { FakeAgent } from "./fake-agent.ts";

const thread: ThreadRef = { platform, workspace: "W", channel: "C", thread: "T", address: {} };
const lane = threadKey(thread);
const asker = { id: "UANN", workspace: "W" };

/** One thread's tasks on a real store, with time that passes only when the test says so. Nothing is worked on by itself. */
export interface TaskBench {
  readonly parts: Parts;
  readonly clock: Clock & { advance(ms: number): void };
  /** A message for the agent; it joins the task that is open. Resolves to its turn. */
  say(text: string, left?: Left): Promise<string>;
  /** A push of the agent for the open task. */
  push(...events: readonly AgentEvent[]): Promise<void>;
  /** The same while the task is worked on. Resolves when it was read. */
  pushToWorker(...events: readonly AgentEvent[]): Promise<void>;
  /** A push as it comes in: at the address of this turn, or, where none is named, at one for all turns. */
  arrive(turn: string | undefined, ...events: readonly AgentEvent[]): Promise<void>;
  /** Somebody says stop. */
  stop(): Promise<void>;
  /** Works on the open task for as long as there is something to do now. False when it is not due. */
  work(): Promise<boolean>;
  /** The task of this turn, as it is stored. */
  task(turn: string): Promise<Task>;
  /** What the thread is told, oldest first. */
  posts(): Promise<readonly string[]>;
  /** In whose place each of them goes; undefined for a new message. */
  places(): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

/** What a process before has made of a message. */
interface Left {
  readonly task?: Partial<Task>;
  readonly turn?: Partial<Turn>;
  /** Turns of the same task before it. */
  readonly before?: readonly Partial<Turn>[];
}

interface BenchOptions {
  readonly agent: FakeAgent;
  readonly adapter?: Adapter;
  readonly pace?: Partial<Pace>;
}

export async function createTaskBench({ agent, adapter, pace }: BenchOptions): Promise<TaskBench> {
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const clock = fakeClock();
  const { ledger, openStore } = await openLedger({ url: `sqlite:${join(folder, "bridge.db")}`, log: silentLog, clock });
  let onRead: () => void = () => undefined;
  const parts: Parts = {
    ledger: {
      ...ledger,
      async mail(row) {
        const mail = await ledger.mail(row);
        onRead();
        return mail;
      },
    },
    conversations: openStore("conversations"),
    contexts: openStore("contexts"),
    epochs: openStore("epochs"),
    adapters: new Map(adapter ? [[adapter.platform, adapter]] : []),
    agents: new Map([[agent.name, agent]]),
    routes: [],
    identity: { external: "refuse", accounts: { nameOf: () => undefined } },
    pushAddress: () => ({ kind: "perTurn", base: "https://bridge.example.com/a2a/push/helper" }),
    publicUrl: () => undefined,
    files: { maxBytes: 0, perMessage: 0, linkMs: 0, refused: [] },
    safetyNet: createSafetyNet(20, clock.now),
    room: { fromPeople: createRoom(0, clock), fromAgents: createRoom(0, clock) },
    fetchFile: () => Promise.reject(new Error("there are no files here")),
    keepMs: 86_400_000,
    clock,
    log: silentLog,
    metrics: { count: () => undefined, observe: () => undefined },
    failpoint: noFailpoint,
    // Nobody is told that it takes its time: posts are the ends of turns.
    pace: { ...everydayPace, notifyAfter: 86_400_000, ...pace },
  };
  let count = 0;

  /** Writes as the control lane does: a row, or a letter to the open task. */
  async function control(step: { readonly rows?: readonly { id: string; facts: Json; content: Json }[]; readonly letter?: Json }) {
    const id = `control:${++count}`;
    await ledger.accept([{ id, queue: "control", lane, facts: {} }]);
    const row = await ledger.take("control");
    const [head] = await ledger.open("task", lane);
    if (!row) throw new Error("the control lane is not free");
    await ledger.settle(row, {
      end: { kind: "done" },
      rows: (step.rows ?? []).map((own) => ({ ...own, queue: "task", lane })),
      mail: head && step.letter !== undefined ? [{ to: head.id, item: step.letter }] : [],
    });
  }

  async function deliveries(): Promise<readonly Json[]> {
    const rows = (await ledger.trace(lane)).filter(({ queue }) => queue === "delivery");
    const whole = await Promise.all(rows.map(({ id }) => ledger.row(id)));
    return whole.map((row) => row?.content ?? null);
  }

  const push = (events: readonly AgentEvent[]) => control({ letter: toJson({ kind: "push", hash: `push:${++count}`, events }) });

  return {
    parts,
    clock,
    async say(text, left = {}) {
      const id = `task:${++count}`;
      const turns = [...(left.before ?? []).map((turn, index) => toTurn(`${id}<${index}`, turn)), toTurn(id, left.turn)];
      const task: Task = { thread, agent: agent.name, asker, context: `${lane}##0.0`, looks: 0, push: false, turns, ...left.task };
      const content = { [id]: { text, metadata: {}, answer: nothingYet } };
      await control({ rows: [{ id, facts: toJson(task), content: toJson(content) }], letter: { kind: "join", row: id } });
      return id;
    },
    push: (...events) => push(events),
    async pushToWorker(...events) {
      const read = new Promise<void>((resolve) => {
        onRead = resolve;
      });
      await push(events);
      await read;
    },
    async arrive(turn, ...events) {
      const rows = (await ledger.trace(lane)).filter(({ queue }) => queue === "task");
      const row = rows.find((one) => toTask(one).turns.some(({ id, state }) => id === turn && state !== "waiting"));
      const addressee = row && turn !== undefined ? { row, turn } : await findPushed(parts, agent.name, events);
      if (!addressee) throw new Error("nobody is meant");
      await acceptPush(parts, agent.name, addressee, events, JSON.stringify(events));
      const taken = await ledger.take("control");
      if (taken) await takeControl(parts, taken, new AbortController().signal);
    },
    stop: () => control({ letter: { kind: "stop" } }),
    async work() {
      const row = await ledger.take("task");
      if (!row) return false;
      await workOnTask(parts, { row, signal: new AbortController().signal, onMail: (callback) => ledger.onMail(row, callback) });
      return true;
    },
    async task(turn) {
      const row = await ledger.row(turn);
      if (!row) throw new Error(`there is no turn ${turn}`);
      return toTask(row);
    },
    posts: async () => (await deliveries()).map(toText),
    places: async () => (await deliveries()).map(toPlace),
    async close() {
      await ledger.close();
      await rm(folder, { recursive: true });
    },
  };
}

function toTurn(id: string, more: Partial<Turn> = {}): Turn {
  return { id, messageId: id, state: "waiting", told: false, marks: [], shown: [], posts: 0, ...more };
}

const toPlace = (content: Json): unknown =>
  typeof content === "object" && content !== null ? Reflect.get(content, "replaces") : undefined;

/** The words of a reply, as its row holds them. */
function toText(content: Json): string {
  const found: string[] = [];
  JSON.stringify(content, (key, value) => {
    if (key === "text") found.push(value);
    return value;
  });
  return found.join("");
}
