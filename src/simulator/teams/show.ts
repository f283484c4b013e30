import { adaptiveCard, aiEntities, fileInfo } from "./content.ts";
import { type Desk, threadOf } from "./desk.ts";
import { type Attachment, bot, type FileFact, type Message } from "./message.ts";
import { isOpen } from "./stream.ts";
import type { Conversation, Tenant } from "./tenant.ts";

/** A message as a person sees it now. */
export interface Shown {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly threadId: string | undefined;
  readonly user: string;
  readonly name: string;
  readonly bot: boolean;
  /** What stands there, in Markdown as it was given. */
  readonly text: string;
  readonly edited: boolean;
  readonly streaming: boolean;
  /** How a stream went; undefined for what was posted at once. */
  readonly stream: "open" | "final" | "expired" | "stoppedByUser" | undefined;
  /** "AI generated" stands beside the name. */
  readonly aiLabel: boolean;
  readonly citations: readonly { readonly position: number; readonly name: string; readonly url: string | undefined }[];
  /** Thumbs under the message, and what they open. */
  readonly feedback: "default" | "custom" | undefined;
  /** The contents of the Adaptive Cards under the text. */
  readonly cards: readonly unknown[];
  /** What single persons see in their place since they clicked. */
  readonly refreshed: readonly { readonly user: string; readonly card: unknown }[];
  /** What can be pressed on the cards. */
  readonly buttons: readonly Button[];
  /** Suggested answers, offered by the newest message of a personal chat. */
  readonly suggestions: readonly string[];
  /** Sent by people or brought by the bot, pictures in a message of the bot included; one that the bot only asks to bring has no id. */
  readonly files: readonly FileFact[];
  /** Each as `<user> <reaction>`. */
  readonly reactions: readonly string[];
  /** Ids of people who are called by this message; the bot is `bot`. */
  readonly calls: readonly string[];
  /** Only this person sees it. */
  readonly onlyFor: string | undefined;
}

export interface Button {
  readonly title: string;
  /** `Action.Execute`, `Action.Submit` or `Action.OpenUrl`. */
  readonly type: string;
  readonly id: string | undefined;
  readonly verb: string | undefined;
  readonly data: unknown;
  readonly url: string | undefined;
}

export interface ShownThread {
  /** Root and replies, in order; all of a chat. Targeted messages are not among them. */
  readonly messages: readonly Shown[];
  readonly replies: readonly Shown[];
  /** What single persons were shown. */
  readonly private: readonly Shown[];
  /** Whether the bot is typing now, and how many times it said so. */
  readonly typing: boolean;
  readonly typings: number;
}

/** What is seen of a thread of a channel, or of a whole chat. */
export function showThread(desk: Desk, conversation: Conversation, threadId: string | undefined): ShownThread {
  const all = threadOf(conversation, threadId).filter((message) => !message.deleted || hasReplies(conversation, message));
  const shown = all.map((message) => show(desk, conversation, message));
  const messages = shown.filter(({ onlyFor }) => onlyFor === undefined);
  return {
    messages,
    replies: messages.slice(1),
    private: shown.filter(({ onlyFor }) => onlyFor !== undefined),
    typing: desk.tenant.clock.now() < conversation.typingUntil,
    typings: conversation.typings,
  };
}

function hasReplies({ messages }: Conversation, root: Message): boolean {
  return messages.some(({ threadId, deleted }) => threadId === root.id && !deleted);
}

function show(desk: Desk, { messages }: Conversation, message: Message): Shown {
  const { tenant } = desk;
  const { id, at, threadId, user, stream, channelData, attachments, reactions, onlyFor } = message;
  const streaming = isOpen(desk, message);
  return {
    id,
    at,
    threadId,
    user,
    name: user === bot ? tenant.app.name : (tenant.people.get(user)?.name ?? user),
    bot: user === bot,
    text: message.deleted ? "This message has been deleted." : message.text,
    edited: message.edited,
    streaming,
    stream: stream?.state,
    aiLabel: aiEntities(message.entities).some(isLabel),
    citations: aiEntities(message.entities).flatMap(toCitations),
    feedback: toFeedback(channelData),
    cards: cardsOf(message),
    refreshed: [...message.refreshed].map(([user, card]) => ({ user, card })),
    buttons: buttonsOf(message),
    suggestions: messages.at(-1) === message ? message.suggestions : [],
    files: message.deleted ? [] : [...message.files, ...attachments.flatMap((one, at) => toFile(tenant, message, one, at))],
    reactions: [...reactions],
    calls: toCalls(desk, message),
    onlyFor,
  };
}

