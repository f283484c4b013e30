import type { Clock } from "../../model/clock.ts";
import type { Entry } from "./books.ts";
import { hasEnded, hear, type LiveTask, type Word } from "./live-task.ts";
import type { AgentTurn } from "./turn.ts";
import type { VendorStep } from "./vendor-steps.ts";

/** What a script does to the open calls of its turn. */
export type Effect = Extract<VendorStep, { readonly kind: "detach" | "drop" | "respond" | "raw" | "hangUp" }>;

/** Hears every word about a task, and effects on its calls, with the task as it is then. */
export type Watcher = (heard: Word | Effect, task: LiveTask) => void;

/** A message that an agent begins to work on. */
export interface Assignment {
  readonly turn: Omit<AgentTurn, "signal">;
  /** Its line in the books. */
  readonly entry: Entry;
}

/** One message at work. Its calls hear the effects of its script; calls of other turns of the task do not. */
export interface Turn {
  readonly taskId: string;
  /** As it was when the message was taken. */
  readonly task: LiveTask;
}

/** Where one task lies, with those who look over its shoulder. */
export interface Desk {
  readonly task: LiveTask;
  /** Puts one more message on it. */
  take(turn: Assignment["turn"]): Turn;
  /** Everybody hears it. */
  say(word: Word): void;
  /** Heard by the calls of the turn, and by those that belong to no turn unless it is `own`. */
  affect(effect: Effect, turn: Turn | undefined, own?: boolean): void;
  watch(watcher: Watcher, turn: Turn | undefined): () => void;
}

export function createDesk({ taskId: id, contextId }: Assignment["turn"], clock: Clock): Desk {
  const watchers = new Set<{ readonly watcher: Watcher; readonly turn: Turn | undefined }>();
  let task: LiveTask = { id, contextId, state: "submitted", at: clock.now(), words: undefined, wordsId: "", artifacts: [], said: [] };
  return {
    get task() {
      return task;
    },
    take(turn) {
      task = taken(task, turn, clock.now());
      return { taskId: id, task };
    },
    say(word) {
      task = hear(task, word, clock.now());
      for (const { watcher } of [...watchers]) watcher(word, task);
    },
    affect(effect, turn, own = false) {
      const concerned = [...watchers].filter((one) => turn === undefined || one.turn === turn || (!own && one.turn === undefined));
      for (const { watcher } of concerned) watcher(effect, task);
    },
    watch(watcher, turn) {
      const one = { watcher, turn };
      watchers.add(one);
      return () => void watchers.delete(one);
    },
  };
}

/** The task with one more message. A new turn of a task that had ended begins with an empty table. */
function taken(task: LiveTask, { text, messageId, joining }: Assignment["turn"], at: number): LiveTask {
  const said = [...task.said, { by: "user", content: text, messageId } as const];
  if (joining || task.said.length === 0) return { ...task, said };
  return { ...task, said, state: "working", at, words: undefined, artifacts: hasEnded(task) ? [] : task.artifacts };
}
