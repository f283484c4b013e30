import { type Artifact, type Message, type Part, Role, type StreamResponse, type Task, TaskState, type TaskStatus } from "@a2a-js/sdk";

type Payload = NonNullable<StreamResponse["payload"]>;
type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads what an agent sent, by its shape: every generation from 0.1 to 1.0, JSON-RPC envelope or bare, with or without `kind`, parts in
 * `parts` or `content`, states in any spelling. Undefined when nothing is recognisable. Never throws; the caller limits depth and size.
 */
export function readPayload(body: unknown): Payload | undefined {
  if (!isFields(body)) return undefined;
  const result = isFields(body.result) ? body.result : body;
  return readTransfer(result) ?? readWrapped(result) ?? readBare(result);
}

/** Inkeep streams a transfer between its agents as a thing of its own (docs.inkeep.com, "A2A protocol"), and sends it as a task otherwise. */
function readTransfer(body: Fields): Payload | undefined {
  const target = text(body.target ?? body.targetSubAgentId);
  if (body.type !== "transfer" || target === "") return undefined;
  const parts = [{ data: { type: "transfer", targetSubAgentId: target } }, { text: text(body.reason) }];
  const artifacts = [{ artifactId: "transfer", parts }];
  return { $case: "task", value: readTask({ id: taskId(body), status: { state: "completed" }, artifacts }) };
}

function readWrapped(body: Fields): Payload | undefined {
  if (isFields(body.status) && text(body.id) !== "") return undefined;
  const update = body.statusUpdate ?? body.status_update;
  const piece = body.artifactUpdate ?? body.artifact_update;
  const message = body.message ?? body.msg;
  if (isFields(body.task)) return { $case: "task", value: readTask(body.task) };
  if (isFields(update)) return readStatusUpdate(update);
  if (isFields(piece)) return readArtifactUpdate(piece);
  if (isFields(message) && !isFields(body.status)) return { $case: "message", value: readMessage(message) };
  return undefined;
}

function readBare(body: Fields): Payload | undefined {
  const kind = text(body.kind);
  if (isFields(body.artifact)) return readArtifactUpdate(body);
  // 0.1 has the task's id in `id` here too; only an update says whether it is the last.
  const update = kind === "status-update" || (kind !== "task" && (taskId(body) !== "" || typeof body.final === "boolean"));
  if (isFields(body.status) && update) return readStatusUpdate(body);
  if (kind === "task" || (isFields(body.status) && text(body.id) !== "")) return { $case: "task", value: readTask(body) };
  if (kind === "message" || (isList(body.parts ?? body.content) && body.role !== undefined))
    return { $case: "message", value: readMessage(body) };
  return undefined;
}

function readStatusUpdate(body: Fields): Payload {
  return {
    $case: "statusUpdate",
    value: { taskId: taskId(body) || text(body.id), contextId: contextId(body), status: readStatus(body.status), metadata: undefined },
  };
}

function readArtifactUpdate(body: Fields): Payload {
  const piece = isFields(body.artifact) ? body.artifact : {};
  return {
    $case: "artifactUpdate",
    value: {
      taskId: taskId(body) || text(body.id),
      contextId: contextId(body),
      artifact: readArtifact(piece, 0),
      // 0.1 keeps both flags inside the artifact.
      append: body.append === true || piece.append === true,
      lastChunk: (body.lastChunk ?? body.last_chunk ?? piece.lastChunk) === true,
      metadata: undefined,
    },
  };
}

function readTask(body: Fields): Task {
  return {
    id: text(body.id) || taskId(body),
    contextId: contextId(body),
    status: readStatus(body.status),
    artifacts: list(body.artifacts).map(readArtifact),
    history: list(body.history).map(readMessage),
    metadata: undefined,
  };
}

function readStatus(status: unknown): TaskStatus {
  const fields = isFields(status) ? status : {};
  const message = fields.message ?? fields.update;
  return {
    state: readState(fields.state),
    message: isFields(message) ? readMessage(message) : undefined,
    timestamp: text(fields.timestamp) || undefined,
  };
}

