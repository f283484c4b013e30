import { randomUUID } from "node:crypto";
import type { Content } from "./steps.ts";

export type LiveState = "submitted" | "working" | "input-required" | "auth-required" | "completed" | "failed" | "canceled" | "rejected";

interface LiveArtifact {
  readonly id: string;
  /** One for each time that something was added. */
  readonly pieces: readonly Content[];
}

export interface Said {
  readonly by: "user" | "status" | "turn";
  readonly content: Content;
  /** Empty where the wire has none, and for a whole turn. */
  readonly messageId: string;
}

/** A task as it stands, whatever the wire that shows it. */
export interface LiveTask {
  readonly id: string;
  readonly contextId: string;
  readonly state: LiveState;
  /** Of the last change of state. */
  readonly at: number;
  /** What was said with the state. */
  readonly words: Content | undefined;
  /** The messageId of that; it stays the same wherever the words are shown. */
  readonly wordsId: string;
  readonly artifacts: readonly LiveArtifact[];
  /** Oldest first: what people said, what came with each state, and all that a turn said, once it is over. */
  readonly said: readonly Said[];
}

/** What an agent says in a turn. */
export type Word =
  | { readonly kind: "status"; readonly state: LiveState; readonly content: Content | undefined }
  | { readonly kind: "output"; readonly artifact: string; readonly content: Content; readonly append: boolean; readonly last: boolean }
  | { readonly kind: "message"; readonly content: Content }
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly data: unknown }
  | { readonly kind: "transfer"; readonly target: string; readonly reason: string };

/** The task after a word. An error leaves it failed, a message or a transfer completed. */
export function hear(task: LiveTask, word: Word, at: number): LiveTask {
  const after = { ...task, ...changes(task, word, at), ...(word.kind === "output" ? {} : { wordsId: randomUUID() }) };
  const words: Said[] =
    word.kind === "status" && word.content !== undefined ? [{ by: "status", content: word.content, messageId: after.wordsId }] : [];
  const text = endsTurn(word) ? closingWords(after) : "";
  const whole: Said[] = text === "" ? [] : [{ by: "turn", content: text, messageId: "" }];
  return { ...after, said: [...task.said, ...words, ...whole] };
}

function changes(task: LiveTask, word: Word, at: number): Partial<LiveTask> {
  switch (word.kind) {
    case "status":
      return { state: word.state, words: word.content, at };
    case "output":
      return { artifacts: withPiece(task.artifacts, word) };
    case "message":
      return { state: "completed", words: word.content, at };
    case "error":
      return { state: "failed", words: word.message, at };
    case "transfer":
      return { state: "completed", words: word.reason, at };
  }
}

function withPiece(artifacts: readonly LiveArtifact[], word: Extract<Word, { kind: "output" }>): readonly LiveArtifact[] {
  const known = artifacts.find(({ id }) => id === word.artifact);
  if (!known) return [...artifacts, { id: word.artifact, pieces: [word.content] }];
  const pieces = word.append ? [...known.pieces, word.content] : [word.content];
  return artifacts.map((one) => (one === known ? { ...one, pieces } : one));
}

/** Whether the turn that says this has nothing more to say. */
export function endsTurn(word: Word): boolean {
  return word.kind === "status" ? !["submitted", "working", "auth-required"].includes(word.state) : word.kind !== "output";
}

export const hasEnded = ({ state }: LiveTask): boolean => ["completed", "failed", "canceled", "rejected"].includes(state);
export const isAtWork = ({ state }: LiveTask): boolean => ["submitted", "working", "auth-required"].includes(state);

/** The text of a content; what is not text is left out. */
export function textIn(content: Content | undefined): string {
  if (content === undefined) return "";
  return typeof content === "string" ? content : content.map((part) => ("text" in part ? part.text : "")).join("");
}

/** All that was said in a turn: the artifacts, and what came with its end. */
export function closingWords({ artifacts, words }: LiveTask): string {
  const answer = artifacts.map(({ pieces }) => pieces.map(textIn).join(""));
  return [...new Set([...answer, textIn(words)])].filter((text) => text !== "").join("\n\n");
}

/** The text of all artifacts, in order; without any, what was said with the state. */
export function answerIn(task: LiveTask): string {
  const text = task.artifacts.flatMap(({ pieces }) => pieces.map(textIn)).join("");
  return text === "" ? textIn(task.words) : text;
}
