import { type Part, type Task, TaskState } from "@a2a-js/sdk";
import { InMemoryTaskStore, type ServerCallContext } from "@a2a-js/sdk/server";

/** A task as the agent's books show it. */
export interface SimulatedTask {
  readonly id: string;
  readonly contextId: string;
  readonly state: string;
  /** The text of all artifacts, in order; without any, that of the last status message. */
  readonly answer: string;
}

const terminal: readonly (TaskState | undefined)[] = [
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
];

export const isTerminal = (task: Task): boolean => terminal.includes(task.status?.state);

/** The SDK's store, with a view for the books. */
export class TaskBook extends InMemoryTaskStore {
  readonly #tasks = new Map<string, Task>();

  override async save(task: Task, context: ServerCallContext): Promise<void> {
    this.#tasks.set(task.id, structuredClone(task));
    await super.save(task, context);
  }

  get(taskId: string): Task | undefined {
    return this.#tasks.get(taskId);
  }

  /** The task that this message began or continued. */
  ofMessage(messageId: string): Task | undefined {
    const task = [...this.#tasks.values()].find(({ history }) => history.some((said) => said.messageId === messageId));
    return task && structuredClone(task);
  }

  overview(): readonly SimulatedTask[] {
    return [...this.#tasks.values()].map((task) => ({
      id: task.id,
      contextId: task.contextId,
      state: stateName(task.status?.state),
      answer:
        task.artifacts
          .flatMap((artifact) => artifact.parts)
          .map(textOf)
          .join("") || (task.status?.message?.parts ?? []).map(textOf).join(""),
    }));
  }
}

export function textOf(part: Part): string {
  return part.content?.$case === "text" ? part.content.value : "";
}

/** `TASK_STATE_INPUT_REQUIRED` becomes `input-required`. */
export function stateName(state: TaskState | undefined): string {
  const name = state === undefined ? undefined : TaskState[state];
  return name === undefined ? "unknown" : name.replace("TASK_STATE_", "").toLowerCase().replaceAll("_", "-");
}
