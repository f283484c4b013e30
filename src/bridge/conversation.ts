import type { Author } from "../model/message.ts";
import { type ThreadRef, threadKey } from "../model/thread.ts";

/** That a thread talks to an agent, and whose conversation it is. Written by the message lane of the thread only. */
export type Conversation = {
  readonly agent: string;
  readonly owner: { readonly id: string; readonly workspace: string };
  /** A hash of the identity that the agent was told for the owner; a change of it closes the context. */
  readonly identity: string;
  /** Grows whenever the message lane begins a fresh context by itself. */
  readonly fresh: number;
  readonly lastAt: number;
};

/** What an agent needs to go on: written by the task lane only. `open`: the task waits for the person. */
export type Context = {
  readonly contextId?: string;
  readonly taskId?: string;
  readonly open: boolean;
  /** The turn that asked the person, while the task waits for them. */
  readonly asking?: string;
  /** When the agent had said its last word here, in milliseconds. */
  readonly endedAt?: number;
};

/**
 * How often `new` was said: written by the control lane only, so that no two lanes write the same value. `at`: which rows said so
 * (`Row.seq`), the latest ones, for the message lane may be behind or ahead.
 */
export type Epoch = { readonly epoch: number; readonly at?: readonly number[] };

/** Words further back are not remembered: no message waits behind so many. */
const mostWords = 8;

export function toNextEpoch(known: Epoch | undefined, seq: number): Epoch {
  return { epoch: (known?.epoch ?? 0) + 1, at: [...(known?.at ?? []), seq].slice(-mostWords) };
}

/** In which epoch a message was said: before every `new` that was accepted after it. */
export function epochAt(known: Epoch | undefined, seq: number): number {
  return (known?.epoch ?? 0) - (known?.at ?? []).filter((word) => word > seq).length;
}

/**
 * Where a context is kept: by thread, by person and what they are to the agent where contexts are separate, and by how often it was
 * begun afresh. `identity` is the hash of what the agent is told; with another one a person finds none of what was said before.
 */
export function contextKey(
  thread: ThreadRef,
  who: (Author & { readonly identity: string }) | undefined,
  fresh: number,
  epoch: number,
): string {
  const slot = who ? [who.workspace, who.id, who.identity].map(encodeURIComponent).join(":") : "";
  return `${threadKey(thread)}#${slot}#${fresh}.${epoch}`;
}
