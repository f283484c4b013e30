import { isRecord } from "./arguments.ts";
import { blockText } from "./content.ts";
import { isStreaming, threadOf } from "./history.ts";
import type { Block, FileFact, Message, PrivateMessage } from "./message.ts";
import type { Workspace } from "./workspace.ts";

/** A message as a person sees it now. */
export interface Shown {
  readonly ts: string;
  readonly threadTs: string | undefined;
  readonly user: string;
  readonly name: string;
  readonly bot: boolean;
  /** What stands there: blocks and Markdown as they were given, plain text with its entities read. */
  readonly text: string;
  /** What a notification would say. */
  readonly fallback: string;
  readonly edited: boolean;
  readonly streaming: boolean;
  /** The delivery id in the metadata, where there is one. */
  readonly deliveryId: string | undefined;
  readonly buttons: readonly Button[];
  readonly tasks: readonly { readonly title: string; readonly status: string }[];
  readonly files: readonly FileFact[];
  readonly reactions: readonly string[];
  /** Who is called by this message: `channel`, `here`, `everyone`, or ids of people and groups. */
  readonly calls: readonly string[];
}

export interface Button {
  /** `button` or `feedback_buttons`. */
  readonly type: string;
  readonly label: string;
  readonly actionId: string;
  readonly blockId: string | undefined;
  readonly value: string | undefined;
  readonly style: "primary" | "danger" | undefined;
}

/** What one person was shown alone. */
export interface ShownPrivately {
  readonly user: string;
  readonly text: string;
  readonly ts: string;
}

export interface ShownThread {
  /** Root and replies, in order. */
  readonly messages: readonly Shown[];
  readonly replies: readonly Shown[];
  readonly private: readonly ShownPrivately[];
}

export function showThread(workspace: Workspace, channel: string, threadTs: string): ShownThread {
  const messages = threadOf(workspace, channel, threadTs).map((message) => show(workspace, message));
  return { messages, replies: messages.slice(1), private: showPrivately(workspace, channel, threadTs) };
}

/** Private messages of a thread, or those of the channel itself. */
export function showPrivately(workspace: Workspace, channel: string, threadTs: string | undefined): readonly ShownPrivately[] {
  const here = (message: PrivateMessage) => message.channel === channel && message.threadTs === threadTs;
  return workspace.privates
    .filter(here)
    .map(({ user, text, blocks, ts }) => ({ user, ts, text: blocks.length > 0 ? showBlocks(blocks) : readEntities(text) }));
}

export function show(workspace: Workspace, message: Message): Shown {
  const { ts, threadTs, user, stream, files, reactions } = message;
  const person = workspace.people.get(user);
  const raw = message.blocks.map((block) => JSON.stringify(block)).join(" ");
  return {
    ts,
    threadTs,
    user,
    name: person?.name ?? user,
    bot: person?.bot ?? false,
    text: message.tombstone ? "This message was deleted." : showText(message),
    fallback: message.text,
    edited: message.edited !== undefined,
    streaming: isStreaming(workspace, message),
    deliveryId: deliveryIdOf(message),
    buttons: showButtons(message),
    tasks: [...(stream?.tasks.values() ?? [])].map((task) => ({ ...task })),
    files,
    reactions: [...reactions],
    calls: whoIsCalled(`${message.text} ${message.markdown ?? ""} ${raw}`),
  };
}

function showText(message: Message): string {
  const blocks = showBlocks(message.blocks);
  if (message.markdown !== undefined) return [message.markdown, blocks].filter((text) => text !== "").join("\n");
  return message.blocks.length > 0 ? blocks : readEntities(message.text);
}

function showBlocks(blocks: readonly Block[]): string {
  return blocks
    .map(showBlock)
    .filter((text) => text !== "")
    .join("\n");
}

function showBlock(block: Block): string {
  if (block.type === "markdown") return blockText(block);
  if (block.type === "section" || block.type === "header") return readEntities(blockText(block));
  if (block.type !== "context" || !Array.isArray(block.elements)) return "";
  return block.elements
    .map((element) => (isRecord(element) && typeof element.text === "string" ? readEntities(element.text) : ""))
    .join(" ");
}

function readEntities(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** What can be pressed under a message. */
export function showButtons(message: Message): readonly Button[] {
  return message.blocks.flatMap((block) => {
    if ((block.type !== "actions" && block.type !== "context_actions") || !Array.isArray(block.elements)) return [];
    const blockId = typeof block.block_id === "string" ? block.block_id : undefined;
    return block.elements.flatMap((element: unknown) => (isRecord(element) ? toButtons(element, blockId) : []));
  });
}

function toButtons(element: Readonly<Record<string, unknown>>, blockId: string | undefined): readonly Button[] {
  if (typeof element.action_id !== "string") return [];
  const base = { type: String(element.type), actionId: element.action_id, blockId };
  if (element.type === "button") return [{ ...base, ...toFace(element) }];
  if (element.type !== "feedback_buttons") return [];
  return [element.positive_button, element.negative_button].filter(isRecord).map((half) => ({ ...base, ...toFace(half) }));
}

function toFace(element: Readonly<Record<string, unknown>>): Pick<Button, "label" | "value" | "style"> {
  const label = isRecord(element.text) && typeof element.text.text === "string" ? element.text.text : "";
  const style = element.style === "primary" || element.style === "danger" ? element.style : undefined;
  return { label, value: typeof element.value === "string" ? element.value : undefined, style };
}

/** The id by which a caller finds its own post again, under any of the usual names. */
export function deliveryIdOf(message: Message): string | undefined {
  const payload = message.metadata?.event_payload ?? {};
  const id = payload.delivery_id ?? payload.deliveryId ?? payload.delivery ?? payload.outbox_id;
  return typeof id === "string" ? id : blockMark(message);
}

/** A message that shows a file takes no metadata: its mark is the id of a block. */
function blockMark({ files, blocks }: Message): string | undefined {
  const [mark] = files.length > 0 ? blocks.map((block) => block.block_id) : [];
  return typeof mark === "string" ? mark : undefined;
}

/** Taken widely on purpose: what might call people in any of Slack's ways to read a text counts. */
function whoIsCalled(text: string): readonly string[] {
  const found = text.matchAll(/<[!@](?:subteam\^)?([A-Za-z0-9]+)[^>]*>|(?<![\w@])@(channel|here|everyone)\b/g);
  return [...new Set([...found].map((match) => match[1] ?? match[2] ?? ""))];
}
