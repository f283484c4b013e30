import { type Button, buttonsOf, textsOf } from "./components.ts";
import { bot, flags, type Message, messageTypes } from "./message.ts";
import { type Channel, findMessage, isForum, isThread, type Realm } from "./realm.ts";

/** A message as people see it now. */
export interface Shown {
  readonly id: string;
  readonly channel: string;
  readonly user: string;
  readonly name: string;
  readonly bot: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What stands there, in Discord's Markdown; texts of new components are joined. */
  readonly text: string;
  readonly edited: boolean;
  /** "is thinking…" stands in place of a text: an interaction was deferred. */
  readonly thinking: boolean;
  readonly buttons: readonly Button[];
  readonly embeds: readonly unknown[];
  readonly files: readonly { readonly id: string; readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }[];
  /** Whom it highlights: short ids, roles as `@<id>`, and `@everyone`. */
  readonly calls: readonly string[];
  /** Who was notified by it. */
  readonly pings: readonly string[];
  /** Each as `<short id> <emoji>`. */
  readonly reactions: readonly string[];
  readonly replyTo: string | undefined;
  /** The thread that began with it. */
  readonly thread: string | undefined;
  /** The slash command that it answers. */
  readonly interaction: string | undefined;
  readonly onlyFor: string | undefined;
}

export interface ShownThread {
  readonly id: string;
  readonly name: string;
  /** In order; in a thread its starter comes first. Ephemeral messages are not among them. */
  readonly messages: readonly Shown[];
  /** Without the starter of a thread. */
  readonly replies: readonly Shown[];
  /** Ephemeral messages. */
  readonly private: readonly Shown[];
  /** Whether the bot is typing now, and how many times it said so. */
  readonly typing: boolean;
  readonly typings: number;
  readonly archived: boolean;
  readonly locked: boolean;
}

/** What is seen of a channel, a thread or a direct channel. */
export function showThread(realm: Realm, channel: Channel): ShownThread {
  const shown = channel.messages.filter(isShown).map((message) => show(realm, message));
  const replies = shown.filter(({ onlyFor, id }) => onlyFor === undefined && id !== channel.id);
  const parent = realm.channels.get(channel.parent ?? "");
  const starter = isThread(channel) && parent ? findMessage(isForum(parent) ? channel : parent, channel.id) : undefined;
  return {
    id: channel.id,
    name: channel.name,
    messages: starter === undefined ? replies : [show(realm, starter), ...replies],
    replies,
    private: shown.filter(({ onlyFor }) => onlyFor !== undefined),
    typing: realm.clock.now() < channel.typingUntil,
    typings: channel.typings,
    archived: channel.thread?.archived ?? false,
    locked: channel.thread?.locked ?? false,
  };
}

/** What Discord itself writes about threads is not what people say. */
function isShown({ deleted, type }: Message): boolean {
  return !deleted && type !== messageTypes.starter && type !== messageTypes.threadCreated && type !== messageTypes.renamed;
}

function show(realm: Realm, message: Message): Shown {
  const { id, channel, user, at, edits, components, embeds, files, calls, pings, replyTo, interaction, onlyFor, webhook } = message;
  const thinking = (message.flags & flags.loading) !== 0;
  return {
    id,
    channel,
    user,
    name: webhook ?? realm.people.get(user)?.name ?? user,
    bot: user === bot,
    at,
    text: [message.text, ...textsOf(components)].filter((text) => text !== "").join("\n"),
    edited: edits > 0 && !thinking,
    thinking,
    buttons: buttonsOf(components),
    embeds,
    files: files.map(({ id, name, mediaType, bytes }) => ({ id, name, mediaType, bytes })),
    calls: [...calls.people, ...calls.roles.map((role) => `@${role}`), ...(calls.everyone ? ["@everyone"] : [])],
    pings,
    reactions: [...message.reactions],
    replyTo,
    thread: realm.channels.has(id) ? id : undefined,
    interaction,
    onlyFor,
  };
}
