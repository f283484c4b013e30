import type { Clock } from "../../model/clock.ts";
import type { Books } from "./books.ts";
import { type Assignment, createDesk, type Desk, type Turn, type Watcher } from "./desk.ts";
import type { Gate } from "./gate.ts";
import { hasEnded, type LiveTask } from "./live-task.ts";
import { play, type VendorScriptFor } from "./play.ts";

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
  /** Ends its turns and hangs up on who watches. */
  forget(taskId: string): void;
  /** Ends every turn where it is; resolves when none runs. Nothing is said any more. */
  stop(): Promise<void>;
}

interface Run {
  readonly taskId: string;
  readonly end: AbortController;
  readonly done: Promise<void>;
}

export function createWorkroom(options: {
  readonly script: VendorScriptFor;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly books: Pick<Books, "violation">;
}): Workroom {
  const desks = new Map<string, Desk>();
  const runs = new Set<Run>();

  async function run(assignment: Assignment, desk: Desk, mine: Turn, signal: AbortSignal): Promise<void> {
    try {
      const outcome = await play(assignment, { desk, mine, signal }, options);
      const first = desk.task.said.length === 1;
      if (outcome === "refused" && first) desks.delete(mine.taskId);
    } catch (err) {
      options.books.violation(`the script for “${assignment.turn.text}” threw: ${err}`);
      if (!hasEnded(desk.task)) desk.say({ kind: "status", state: "failed", content: `Agent execution error: ${err}` });
    }
  }
  const endRuns = (taskId: string) => {
    for (const one of runs) if (one.taskId === taskId) one.end.abort();
  };

  return {
    begin(assignment) {
      const { taskId } = assignment.turn;
      const desk = desks.get(taskId) ?? createDesk(assignment.turn, options.clock);
      desks.set(taskId, desk);
      const [mine, end] = [desk.take(assignment.turn), new AbortController()];
      assignment.entry.taken();
      const one: Run = { taskId, end, done: run(assignment, desk, mine, end.signal).finally(() => runs.delete(one)) };
      runs.add(one);
      return mine;
    },
    get: (taskId) => desks.get(taskId)?.task,
    tasks: () => [...desks.values()].map(({ task }) => task),
    watch: (taskId, watcher, turn) => desks.get(taskId)?.watch(watcher, turn) ?? (() => undefined),
    cancel(taskId) {
      const desk = desks.get(taskId);
      if (!desk || hasEnded(desk.task)) return desk?.task;
      endRuns(taskId);
      desk.say({ kind: "status", state: "canceled", content: undefined });
      return desk.task;
    },
    forget(taskId) {
      const desk = desks.get(taskId);
      desks.delete(taskId);
      if (!desk || hasEnded(desk.task)) return;
      endRuns(taskId);
      desk.affect({ kind: "hangUp" }, undefined);
    },
    async stop() {
      for (const { end } of runs) end.abort();
      await Promise.all([...runs].map(({ done }) => done));
    },
  };
}