export const fileConsent = "application/vnd.microsoft.teams.card.file.consent";

function cardsOf({ deleted, attachments }: Message): readonly unknown[] {
  return deleted ? [] : attachments.flatMap(({ contentType, content }) => (contentType === adaptiveCard ? [content] : []));
}

/** What can be pressed on the cards of a message. */
export function buttonsOf(message: Message): readonly Button[] {
  return cardsOf(message).flatMap(toButtons);
}

/** A file that the bot has brought, or asks to bring, or a picture that it shows. */
function toFile(
  { files }: Tenant,
  message: Message,
  { contentType, content, contentUrl, name = "" }: Attachment,
  at: number,
): Shown["files"] {
  if (contentType === fileConsent) return [{ id: "", name, mediaType: "", size: Number(Object(content).sizeInBytes ?? 0) }];
  if (contentType === fileInfo) {
    const id = String(Object(content).uniqueId);
    const file = files.get(id);
    return [{ id, name, mediaType: file?.mediaType ?? "", size: file?.bytes.byteLength ?? 0 }];
  }
  // A person's own pictures stand among the message's files.
  if (message.user !== bot || !contentType.startsWith("image/")) return [];
  const bytes = toPicture(contentUrl);
  return bytes === undefined ? [] : [{ id: `${message.id}/${at}`, name, mediaType: contentType, size: bytes.byteLength }];
}

/** A file by the id that `Shown.files` names. */
export function findFile(
  { files, conversations }: Tenant,
  id: string,
): { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array } | undefined {
  const known = files.get(id);
  if (known !== undefined) return known;
  const [message, at] = id.split("/");
  const all = [...conversations.values()].flatMap(({ messages }) => messages);
  const picture = all.find((one) => one.id === message)?.attachments[Number(at)];
  const bytes = toPicture(picture?.contentUrl);
  return picture && bytes && { name: picture.name ?? "", mediaType: picture.contentType, bytes };
}

/** A picture that stands in the message itself. */
function toPicture(url: string | undefined): Uint8Array | undefined {
  const [, base64] = /^data:image\/[a-z+.-]+;base64,(.*)$/s.exec(url ?? "") ?? [];
  return base64 === undefined ? undefined : Buffer.from(base64, "base64");
}

function isLabel(entity: Readonly<Record<string, unknown>>): boolean {
  return Array.isArray(entity.additionalType) && entity.additionalType.includes("AIGeneratedContent");
}

function toCitations({ citation }: Readonly<Record<string, unknown>>): Shown["citations"] {
  if (!Array.isArray(citation)) return [];
  return citation.map((one: unknown) => {
    const { position, appearance }: { readonly position?: unknown; readonly appearance?: unknown } = Object(one);
    const { name, url }: { readonly name?: unknown; readonly url?: unknown } = Object(appearance);
    return { position: Number(position), name: String(name ?? ""), url: typeof url === "string" ? url : undefined };
  });
}

/** `feedbackLoopEnabled` is the older way to ask for thumbs. */
export function toFeedback({ feedbackLoop, feedbackLoopEnabled }: Readonly<Record<string, unknown>>): Shown["feedback"] {
  const { type }: { readonly type?: unknown } = Object(feedbackLoop);
  if (type === "default" || type === "custom") return type;
  return feedbackLoopEnabled === true ? "default" : undefined;
}

/** The actions of a card, wherever they stand in it. */
function toButtons(card: unknown): readonly Button[] {
  if (Array.isArray(card)) return card.flatMap(toButtons);
  if (typeof card !== "object" || card === null) return [];
  // What stands in for an action that a client does not know is not shown: Teams knows them all.
  const { type, title, id, verb, data, url, fallback: _, ...rest }: Readonly<Record<string, unknown>> = { ...card };
  const inner = Object.values(rest).flatMap(toButtons);
  if (typeof type !== "string" || !/^Action\.(Execute|Submit|OpenUrl)$/.test(type)) return inner;
  const button = { title: String(title ?? ""), type, id: text(id), verb: text(verb), data, url: text(url) };
  return [button, ...inner];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function toCalls({ tenant }: Desk, { entities }: Message): readonly string[] {
  const ids = entities.flatMap(({ type, mentioned }) => (type === "mention" ? [String(Object(mentioned).id)] : []));
  return ids.map((id) => (id === tenant.app.accountId ? bot : ([...tenant.people.values()].find((one) => one.accountId === id)?.id ?? id)));
}
