import type { Content } from "./steps.ts";

export type LiveState = "submitted" | "working" | "input-required" | "auth-required" | "completed" | "failed" | "canceled" | "rejected";

interface LiveArtifact {
  readonly id: string;
  /** One for each time that something was added. */
  readonly pieces: readonly Content[];
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
  readonly artifacts: readonly LiveArtifact[];
  /** Oldest first. An agent's answer stands here when its turn is over. */
  readonly said: readonly { readonly role: "user" | "agent"; readonly text: string; readonly messageId: string }[];
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
  const after = { ...task, ...changes(task, word, at) };
  const text = endsTurn(word) ? closingWords(after) : "";
  return text === "" ? after : { ...after, said: [...task.said, { role: "agent", text, messageId: "" }] };
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
