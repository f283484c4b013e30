import { type Args, isRecord, requiredArg, textArg } from "../arguments.ts";
import { contentLimits, parseBlocks, parseMarkdownText, parseMetadata } from "../content.ts";
import { addMessage, isStreaming, requireRoot } from "../history.ts";
import type { Block, Message } from "../message.ts";
import { changeMessage, type Desk, type Methods, requireMessage, requireOpenChannel } from "../method.ts";
import { refuse } from "../refusal.ts";
import type { Person } from "../workspace.ts";
import { requireSessionStatus } from "./signs.ts";

/** Messages that are written bit by bit: opened, appended to, stopped, and dead after a few minutes whatever happens. */
export const streamMethods: Methods = {
  "chat.startStream": { scopes: ["chat:write"], run: start },
  "chat.appendStream": { scopes: ["chat:write"], run: append },
  "chat.stopStream": { scopes: ["chat:write"], run: stop },
};

function start(desk: Desk, args: Args) {
  const { workspace, sessions } = desk;
  const channel = requireOpenChannel(workspace, args);
  const threadTs = requireRoot(workspace, channel.id, requiredArg(args, "thread_ts")).ts;
  if (channel.kind !== "im") requireRecipient(desk, args);
  const pieces = parsePieces(args);
  const startedAt = workspace.clock.now();
  const message = addMessage(workspace, {
    channel: channel.id,
    threadTs,
    user: workspace.app.botUser,
    text: "",
    markdown: "",
    stream: { state: "open", startedAt, tasks: new Map() },
  });
  write(message, pieces);
  sessions.setText(channel.id, threadTs, "");
  desk.tell({ kind: "posted", message });
  return { channel: channel.id, ts: message.ts };
}

/** Whose eyes the stream is for; required outside direct messages. */
function requireRecipient({ workspace }: Desk, args: Args): Person {
  const user = textArg(args, "recipient_user_id");
  const team = textArg(args, "recipient_team_id");
  if (user === undefined) return refuse("missing_recipient_user_id");
  if (team === undefined) return refuse("missing_recipient_team_id");
  const person = workspace.people.get(user);
  if (person === undefined) return refuse("user_not_found");
  return person.team === team ? person : refuse("team_not_found");
}

function append(desk: Desk, args: Args) {
  const message = requireStream(desk, args);
  const pieces = parsePieces(args);
  if (pieces.length === 0) return refuse("no_text");
  changeMessage(desk, message, () => write(message, pieces));
  return { channel: message.channel, ts: message.ts };
}

function stop(desk: Desk, args: Args) {
  const message = requireStream(desk, args);
  const pieces = parsePieces(args);
  const blocks = parseBlocks(args.blocks) ?? [];
  const metadata = parseMetadata(args.metadata);
  const status = args.session_status === undefined ? undefined : requireSessionStatus(desk, args, "session_status");
  changeMessage(desk, message, () => {
    write(message, [...pieces, ...blocks.map((block) => ({ kind: "block", block }) as const)]);
    message.metadata = metadata ?? message.metadata;
    if (message.stream) message.stream.state = "stopped";
  });
  if (status !== undefined && message.threadTs !== undefined) desk.sessions.setSession(message.channel, message.threadTs, status);
  return { channel: message.channel, ts: message.ts, message: { text: message.text } };
}

function requireStream({ workspace }: Desk, args: Args): Message {
  const message = requireMessage(workspace, args);
  if (message.user !== workspace.app.botUser) return refuse("message_not_owned_by_app");
  if (message.stream?.state === "stoppedByUser") return refuse("stopped_by_user");
  return isStreaming(workspace, message) ? message : refuse("message_not_in_streaming_state");
}

type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "task"; readonly id: string; readonly title: string; readonly status: string }
  | { readonly kind: "plan" }
  | { readonly kind: "block"; readonly block: Block };

function parsePieces(args: Args): readonly Piece[] {
  const text = parseMarkdownText(args);
  if (args.chunks === undefined) return text === undefined ? [] : [{ kind: "text", text }];
  if (text !== undefined) return refuse("markdown_text_conflict");
  return Array.isArray(args.chunks) ? args.chunks.flatMap(parseChunk) : refuse("invalid_chunks_format");
}

const taskStates = ["pending", "in_progress", "complete", "error"];

function parseChunk(chunk: unknown): readonly Piece[] {
  if (!isRecord(chunk)) return refuse("invalid_chunks");
  const { type, text, id, title, status } = chunk;
  if (type === "markdown_text" && typeof text === "string") {
    return text.length > contentLimits.markdown ? refuse("msg_too_long") : [{ kind: "text", text }];
  }
  if (
    type === "task_update" &&
    typeof id === "string" &&
    typeof title === "string" &&
    typeof status === "string" &&
    taskStates.includes(status)
  ) {
    return [{ kind: "task", id, title, status }];
  }
  if (type === "plan_update" && typeof title === "string") return [{ kind: "plan" }];
  if (type === "blocks") return (parseBlocks(chunk.blocks) ?? []).map((block) => ({ kind: "block", block }) as const);
  return refuse("invalid_chunks");
}

function write(message: Message, pieces: readonly Piece[]): void {
  for (const piece of pieces) {
    if (piece.kind === "text") message.markdown = (message.markdown ?? "") + piece.text;
    if (piece.kind === "task") message.stream?.tasks.set(piece.id, { title: piece.title, status: piece.status });
    if (piece.kind === "block") message.blocks = [...message.blocks, piece.block];
  }
  message.text = message.markdown ?? "";
}
