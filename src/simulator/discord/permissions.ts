import { type Channel, type Guild, isThread, type Realm } from "./realm.ts";

/** The bits that the simulator looks at (docs: permissions). */
export const permissions = {
  administrator: 1n << 3n,
  addReactions: 1n << 6n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readMessageHistory: 1n << 16n,
  mentionEveryone: 1n << 17n,
  useApplicationCommands: 1n << 31n,
  manageThreads: 1n << 34n,
  createPublicThreads: 1n << 35n,
  createPrivateThreads: 1n << 36n,
  sendMessagesInThreads: 1n << 38n,
} as const;

export type Permission = keyof typeof permissions;

const all = (1n << 53n) - 1n;

/** What somebody may do in a channel: roles first, then what the channel, or a thread's parent, says otherwise (docs: permissions). */
export function permissionsIn(realm: Realm, channel: Channel, person: string): bigint {
  const guild = channel.guild === undefined ? undefined : realm.guilds.get(channel.guild);
  if (guild === undefined) return channel.person === person || person === "bot" ? all : 0n;
  const base = permissionsInGuild(guild, person);
  if (base === all) return all;
  const place = isThread(channel) ? (realm.channels.get(channel.parent ?? "") ?? channel) : channel;
  const roles = guild.members.get(person)?.roles ?? new Set();
  const user = realm.people.get(person)?.userId;
  const [everyone, ofRoles, ofMember] = [
    place.overwrites.filter(({ id }) => id === guild.id),
    place.overwrites.filter(({ id }) => id !== guild.id && roles.has(id)),
    place.overwrites.filter(({ id }) => id === user),
  ];
  return [everyone, ofRoles, ofMember].reduce((bits, step) => {
    const denied = step.reduce((sum, { deny }) => sum | deny, 0n);
    const allowed = step.reduce((sum, { allow }) => sum | allow, 0n);
    return (bits & ~denied) | allowed;
  }, base);
}

function permissionsInGuild(guild: Guild, person: string): bigint {
  const member = guild.members.get(person);
  if (member === undefined) return 0n;
  const roles = [guild.id, ...member.roles].flatMap((id) => guild.roles.get(id) ?? []);
  const bits = roles.reduce((sum, role) => sum | role.permissions, 0n);
  return guild.owner === person || (bits & permissions.administrator) !== 0n ? all : bits;
}

export function may(realm: Realm, channel: Channel, person: string, permission: Permission): boolean {
  return (permissionsIn(realm, channel, person) & permissions[permission]) !== 0n;
}
