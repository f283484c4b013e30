import type { RequestContext } from "@a2a-js/sdk/server";
import { filesIn, type SentFile } from "./sent-files.ts";
import type { Script } from "./steps.ts";
import { isTerminal, stateName, textOf } from "./tasks.ts";
import type { Metadata } from "./wire.ts";

/** One message, as a script sees it. */
export interface AgentTurn {
  /** The agent's own name. */
  readonly agent: string;
  readonly text: string;
  readonly files: readonly SentFile[];
  readonly messageId: string;
  readonly contextId: string;
  readonly taskId: string;
  /** Request level and message level together; the message's word wins. */
  readonly metadata: Metadata;
  /** What was said before in this context, oldest first. */
  readonly before: readonly string[];
  /** The question that this message answers. */
  readonly question: string | undefined;
  /** Whether the task was at work when this message joined it. */
  readonly joining: boolean;
  readonly referenceTaskIds: readonly string[];
  readonly push: boolean;
  readonly streaming: boolean;
  /** Aborted when the task is canceled or the agent stops. */
  readonly signal: AbortSignal;
}

export type ScriptFor = (turn: AgentTurn) => Script | Promise<Script>;

/** What the agent remembers of its conversations, by contextId. */
export class Memory {
  readonly #said = new Map<string, string[]>();

  /** What was said before `text`, which is now remembered too. */
  remember(contextId: string, text: string): readonly string[] {
    const said = this.#said.get(contextId) ?? [];
    this.#said.set(contextId, [...said, text]);
    return said;
  }

  knows(contextId: string): boolean {
    return this.#said.has(contextId);
  }
}

export function toTurn(
  agent: string,
  request: RequestContext,
  more: Pick<AgentTurn, "signal" | "streaming"> & { readonly memory: Memory },
): AgentTurn {
  const message = request.userMessage;
  const text = message.parts.map(textOf).join("");
  const state = stateName(request.task?.status?.state);
  const asked = request.task?.status?.message?.parts.map(textOf).join("") ?? "";
  return {
    agent,
    text,
    files: filesIn(message.parts),
    messageId: message.messageId,
    contextId: request.contextId,
    taskId: request.taskId,
    metadata: { ...request.request.metadata, ...message.metadata },
    before: more.memory.remember(request.contextId, text),
    question: state === "input-required" ? asked : undefined,
    joining: request.task !== undefined && !isTerminal(request.task) && state !== "input-required",
    referenceTaskIds: message.referenceTaskIds,
    push: request.request.configuration?.taskPushNotificationConfig !== undefined,
    streaming: more.streaming,
    signal: more.signal,
  };
}
