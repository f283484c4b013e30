import { type DiscordAddress, directWorkspace } from "./address.ts";
import type { Channel } from "./wire.ts";

/** What a channel is to us. */
export type Place =
  | { readonly kind: "direct"; readonly channel: string }
  /** A thread, or a post of a forum: it is the conversation. */
  | { readonly kind: "thread"; readonly guild: string; readonly channel: string; readonly thread: string }
  /** A channel in which a conversation gets a thread of its own. */
  | { readonly kind: "channel"; readonly guild: string; readonly channel: string }
  /** A channel that has no threads (the chat of a voice channel): one chat without an end. */
  | { readonly kind: "chat"; readonly guild: string; readonly channel: string };

/** https://discord.com/developers/docs/resources/channel#channel-object-channel-types */
const types = { text: 0, direct: 1, voice: 2, announcement: 5, announcementThread: 10, publicThread: 11, privateThread: 12, stage: 13 };
const threads = [types.announcementThread, types.publicThread, types.privateThread];

/** Pure. Undefined for what people cannot write messages in, such as a category or a forum itself. */
export function toPlace({ id, type, guild_id: guild, parent_id: parent }: Channel): Place | undefined {
  if (type === types.direct) return { kind: "direct", channel: id };
  if (!guild) return undefined;
  if (threads.includes(type)) return parent ? { kind: "thread", guild, channel: parent, thread: id } : undefined;
  if (type === types.text || type === types.announcement) return { kind: "channel", guild, channel: id };
  return type === types.voice || type === types.stage ? { kind: "chat", guild, channel: id } : undefined;
}

/** The address of what is said here in `message`; in a channel that message is the root of its thread. */
export function toAddressAt(place: Place, message: string): DiscordAddress {
  switch (place.kind) {
    case "direct":
      return { guild: directWorkspace, channel: place.channel, message };
    case "thread":
      return { guild: place.guild, channel: place.channel, thread: place.thread, message };
    case "channel":
      return { guild: place.guild, channel: place.channel, thread: message, root: true, message };
    case "chat":
      return { guild: place.guild, channel: place.channel, message };
  }
}
