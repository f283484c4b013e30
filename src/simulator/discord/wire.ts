import { timeOf } from "./ids.ts";
import { toLink } from "./links.ts";
import { type FileRef, flags, type Message, messageTypes } from "./message.ts";
import { permissionsIn } from "./permissions.ts";
import { type Channel, findMessage, type Guild, isForum, isThread, type Person, type Realm, type Role } from "./realm.ts";

export type Wire = Readonly<Record<string, unknown>>;

/** A user as Discord writes it. Bots are never told a mail address. */
export function toUser({ userId, username, name, bot }: Person): Wire {
  return { id: userId, username, global_name: bot ? null : name, discriminator: "0", avatar: null, ...(bot && { bot }) };
}

export function toMember(guild: Guild, person: string): Wire | undefined {
  const member = guild.members.get(person);
  if (member === undefined) return undefined;
  const { roles, nick = null } = member;
  return { roles: [...roles], nick, joined_at: new Date(timeOf(guild.id)).toISOString(), deaf: false, mute: false, flags: 0, avatar: null };
}

export function toGuild(realm: Realm, guild: Guild): Wire {
  const channels = [...realm.channels.values()].filter((channel) => channel.guild === guild.id);
  const seen = channels.filter((channel) => (permissionsIn(realm, channel, "bot") & 1024n) !== 0n);
  const bot = realm.people.get("bot");
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    owner_id: realm.people.get(guild.owner ?? "")?.userId ?? "100000000000000000",
    preferred_locale: "en-US",
    member_count: guild.members.size,
    large: false,
    joined_at: new Date(timeOf(guild.id)).toISOString(),
    features: ["COMMUNITY"],
    emojis: [],
    stickers: [],
    roles: [...guild.roles.values()].map(toRole),
    channels: channels.filter((channel) => !isThread(channel)).map((channel) => toChannel(realm, channel)),
    threads: seen.filter((channel) => isThread(channel) && !channel.thread?.archived).map((channel) => toChannel(realm, channel)),
    members: bot === undefined ? [] : [{ ...toMember(guild, "bot"), user: toUser(bot) }],
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

export function toRole({ id, name, permissions, mentionable }: Role, position = 0): Wire {
  return {
    id,
    name,
    permissions: String(permissions),
    mentionable,
    position,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    managed: false,
    flags: 0,
  };
}

export function toChannel(realm: Realm, channel: Channel): Wire {
  const { id, type, name, guild, parent, person } = channel;
  const last_message_id = channel.messages.findLast(({ onlyFor }) => onlyFor === undefined)?.id ?? null;
  const recipient = realm.people.get(person ?? "");
  if (recipient !== undefined) return { id, type, last_message_id, recipients: [toUser(recipient)], flags: 0 };
  const base = { id, type, name, guild_id: guild, parent_id: parent ?? null, rate_limit_per_user: 0, flags: 0 };
  if (channel.thread !== undefined) return { ...base, last_message_id, ...toThreadFields(realm, channel, channel.thread) };
  const permission_overwrites = channel.overwrites.map(({ id, type, allow, deny }) => ({
    id,
    type: type === "role" ? 0 : 1,
    allow: String(allow),
    deny: String(deny),
  }));
  const forum = isForum(channel)
    ? { available_tags: [], default_reaction_emoji: null, default_sort_order: null, default_forum_layout: 0 }
    : {};
  return { ...base, last_message_id, position: 0, topic: null, nsfw: false, permission_overwrites, ...forum };
}

function toThreadFields(realm: Realm, { id, messages }: Channel, thread: NonNullable<Channel["thread"]>): Wire {
  const said = messages.filter(({ type }) => type === messageTypes.default || type === messageTypes.reply).length;
  return {
    owner_id: realm.people.get(thread.owner)?.userId,
    message_count: said,
    member_count: 2,
    total_message_sent: said,
    applied_tags: [],
    thread_metadata: {
      archived: thread.archived,
      locked: thread.locked,
      auto_archive_duration: thread.autoArchiveMinutes,
      archive_timestamp: new Date(thread.archivedAt).toISOString(),
      create_timestamp: new Date(timeOf(id)).toISOString(),
    },
  };
}

/** A message as Discord writes it. Without `content`, what people put into it is left out, as for an app without the intent. */
export function toMessage(realm: Realm, channel: Channel, message: Message, content = true): Wire {
  const author = realm.people.get(message.user);
  const { calls, webhook, replyTo } = message;
  const target = replyTo === undefined ? undefined : findMessage(channel, replyTo);
  const started = realm.channels.get(message.id);
  return {
    id: message.id,
    channel_id: channel.id,
    author:
      webhook === undefined && author
        ? toUser(author)
        : { id: home(message), username: webhook, discriminator: "0000", avatar: null, bot: true },
    ...(webhook !== undefined && { webhook_id: home(message) }),
    content: content ? message.text : "",
    timestamp: new Date(message.at).toISOString(),
    edited_timestamp: message.editedAt === undefined ? null : new Date(message.editedAt).toISOString(),
    tts: false,
    mention_everyone: calls.everyone,
    mentions: calls.people.flatMap((id) => realm.people.get(id) ?? []).map((person) => toMentioned(realm, channel, person)),
    mention_roles: calls.roles,
    attachments: content ? message.files.map((file) => toAttachment(realm, channel.id, file)) : [],
    embeds: content ? message.embeds : [],
    components: content ? message.components : [],
    pinned: false,
    type: message.type,
    flags: message.flags | (started === undefined ? 0 : flags.hasThread),
    ...(started !== undefined && { thread: toChannel(realm, started) }),
    ...(message.nonce !== undefined && { nonce: message.nonce }),
    ...(replyTo !== undefined && {
      message_reference: { type: 0, message_id: replyTo, channel_id: channel.id, ...(channel.guild && { guild_id: channel.guild }) },
      referenced_message: target === undefined ? null : toMessage(realm, channel, { ...target, replyTo: undefined }, content),
    }),
  };
}

/** A webhook's own id: any that no user has. */
function home({ channel }: Message): string {
  return String(BigInt(channel) + 500n);
}

function toMentioned(realm: Realm, { guild }: Channel, person: Person): Wire {
  const member = guild === undefined ? undefined : realm.guilds.get(guild);
  return { ...toUser(person), ...(member && { member: toMember(member, person.id) }) };
}

export function toAttachment(realm: Realm, channel: string, file: FileRef): Wire {
  const url = toLink(realm, channel, file);
  const { id, name, mediaType, bytes, description } = file;
  return {
    id,
    filename: name,
    size: bytes.length,
    content_type: mediaType,
    url,
    proxy_url: url,
    ...(description !== undefined && { description }),
  };
}

/** What MESSAGE_CREATE and MESSAGE_UPDATE add to a message. */
export function toMessageEvent(realm: Realm, channel: Channel, message: Message, content: boolean): Wire {
  const guild = channel.guild === undefined ? undefined : realm.guilds.get(channel.guild);
  const member = guild === undefined || message.webhook !== undefined ? undefined : toMember(guild, message.user);
  return {
    ...toMessage(realm, channel, message, content),
    ...(guild && { guild_id: guild.id }),
    ...(member && { member }),
    ...(realm.tellsChannelType && { channel_type: channel.type }),
  };
}
