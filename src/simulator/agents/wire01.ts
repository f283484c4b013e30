import { z } from "zod";
import { hasEnded, type LiveTask, type Word } from "./live-task.ts";
import { toParts } from "./parts.ts";
import { filesOf } from "./sent-files.ts";
import type { Content } from "./steps.ts";
import type { Sent } from "./wire.ts";

const any = z.record(z.string(), z.unknown());
const id = z.string().min(1);
const message = z.strictObject({
  role: z.literal("user"),
  parts: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("text"), text: z.string(), metadata: any.optional() }),
        z.strictObject({ type: z.literal("file"), file: any, metadata: any.optional() }),
        z.strictObject({ type: z.literal("data"), data: any, metadata: any.optional() }),
      ]),
    )
    .min(1),
  metadata: any.optional(),
});

/** `TaskSendParams` of A2A 0.1: the caller makes the id of the task. */
export const params01 = z.strictObject({
  id,
  sessionId: id.optional(),
  message,
  acceptedOutputModes: z.array(z.string()).optional(),
  pushNotification: any.optional(),
  historyLength: z.int().min(0).optional(),
  metadata: any.optional(),
});

/** The same where the agent makes the ids: a caller may still name some. */
export const paramsWithoutIds = params01.partial({ id: true });

/** What stands in the books. A message of this wire has no id; `taskId` and `contextId` are `id` and `sessionId`. */
export function toSent01(params: z.infer<typeof paramsWithoutIds>): Sent {
  return {
    messageId: "",
    contextId: params.sessionId,
    taskId: params.id,
    text: params.message.parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    files: filesOf(params.message.parts),
    referenceTaskIds: [],
    metadata: { message: params.message.metadata ?? {}, request: params.metadata ?? {} },
  };
}

export const problemsOf = (error: z.ZodError): readonly string[] =>
  error.issues.map((issue) => `${issue.path.join(".") || "params"}: ${issue.message}`);

const message01 = (content: Content) => ({ role: "agent", parts: toParts(content, "type") });

export const status01 = ({ state, at }: Pick<LiveTask, "state" | "at">, content?: Content) => ({
  state,
  ...(content === undefined ? {} : { message: message01(content) }),
  timestamp: new Date(at).toISOString(),
});

const artifacts01 = (task: LiveTask) =>
  task.artifacts.map(({ id: name, pieces }, index) => ({ name, parts: pieces.flatMap((one) => toParts(one, "type")), index }));

/** The whole task, its history only if it is asked for. */
export function task01(task: LiveTask, historyLength = 0) {
  const said = task.said.filter(({ by }) => by !== "turn").slice(-historyLength);
  const history = said.map(({ by, content }) => ({ role: by === "user" ? "user" : "agent", parts: toParts(content, "type") }));
  return {
    id: task.id,
    sessionId: task.contextId,
    status: status01(task, task.words),
    ...(task.artifacts.length > 0 ? { artifacts: artifacts01(task) } : {}),
    ...(historyLength > 0 ? { history } : {}),
  };
}

/** The events that tell a task as it stands. */
export const snapshot01 = (task: LiveTask): readonly unknown[] => [
  ...artifacts01(task).map((artifact) => ({ id: task.id, artifact })),
  { id: task.id, status: status01(task, task.words), final: hasEnded(task) },
];

/** The events of a word: `append` and `lastChunk` stand inside the artifact. */
export function events01(word: Word, task: LiveTask, final: boolean): readonly unknown[] {
  if (word.kind !== "output") return [{ id: task.id, status: status01(task, task.words), final }];
  const index = task.artifacts.findIndex((artifact) => artifact.id === word.artifact);
  const artifact = { name: word.artifact, parts: toParts(word.content, "type"), index, append: word.append, lastChunk: word.last };
  return [{ id: task.id, artifact }];
}
