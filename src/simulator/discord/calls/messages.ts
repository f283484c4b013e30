import { type Content, type MessageBody, messageSchema, parseForm, readContent, requireSomething, type Upload } from "../content.ts";
import { type Desk, requireChannel, requireMessage, requirePermission, requireWritable } from "../desk.ts";
import { channelEvent, messageEvent, readsAnyway, removedEvent } from "../events.ts";
import { compareIds } from "../ids.ts";
import { toCalls, toPings } from "../mentions.ts";
import { bot, flags, type Message, messageTypes, type NewMessage, toMessage } from "../message.ts";
import { may } from "../permissions.ts";
import { type Channel, channelTypes, isForum, isThread, keepMessage } from "../realm.ts";
import { refuse, refuseForm } from "../refusal.ts";
import { toMessage as toWire, type Wire } from "../wire.ts";

/** What the bot may read without the intent that its application has, or not, in the portal. */
export function readable(desk: Desk, channel: Channel, message: Message): Wire {
  return toWire(desk.realm, channel, message, desk.realm.app.messageContent || readsAnyway(channel, message));
}

const hour = 3_600_000;

/** POST /channels/{channel}/messages */
export function postMessage(desk: Desk, id: string, body: unknown, uploads: readonly Upload[]): Wire {
  const channel = requireChannel(desk, id);
  if (isForum(channel)) refuse("inForum");
  if (channel.type === channelTypes.category) refuse("notText");
  requireWritable(desk, channel);
  const asked = parseForm(messageSchema, body);
  if (channel.person !== undefined && desk.realm.people.get(channel.person)?.closed) refuse("closedDirects");
  const twin = findTwin(desk, asked);
  if (twin !== undefined) return readable(desk, twin.channel, twin.message);
  const content = readContent(desk, channel, asked, uploads);
  requireSomething(content);
  const message = compose(desk, channel, asked, content, {});
  openAgain(desk, channel, () => publish(desk, channel, message));
  return readable(desk, channel, message);
}

/** The message that the bot made with this nonce a short while ago, wherever it was (docs: create message, enforce_nonce). */
function findTwin(desk: Desk, { nonce, enforce_nonce }: MessageBody): { readonly channel: Channel; readonly message: Message } | undefined {
  if (nonce === undefined || nonce === null) return undefined;
  if (String(nonce).length > 25) refuseForm("nonce", "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length.");
  if (!enforce_nonce) return undefined;
  const since = desk.realm.clock.now() - desk.nonceWindowMs;
  for (const channel of desk.realm.channels.values()) {
    const message = channel.messages.findLast((one) => one.user === bot && one.nonce === nonce && one.at >= since);
    if (message !== undefined) return { channel, message };
  }
  return undefined;
}

/** A message of the bot that nobody sees yet. */
export function compose(desk: Desk, channel: Channel, asked: MessageBody, content: Content, more: Partial<NewMessage>): Message {
  const { realm } = desk;
  const text = content.text ?? "";
  const replyTo = toReplied(channel, asked);
  const calls = toCalls(realm, channel, {
    user: bot,
    text,
    allowed: asked.allowed_mentions ?? undefined,
    replied: channel.messages.find((message) => message.id === replyTo)?.user,
  });
  const bits = (content.flags ?? 0) & ~flags.hasThread;
  return toMessage({
    id: realm.newId(),
    channel: channel.id,
    user: bot,
    at: realm.clock.now(),
    type: replyTo === undefined ? messageTypes.default : messageTypes.reply,
    text,
    embeds: content.embeds ?? [],
    components: content.components ?? [],
    files: content.files,
    flags: bits,
    calls,
    pings: (bits & flags.silent) === 0 ? toPings(realm, channel, calls) : [],
    nonce: asked.nonce ?? undefined,
    replyTo,
    ...more,
  });
}

function toReplied(channel: Channel, { message_reference: reference }: MessageBody): string | undefined {
  if (!reference) return undefined;
  const there = channel.messages.some(({ id, deleted }) => id === reference.message_id && !deleted);
  if (there) return reference.message_id;
  if (reference.fail_if_not_exists !== false) refuseForm("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message");
  return undefined;
}

/** Puts a message where it belongs, and tells the bot of it unless it is ephemeral. */
export function publish(desk: Desk, channel: Channel, message: Message): void {
  keepMessage(channel, message);
  if (message.user === bot) channel.typingUntil = 0;
  if (message.onlyFor === undefined) desk.tell(messageEvent(desk.realm, channel, message, "MESSAGE_CREATE"));
  desk.realm.changed();
}

/**
 * Whoever writes in an archived thread opens it again. That the bot hears of the message before it hears of the thread is the harder
 * order for a client that has forgotten the thread; Discord documents none.
 */
export function openAgain(desk: Desk, channel: Channel, write: () => void): void {
  const { thread } = channel;
  const closed = thread?.archived === true;
  if (thread) thread.archived = false;
  write();
  if (closed) desk.tell(channelEvent(desk.realm, channel, "UPDATE"));
}

