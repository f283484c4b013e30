import { bot, type Message } from "./message.ts";
import { type Channel, channelTypes, isThread, type Realm } from "./realm.ts";
import { toChannel, toMessageEvent, type Wire } from "./wire.ts";

/** Which sessions hear of something (docs: gateway intents). */
export const intents = {
  guilds: 1 << 0,
  guildMembers: 1 << 1,
  presences: 1 << 8,
  guildMessages: 1 << 9,
  directMessages: 1 << 12,
  messageContent: 1 << 15,
} as const;

/** One event of the gateway. */
export interface Dispatch {
  readonly name: string;
  /** One of these intents is needed; 0: it always comes. */
  readonly intent: number;
  /** Where it happens; it comes only while the bot can see this channel. */
  readonly channel: Channel | undefined;
  /** `content`: whether the session may read what people write. */
  data(content: boolean): Wire;
}

export function messageEvent(realm: Realm, channel: Channel, message: Message, name: "MESSAGE_CREATE" | "MESSAGE_UPDATE"): Dispatch {
  return {
    name,
    intent: channel.type === channelTypes.direct ? intents.directMessages : intents.guildMessages,
    channel,
    data: (allowed) => toMessageEvent(realm, channel, message, allowed || readsAnyway(channel, message)),
  };
}

/** What an app may read without the intent: direct messages, its own messages, and what mentions it (docs: message content intent). */
export function readsAnyway(channel: Channel, message: Message): boolean {
  return channel.type === channelTypes.direct || message.user === bot || message.calls.people.includes(bot);
}

export function removedEvent(channel: Channel, message: Message): Dispatch {
  return {
    name: "MESSAGE_DELETE",
    intent: channel.type === channelTypes.direct ? intents.directMessages : intents.guildMessages,
    channel,
    data: () => ({ id: message.id, channel_id: channel.id, ...(channel.guild && { guild_id: channel.guild }) }),
  };
}

/** `happened`: `CREATE`, `UPDATE` or `DELETE` of a channel or thread. */
export function channelEvent(realm: Realm, channel: Channel, happened: "CREATE" | "UPDATE" | "DELETE"): Dispatch {
  const data = toChannel(realm, channel);
  return {
    name: `${isThread(channel) ? "THREAD" : "CHANNEL"}_${happened}`,
    intent: intents.guilds,
    channel,
    data: () => (happened === "CREATE" && isThread(channel) ? { ...data, newly_created: true } : data),
  };
}
