import { EventEmitter, once } from "node:events";

export type State = "submitted" | "working" | "completed" | "failed" | "canceled" | "rejected" | "input-required" | "auth-required";

/** What an agent does, in no protocol's words. */
export type Step =
  | { readonly kind: "message"; readonly text: string }
  | { readonly kind: "task"; readonly state: State }
  | { readonly kind: "status"; readonly state: State; readonly text?: string }
  | { readonly kind: "chunk"; readonly text: string; readonly append: boolean; readonly last: boolean };

export interface Turn {
  readonly taskId: string;
  readonly contextId: string;
  readonly messageId: string;
  readonly text: string;
  /** The message continues a task. */
  readonly continued: boolean;
}

/** An agent that does what it is told by the text of the message. `hold` works until `release` is called or the task is canceled. */
export class ScriptedAgent {
  readonly turns: Turn[] = [];
  readonly canceled = new Set<string>();
  private readonly signals = new EventEmitter().setMaxListeners(100);

  release(taskId: string): void {
    this.signals.emit(taskId);
  }

  cancel(taskId: string): void {
    this.canceled.add(taskId);
    this.signals.emit(taskId);
  }

  async *play(turn: Turn): AsyncGenerator<Step> {
    this.turns.push(turn);
    if (turn.text === "message") return yield { kind: "message", text: "just words" };
    yield { kind: "task", state: turn.continued ? "working" : "submitted" };
    if (turn.continued) return yield* answer(`got: ${turn.text}`);
    switch (turn.text) {
      case "stream":
        yield { kind: "status", state: "working", text: "thinking" };
        return yield* answer("Hello ", "world");
      case "ask":
        return yield { kind: "status", state: "input-required", text: "which device?" };
      case "auth":
        return yield { kind: "status", state: "auth-required", text: "sign in first" };
      case "fail":
        return yield { kind: "status", state: "failed", text: "boom" };
      case "hold":
        return yield* this.hold(turn);
      case "last words":
        return yield { kind: "status", state: "completed", text: "in the status" };
      default:
        return yield* answer(`echo: ${turn.text}`);
    }
  }

  private async *hold(turn: Turn): AsyncGenerator<Step> {
    const released = once(this.signals, turn.taskId);
    yield { kind: "status", state: "working" };
    yield { kind: "chunk", text: "one ", append: false, last: false };
    await released;
    if (this.canceled.has(turn.taskId)) return yield { kind: "status", state: "canceled", text: "stopped" };
    yield { kind: "chunk", text: "two", append: true, last: true };
    yield { kind: "status", state: "completed" };
  }
}

function* answer(...chunks: readonly string[]): Generator<Step> {
  for (const [index, text] of chunks.entries()) yield { kind: "chunk", text, append: index > 0, last: index === chunks.length - 1 };
  yield { kind: "status", state: "completed" };
}
