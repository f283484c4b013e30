import { z } from "zod";
import { parseForm } from "../content.ts";
import { type Desk, requireChannel } from "../desk.ts";
import { isGoodLink } from "../links.ts";
import { bot } from "../message.ts";
import { may } from "../permissions.ts";
import { directChannel, type Guild, isThread, personOf } from "../realm.ts";
import { refuse } from "../refusal.ts";
import { toChannel, toMember, toRole, toUser, type Wire } from "../wire.ts";

/** GET /channels/{channel} */
export function readChannel(desk: Desk, id: string): Wire {
  return toChannel(desk.realm, requireChannel(desk, id));
}

function requireGuild({ realm }: Desk, id: string): Guild {
  const guild = realm.guilds.get(id);
  if (guild === undefined) return refuse("unknownGuild");
  return guild.members.has(bot) ? guild : refuse("missingAccess");
}

/** GET /guilds/{guild} */
export function readGuild(desk: Desk, id: string): Wire {
  const guild = requireGuild(desk, id);
  return {
    id,
    name: guild.name,
    owner_id: desk.realm.people.get(guild.owner ?? "")?.userId,
    roles: [...guild.roles.values()].map(toRole),
    emojis: [],
    features: [],
    stickers: [],
  };
}

/** GET /guilds/{guild}/channels: what the bot can see; threads are not among them. */
export function readGuildChannels(desk: Desk, id: string): readonly Wire[] {
  requireGuild(desk, id);
  const { realm } = desk;
  const all = [...realm.channels.values()].filter((channel) => channel.guild === id && !isThread(channel));
  return all.filter((channel) => may(realm, channel, bot, "viewChannel")).map((channel) => toChannel(realm, channel));
}

/** GET /guilds/{guild}/roles */
export function readRoles(desk: Desk, id: string): readonly Wire[] {
  return [...requireGuild(desk, id).roles.values()].map((role, position) => toRole(role, position));
}

/** GET /guilds/{guild}/members/{user} */
export function readMember(desk: Desk, id: string, user: string): Wire {
  const guild = requireGuild(desk, id);
  const person = personOf(desk.realm, user);
  const member = person && toMember(guild, person.id);
  return person === undefined || member === undefined ? refuse("unknownMember") : { ...member, user: toUser(person) };
}

/** GET /users/{user}; `@me` is the bot. */
export function readUser(desk: Desk, user: string): Wire {
  const person = user === "@me" ? desk.realm.people.get(bot) : personOf(desk.realm, user);
  return person === undefined ? refuse("unknownUser") : toUser(person);
}

/** POST /users/@me/channels */
export function openDirect(desk: Desk, body: unknown): Wire {
  const { recipient_id } = parseForm(z.object({ recipient_id: z.string() }), body);
  const person = personOf(desk.realm, recipient_id);
  if (person === undefined || person.bot) return refuse("closedDirects");
  return toChannel(desk.realm, directChannel(desk.realm, person.id));
}

/** GET /attachments/{channel}/{file}/{name}: needs a good link and no token. Undefined: the link is bad, old, or leads nowhere. */
export function download(
  desk: Desk,
  path: string,
  query: URLSearchParams,
  authorization: string | undefined,
): { readonly mediaType: string; readonly bytes: Uint8Array } | undefined {
  if (authorization !== undefined) desk.violation("the bot's token was sent to the file server");
  if (!isGoodLink(desk.realm, path, query)) return undefined;
  const [, , channel = "", file] = path.split("/");
  const all = desk.realm.channels.get(channel)?.messages ?? [];
  return all.flatMap(({ files }) => files).find(({ id }) => id === file);
}
