import { bot } from "./message.ts";
import { permissions } from "./permissions.ts";
import { addChannel, addPerson, type Guild, home, type PersonSpec, type Realm, type Role } from "./realm.ts";

export interface GuildSpec {
  readonly id?: string;
  readonly name: string;
  /** Short ids; everybody who is known, unless it is said. They have the staff's role. */
  readonly members?: readonly string[];
  readonly installed?: boolean;
}

const { viewChannel, sendMessages, readMessageHistory, embedLinks, attachFiles, addReactions } = permissions;
const { createPublicThreads, sendMessagesInThreads, useApplicationCommands } = permissions;
/** What the bot's own role allows: what it asks for when it is installed, and no more. Everybody's role allows nothing. */
const ofBot =
  viewChannel | sendMessages | sendMessagesInThreads | createPublicThreads | readMessageHistory | embedLinks | attachFiles | addReactions;

/** A guild with a role for its staff and one for the bot. */
export function addGuild(realm: Realm, { id = realm.newId(), name, members, installed = true }: GuildSpec): Guild {
  const first = id === home.guild;
  const staff: Role = {
    id: first ? home.staffRole : realm.newId(),
    name: "Staff",
    permissions: ofBot | useApplicationCommands,
    mentionable: true,
  };
  const own: Role = { id: first ? home.botRole : realm.newId(), name: realm.app.name, permissions: ofBot, mentionable: false };
  const everyone: Role = { id, name: "@everyone", permissions: 0n, mentionable: false };
  const people = members ?? [...realm.people.values()].filter((person) => !person.bot).map((person) => person.id);
  const guild: Guild = {
    id,
    name,
    owner: undefined,
    roles: new Map([everyone, staff, own].map((role) => [role.id, role])),
    members: new Map(people.map((person) => [person, { roles: new Set([staff.id]), nick: undefined }])),
  };
  if (installed) guild.members.set(bot, { roles: new Set([own.id]), nick: undefined });
  realm.guilds.set(id, guild);
  return guild;
}

/** What is there from the beginning. */
export function settle(realm: Realm, people: readonly PersonSpec[]): void {
  for (const spec of [{ id: "ann", name: "Ann Archer" }, { id: "ben", name: "Ben Baker" }, ...people]) addPerson(realm, spec);
  addGuild(realm, { id: home.guild, name: "Acme" });
  addChannel(realm, { id: home.category, name: "Support", type: "category" });
  addChannel(realm, { id: home.help, name: "help", parent: home.category });
  addChannel(realm, { id: home.random, name: "random" });
  addChannel(realm, { id: home.forum, name: "questions", type: "forum" });
}
