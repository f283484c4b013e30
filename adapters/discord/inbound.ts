import type { Attachment, Author, IncomingEvent } from "../../src/model/message.ts";
import { directWorkspace, toThread } from "./address.ts";
import { type Place, toAddressAt } from "./place.ts";
import { toFiles, toText } from "./said.ts";
import { toTime } from "./snowflake.ts";
import { beginsWithMention, type Names } from "./text.ts";
import type { Deleted, Message, WireAttachment } from "./wire.ts";

/** Who we are in Discord, and what its references are called. */
export interface Reading {
  readonly bot: string;
  readonly names: Names;
}

/** Default and Reply; every other type is Discord's own word. https://discord.com/developers/docs/resources/message#message-object-message-types */
const peoplesTypes = [0, 19];

/** Ids are the same in every delivery, whether by the gateway or read from the history. */
export const eventId = (snowflake: string): string => `discord:${snowflake}`;

/** Pure. Undefined: not for us. */
export function fromMessage(message: Message, place: Place, reading: Reading): IncomingEvent | undefined {
  const { author } = message;
  if (!author || !isPerson(message, reading)) return undefined;
  const trigger = toTrigger(message, place, reading);
  if (trigger === undefined) return undefined;
  return {
    kind: "message",
    id: eventId(message.id),
    thread: toThread(toAddressAt(place, message.id)),
    author: toAuthor(author.id, place),
    at: toTime(message.id),
    text: toText(message, reading.bot, reading.names),
    attachments: toFiles(message).map((file) => toAttachment(file, message.channel_id, message.id)),
    trigger,
  };
}

/** Discord also sends this event when it unfolds a link; only people's edits have a time. */
export function fromEdit(message: Message, place: Place, reading: Reading): IncomingEvent | undefined {
  const { author, edited_timestamp: edited } = message;
  if (!author || !edited || message.content == null || !isPerson(message, reading)) return undefined;
  const at = Date.parse(edited);
  return {
    kind: "edited",
    id: `${eventId(message.id)}:edited:${edited}`,
    message: eventId(message.id),
    thread: toThread(toAddressAt(place, message.id)),
    author: toAuthor(author.id, place),
    at: Number.isNaN(at) ? toTime(message.id) : at,
    text: toText(message, reading.bot, reading.names),
  };
}

/** Discord does not say whose messages they were. `now`: milliseconds since 1970. */
export function fromDeletion(deleted: Deleted, place: Place, now: number): readonly IncomingEvent[] {
  return deleted.ids.map((id) => ({
    kind: "deleted",
    id: `${eventId(id)}:deleted`,
    message: eventId(id),
    thread: toThread(toAddressAt(place, id)),
    author: toAuthor("", place),
    at: now,
  }));
}

export function toAuthor(id: string, place: Place): Author {
  return { id, workspace: place.kind === "direct" ? directWorkspace : place.guild };
}

/** The address of a file is good for a day; the message that it stands in knows the next one. */
export function toAttachment(file: WireAttachment, channel: string, message?: string): Attachment {
  return {
    id: file.id,
    name: file.filename || file.id,
    mediaType: file.content_type || "application/octet-stream",
    size: file.size ?? 0,
    source: { url: file.url, channel, ...(message && { message }) },
  };
}

/** In a thread people need not say for whom it is; in a chat that is not ours alone they do. */
function toTrigger(message: Message, place: Place, { bot }: Reading): "mention" | "direct" | "followUp" | undefined {
  if (place.kind === "direct") return "direct";
  // Roles and @everyone do not stand in this list; a reply that notifies us does.
  if (message.mentions.some(({ id }) => id === bot)) return "mention";
  return place.kind === "thread" && !beginsWithMention(message.content ?? "") ? "followUp" : undefined;
}

/** Not us, no other bot, no webhook (whose author is nobody), and nothing that Discord says itself. */
export function isPerson({ author, webhook_id: webhook, type }: Message, { bot }: Reading): boolean {
  return author?.id !== bot && !author?.bot && !webhook && peoplesTypes.includes(type);
}