/** PATCH /channels/{channel}/messages/{message} */
export function editMessage(desk: Desk, id: string, messageId: string, body: unknown, uploads: readonly Upload[]): Wire {
  const channel = requireChannel(desk, id);
  const message = requireMessage(channel, messageId);
  if (message.user !== bot) refuse("othersMessage");
  if (isThread(channel) && channel.thread?.archived) refuse("archived");
  const now = desk.realm.clock.now();
  if (now - message.at > hour && message.edits >= desk.oldEdits) refuse("manyOldEdits");
  change(desk, channel, message, parseForm(messageSchema, body), uploads);
  desk.tell(messageEvent(desk.realm, channel, message, "MESSAGE_UPDATE"));
  return readable(desk, channel, message);
}

/** Changes what a message holds; what the body does not name stays as it is. */
export function change(desk: Desk, channel: Channel, message: Message, asked: MessageBody, uploads: readonly Upload[]): void {
  const content = readContent(desk, channel, asked, uploads, message.flags);
  const kept = asked.attachments ? message.files.filter(({ id }) => asked.attachments?.some((one) => one.id === id)) : message.files;
  const next = {
    text: content.text ?? message.text,
    embeds: content.embeds ?? message.embeds,
    components: content.components ?? message.components,
    files: [...kept, ...content.files],
    flags: content.flags,
  };
  requireSomething(next);
  const { realm } = desk;
  const replied = channel.messages.find(({ id }) => id === message.replyTo)?.user;
  const calls = toCalls(realm, channel, { user: bot, text: next.text, allowed: asked.allowed_mentions ?? undefined, replied });
  // What was only announced is not edited by its coming.
  const announced = (message.flags & flags.loading) !== 0;
  Object.assign(message, { ...next, calls, flags: (next.flags ?? message.flags) & ~flags.loading });
  if (!announced) {
    message.edits += 1;
    message.editedAt = realm.clock.now();
  }
  realm.changed();
}

/** DELETE /channels/{channel}/messages/{message} */
export function deleteMessage(desk: Desk, id: string, messageId: string): void {
  const channel = requireChannel(desk, id);
  const message = requireMessage(channel, messageId);
  if (message.user !== bot) requirePermission(desk, channel, "manageMessages");
  if (channel.thread?.archived) refuse("archived");
  remove(desk, channel, message);
}

export function remove(desk: Desk, channel: Channel, message: Message): void {
  message.deleted = true;
  if (message.onlyFor === undefined) desk.tell(removedEvent(channel, message));
  desk.realm.changed();
}

/** GET /channels/{channel}/messages/{message} */
export function readMessage(desk: Desk, id: string, messageId: string): Wire {
  const channel = requireChannel(desk, id);
  requirePermission(desk, channel, "readMessageHistory");
  return readable(desk, channel, requireMessage(channel, messageId));
}

/**
 * GET /channels/{channel}/messages, newest first, 50 unless `limit` says otherwise, 100 at most (docs: get channel messages).
 * `after` gives those that follow most closely, as clients rely on when they read on page by page.
 */
export function readHistory(desk: Desk, id: string, query: URLSearchParams): readonly Wire[] {
  const channel = requireChannel(desk, id);
  const limit = Number(query.get("limit") ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    refuseForm("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.");
  if (!may(desk.realm, channel, bot, "readMessageHistory")) return [];
  const all = channel.messages.filter(({ deleted, onlyFor }) => !deleted && onlyFor === undefined);
  const [after, before] = [query.get("after"), query.get("before")];
  const found =
    after !== null
      ? all.filter((message) => compareIds(message.id, after) > 0).slice(0, limit)
      : all.filter((message) => before === null || compareIds(message.id, before) < 0).slice(-limit);
  return found.toReversed().map((message) => readable(desk, channel, message));
}

/** PUT and DELETE /channels/{channel}/messages/{message}/reactions/{emoji}/@me */
export function react(desk: Desk, id: string, messageId: string, emoji: string, there: boolean): void {
  const channel = requireChannel(desk, id);
  const message = requireMessage(channel, messageId);
  if (channel.thread?.archived) refuse("archived");
  if (there) requirePermission(desk, channel, "addReactions");
  const mark = `${bot} ${emoji}`;
  if (there) message.reactions.add(mark);
  else if (!message.reactions.delete(mark)) refuse("unknownMessage");
  desk.realm.changed();
}

/** POST /channels/{channel}/typing: the sign shows for ten seconds, or until the bot writes (docs: trigger typing indicator). */
export function showTyping(desk: Desk, id: string): void {
  const channel = requireChannel(desk, id);
  requireWritable(desk, channel);
  channel.typingUntil = desk.realm.clock.now() + 10_000;
  channel.typings += 1;
  desk.realm.changed();
}