function readMessage(message: Fields): Message {
  return {
    messageId: text(message.messageId ?? message.message_id),
    contextId: contextId(message),
    taskId: taskId(message),
    role: readRole(message.role),
    parts: readParts(message),
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
  };
}

function readArtifact(artifact: Fields, index: number): Artifact {
  const number = typeof artifact.index === "number" ? artifact.index : index;
  return {
    artifactId: text(artifact.artifactId ?? artifact.artifact_id) || `artifact-${number}`,
    name: text(artifact.name),
    description: text(artifact.description),
    parts: readParts(artifact),
    metadata: undefined,
    extensions: [],
  };
}

function readParts(holder: Fields): Part[] {
  return list(holder.parts ?? holder.content).flatMap((part) => readPart(part) ?? []);
}

function readPart(part: Fields): Part | undefined {
  const content = isFields(part.file) ? readFile(part.file) : readContent(part);
  if (!content) return undefined;
  const facts = isFields(part.file) ? part.file : part;
  return {
    content,
    metadata: undefined,
    filename: text(facts.filename ?? facts.name),
    mediaType: text(facts.mediaType ?? facts.media_type ?? facts.mimeType ?? facts.mime_type),
  };
}

function readContent(part: Fields): Part["content"] {
  if (typeof part.text === "string") return { $case: "text", value: part.text };
  if (typeof part.url === "string") return { $case: "url", value: part.url };
  if (typeof part.raw === "string") return { $case: "raw", value: Buffer.from(part.raw, "base64") };
  if (part.data === undefined) return undefined;
  // 0.3 HTTP+JSON wraps the data once more: {"data": {"data": {...}}}.
  const inner = part.kind === undefined && isFields(part.data) && Object.keys(part.data).length === 1 ? part.data.data : undefined;
  return { $case: "data", value: isFields(inner) ? inner : part.data };
}

function readFile(file: Fields): Part["content"] {
  const uri = text(file.uri ?? file.fileWithUri ?? file.file_with_uri ?? file.url);
  if (uri !== "") return { $case: "url", value: uri };
  const bytes = text(file.bytes ?? file.fileWithBytes ?? file.file_with_bytes);
  return bytes === "" ? undefined : { $case: "raw", value: Buffer.from(bytes, "base64") };
}

const states: Readonly<Record<string, TaskState>> = {
  submitted: TaskState.TASK_STATE_SUBMITTED,
  working: TaskState.TASK_STATE_WORKING,
  completed: TaskState.TASK_STATE_COMPLETED,
  failed: TaskState.TASK_STATE_FAILED,
  canceled: TaskState.TASK_STATE_CANCELED,
  cancelled: TaskState.TASK_STATE_CANCELED,
  "input-required": TaskState.TASK_STATE_INPUT_REQUIRED,
  rejected: TaskState.TASK_STATE_REJECTED,
  "auth-required": TaskState.TASK_STATE_AUTH_REQUIRED,
};

function readState(state: unknown): TaskState {
  if (typeof state === "number") return Object.values(states).find((known) => known === state) ?? TaskState.TASK_STATE_UNSPECIFIED;
  const name = text(state)
    .toLowerCase()
    .replace(/^task_state_/, "")
    .replaceAll("_", "-");
  return (Object.hasOwn(states, name) ? states[name] : undefined) ?? TaskState.TASK_STATE_UNSPECIFIED;
}

/** Whoever is not the user is the agent: "assistant", "model" and a missing role are seen in the wild. */
function readRole(role: unknown): Role {
  return role === Role.ROLE_USER || ["user", "role_user"].includes(text(role).toLowerCase()) ? Role.ROLE_USER : Role.ROLE_AGENT;
}

function taskId(body: Fields): string {
  return text(body.taskId ?? body.task_id);
}

function contextId(body: Fields): string {
  return text(body.contextId ?? body.context_id ?? body.sessionId);
}

function list(value: unknown): readonly Fields[] {
  return isList(value) ? value.filter(isFields) : [];
}

/** Ids are sometimes numbers. */
function text(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
