import { Routes } from "discord.js";
import { codes, discordCode } from "./errors.ts";
import { type Place, toPlace } from "./place.ts";
import type { Rest } from "./rest.ts";
import type { Names } from "./text.ts";
import { type Channel, channelSchema, type Guild } from "./wire.ts";

/** What is known of servers, channels and roles: what the gateway told, and what had to be asked for. */
export interface Book extends Names {
  /** The servers that the bot is in. */
  guilds(): readonly string[];
  addGuild(guild: Guild): void;
  removeGuild(guild: string): void;
  addChannel(channel: Channel): void;
  /** Something without a server was said there. A channel that is known stays what it is. */
  addDirect(channel: string): void;
  removeChannel(channel: string): void;
  addRole(id: string, name: string): void;
  /** Asks Discord where it has to. Undefined for a place in which nobody can be answered. Rejects with a DeliveryError. */
  place(channel: string, signal: AbortSignal): Promise<Place | undefined>;
}

/** Of all channels and threads; the oldest are asked for again. */
const remembered = 50_000;

export function createBook(rest: Rest): Book {
  const channels = new Map<string, Channel>();
  const roles = new Map<string, string>();
  const guilds = new Set<string>();

  const addChannel = (channel: Channel) => {
    channels.delete(channel.id);
    channels.set(channel.id, channel);
    const [oldest] = channels.keys();
    if (channels.size > remembered && oldest !== undefined) channels.delete(oldest);
  };

  return {
    role: (id) => roles.get(id),
    channel: (id) => channels.get(id)?.name ?? undefined,
    guilds: () => [...guilds],
    addGuild({ id, channels: given, threads, roles: named }) {
      guilds.add(id);
      for (const channel of [...given, ...threads]) addChannel({ ...channel, guild_id: id });
      for (const role of named) roles.set(role.id, role.name);
    },
    removeGuild(guild) {
      guilds.delete(guild);
      for (const [id, { guild_id: of }] of channels) if (of === guild) channels.delete(id);
    },
    addChannel,
    addDirect: (id) => void (channels.has(id) || addChannel({ id, type: 1 })),
    removeChannel: (channel) => void channels.delete(channel),
    addRole: (id, name) => void roles.set(id, name),
    async place(id, signal) {
      const known = channels.get(id) ?? (await ask(rest, id, signal));
      if (known && !channels.has(id)) addChannel(known);
      return known && toPlace(known);
    },
  };
}

async function ask(rest: Rest, id: string, signal: AbortSignal): Promise<Channel | undefined> {
  try {
    return channelSchema.safeParse(await rest.call("get", Routes.channel(id), { name: "channel", purpose: "read" }, signal)).data;
  } catch (error) {
    const code = discordCode(error);
    if (code === codes.unknownChannel || code === codes.noAccess) return undefined;
    throw error;
  }
}
