import { endsTurn, type LiveTask, type Word } from "./live-task.ts";
import { toParts } from "./parts.ts";
import type { Content } from "./steps.ts";

const message02 = (task: LiveTask, content: Content) => ({
  kind: "message",
  messageId: task.wordsId,
  role: "agent",
  parts: toParts(content, "kind"),
  taskId: task.id,
  contextId: task.contextId,
});

const status02 = (task: LiveTask) => ({
  state: task.state,
  ...(task.words === undefined ? {} : { message: message02(task, task.words) }),
  timestamp: new Date(task.at).toISOString(),
});

/** A task in the JSON of A2A 0.2 and 0.3 (0.3.0, section 6.1). Without a length, or with 0, all of its history, as the SDK of 0.2 has it. */
export function task02(task: LiveTask, historyLength?: number) {
  const artifacts = task.artifacts.map(({ id, pieces }) => ({
    artifactId: id,
    name: id,
    parts: pieces.flatMap((one) => toParts(one, "kind")),
  }));
  const said = task.said.filter(({ by }) => by !== "turn").slice(-(historyLength ?? 0));
  const history = said.map(({ by, content, messageId }) => ({
    kind: "message",
    messageId,
    role: by === "user" ? "user" : "agent",
    parts: toParts(content, "kind"),
    ...(messageId === task.said[0]?.messageId ? {} : { taskId: task.id }),
    contextId: task.contextId,
  }));
  return { kind: "task", id: task.id, contextId: task.contextId, status: status02(task), artifacts, history };
}

/** What a call is answered with: a bare message where the agent said one, otherwise the task. */
export function result02(task: LiveTask, word: Word | undefined, historyLength?: number) {
  return word?.kind === "message" ? message02(task, word.content) : task02(task, historyLength);
}

/** The event of a word on a stream. */
export function events02(word: Word, task: LiveTask): readonly unknown[] {
  const ids = { taskId: task.id, contextId: task.contextId };
  if (word.kind === "message") return [message02(task, word.content)];
  if (word.kind !== "output") return [{ kind: "status-update", ...ids, status: status02(task), final: endsTurn(word) }];
  const artifact = { artifactId: word.artifact, name: word.artifact, parts: toParts(word.content, "kind") };
  return [{ kind: "artifact-update", ...ids, artifact, append: word.append, lastChunk: word.last }];
}

/** The events of a turn: the task as it was when the turn began, then word by word. An agent that says a bare message shows no task. */
export function turnEvents02(before: LiveTask): (word: Word, task: LiveTask) => readonly unknown[] {
  let begun = false;
  return (word, task) => {
    const first = begun || word.kind === "message" ? [] : [task02(before)];
    begun = true;
    return [...first, ...events02(word, task)];
  };
}
