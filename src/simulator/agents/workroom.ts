import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../model/clock.ts";
import type { Books, Entry } from "./books.ts";
import type { Gate } from "./gate.ts";
import { endsTurn, hasEnded, hear, type LiveTask, type Word } from "./live-task.ts";
import type { AgentTurn } from "./turn.ts";
import type { VendorScript, VendorStep } from "./vendor-steps.ts";
import { aborted, walk } from "./walk.ts";

/** What a script does to the open calls of its turn. */
export type Effect = Extract<VendorStep, { readonly kind: "detach" | "drop" | "respond" | "raw" | "hangUp" }>;

/** Hears every word about a task, and every effect on the calls of its turn, as the task is after it. */
export type Watcher = (heard: Word | Effect, task: LiveTask) => void;

export type VendorScriptFor = (turn: AgentTurn) => VendorScript | Promise<VendorScript>;

/** A message that an agent begins to work on. */
export interface Assignment {
  readonly turn: Omit<AgentTurn, "signal">;
  /** Its line in the books. */
  readonly entry: Entry;
  /** Instead of the agent's script. */
  readonly script?: VendorScriptFor;
}

/** One message at work. Its calls hear the effects of its script; calls of other turns of the task do not. */
export interface Turn {
  readonly taskId: string;
  /** As it was when the message was taken. */
  readonly task: LiveTask;
}

/** Where scripts run and tasks live, for agents with hand-written wires. */
export interface Workroom {
  /** Takes a message for a new task, or for the one that has the id of the turn. The first word comes after this has returned. */
  begin(assignment: Assignment): Turn;
  get(taskId: string): LiveTask | undefined;
  /** Oldest first. */
  tasks(): readonly LiveTask[];
  /** Until the function that it returns is called. Without a turn, effects of all turns are heard. */
  watch(taskId: string, watcher: Watcher, turn?: Turn): () => void;
  /** Ends its turns and leaves it canceled. Undefined where there is none; one that has ended stays as it is. */
  cancel(taskId: string): LiveTask | undefined;
  forget(taskId: string): void;
  /** Ends every turn where it is; resolves when none runs. Nothing is said any more. */
  stop(): Promise<void>;
}

interface Desk {
  task: LiveTask;
  readonly watchers: Set<{ readonly watcher: Watcher; readonly turn: Turn | undefined }>;
  readonly runs: Set<{ readonly end: AbortController; readonly done: Promise<void> }>;
}

export function createWorkroom(options: {
  readonly script: VendorScriptFor;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly books: Pick<Books, "violation">;
}): Workroom {
  const { clock, books } = options;
  const desks = new Map<string, Desk>();

  async function work(desk: Desk, { turn, entry, script = options.script }: Assignment, mine: Turn, signal: AbortSignal): Promise<void> {
    let [begun, ended] = [false, false];
    for await (const step of walk(await script({ ...turn, signal }), signal)) {
      if (step.kind === "silent") await aborted(signal);
      else if (step.kind === "wait") await waitFor(step.until, clock, signal);
      else if (isEffect(step)) {
        if (step.kind === "respond" && !begun) entry.refused();
        tell(desk, step, mine);
      } else {
        if (ended) throw new Error("it speaks after its end");
        const word = toWord(step);
        if (!isProgress(word)) await options.gate.pass(signal);
        if (signal.aborted) return;
        begun = true;
        ended = endsTurn(word);
        say(desk, word, clock.now());
      }
      // Each step is on the wire before the next begins.
      await setImmediate();
    }
    if (!ended && !signal.aborted) for (const one of [...desk.watchers]) if (one.turn === mine) one.watcher({ kind: "hangUp" }, desk.task);
  }

  return {
    begin(assignment) {
      const { turn, entry } = assignment;
      const known = desks.get(turn.taskId);
      const desk = known ?? { task: freshTask(turn, clock.now()), watchers: new Set(), runs: new Set() };
      desks.set(turn.taskId, desk);
      desk.task = taken(desk.task, turn, clock.now());
      const [mine, end] = [{ taskId: turn.taskId, task: desk.task }, new AbortController()];
      entry.taken();
      const done = work(desk, assignment, mine, end.signal).catch((err: unknown) => {
        books.violation(`the script for “${turn.text}” threw: ${err}`);
        if (!hasEnded(desk.task)) say(desk, { kind: "status", state: "failed", content: `Agent execution error: ${err}` }, clock.now());
      });
      const run = { end, done };
      desk.runs.add(run);
      void done.then(() => desk.runs.delete(run));
      return mine;
    },
    get: (taskId) => desks.get(taskId)?.task,
    tasks: () => [...desks.values()].map(({ task }) => task),
    watch(taskId, watcher, turn) {
      const watchers = desks.get(taskId)?.watchers;
      const one = { watcher, turn };
      watchers?.add(one);
      return () => void watchers?.delete(one);
    },
    cancel(taskId) {
      const desk = desks.get(taskId);
      if (!desk || hasEnded(desk.task)) return desk?.task;
      for (const { end } of desk.runs) end.abort();
      say(desk, { kind: "status", state: "canceled", content: undefined }, clock.now());
      return desk.task;
    },
    forget: (taskId) => void desks.delete(taskId),
    async stop() {
      const runs = [...desks.values()].flatMap((desk) => [...desk.runs]);
      for (const { end } of runs) end.abort();
      await Promise.all(runs.map(({ done }) => done));
    },
  };
}

function tell(desk: Desk, heard: Word | Effect, turn: Turn | undefined): void {
  const concerned = [...desk.watchers].filter((one) => one.turn === undefined || turn === undefined || one.turn === turn);
  for (const { watcher } of concerned) watcher(heard, desk.task);
}

function say(desk: Desk, word: Word, at: number): void {
  desk.task = hear(desk.task, word, at);
  tell(desk, word, undefined);
}

const freshTask = ({ taskId, contextId }: Assignment["turn"], at: number): LiveTask => ({
  id: taskId,
  contextId,
  state: "submitted",
  at,
  words: undefined,
  wordsId: "",
  artifacts: [],
  said: [],
});

/** The task with one more message. A new turn of a task that had ended begins with an empty table. */
function taken(task: LiveTask, { text, messageId, joining }: Assignment["turn"], at: number): LiveTask {
  const said = [...task.said, { by: "user", content: text, messageId } as const];
  if (joining || task.said.length === 0) return { ...task, said };
  return { ...task, said, state: "working", at, words: undefined, artifacts: hasEnded(task) ? [] : task.artifacts };
}

const isEffect = (step: VendorStep): step is Effect => ["detach", "drop", "respond", "raw", "hangUp"].includes(step.kind);
const isProgress = (word: Word): boolean => word.kind === "status" && word.state === "working";

function toWord(step: Exclude<VendorStep, Effect | { readonly kind: "wait" | "silent" }>): Word {
  if (step.kind === "pushes") throw new Error("this agent has no webhooks");
  return step.kind === "status" ? { ...step, state: states[step.state] } : step;
}

const states = {
  working: "working",
  inputRequired: "input-required",
  authRequired: "auth-required",
  completed: "completed",
  failed: "failed",
  rejected: "rejected",
  canceled: "canceled",
} as const;

async function waitFor(until: number | PromiseLike<unknown>, clock: Clock, signal: AbortSignal): Promise<void> {
  if (typeof until === "number") await clock.sleep(until, signal);
  else await Promise.race([until, aborted(signal)]);
}
