import { randomBytes } from "node:crypto";
import type { Clock } from "../../model/clock.ts";
import { createIds, timeOf } from "./ids.ts";
import type { Message } from "./message.ts";

/** What is there from the beginning. The bot's user id is also the id of its application. */
export const home = {
  guild: "100000000000000001",
  help: "100000000000000002",
  random: "100000000000000003",
  forum: "100000000000000004",
  category: "100000000000000005",
  bot: "100000000000000009",
  staffRole: "100000000000000021",
  botRole: "100000000000000022",
} as const;

export interface Person {
  /** How acts name the person, such as `ann`. */
  readonly id: string;
  /** How Discord names the person: a snowflake. */
  readonly userId: string;
  /** The display name, chosen by the person. */
  name: string;
  username: string;
  readonly bot: boolean;
  /** Takes no direct messages. */
  closed: boolean;
}

export interface Role {
  readonly id: string;
  name: string;
  permissions: bigint;
  mentionable: boolean;
}

export interface Guild {
  readonly id: string;
  name: string;
  readonly owner: string | undefined;
  /** The role of everybody has the guild's id. */
  readonly roles: Map<string, Role>;
  /** By the short id of a person; the bot is there while it is installed. */
  readonly members: Map<string, { readonly roles: Set<string>; nick: string | undefined }>;
}

/** Docs: channel types. */
export const channelTypes = { text: 0, direct: 1, category: 4, news: 5, thread: 11, privateThread: 12, forum: 15, media: 16 } as const;

export interface Overwrite {
  /** Of a role or a user. */
  readonly id: string;
  readonly type: "role" | "member";
  readonly allow: bigint;
  readonly deny: bigint;
}

export interface ThreadState {
  readonly owner: string;
  archived: boolean;
  locked: boolean;
  archivedAt: number;
  autoArchiveMinutes: number;
}

export interface Channel {
  readonly id: string;
  readonly type: (typeof channelTypes)[keyof typeof channelTypes];
  name: string;
  /** Undefined for a direct channel. */
  readonly guild: string | undefined;
  /** The channel of a thread or post; the category of a channel. */
  readonly parent: string | undefined;
  /** The person of a direct channel. */
  readonly person: string | undefined;
  readonly overwrites: Overwrite[];
  readonly messages: Message[];
  readonly thread: ThreadState | undefined;
  /** Until when "is typing" shows; milliseconds since 1970. */
  typingUntil: number;
  /** How many times the bot said that it is typing. */
  typings: number;
}

export interface DiscordApp {
  readonly id: string;
  token: string;
  name: string;
  /** The switch "Message Content Intent" in the developer portal. */
  messageContent: boolean;
  /** What PATCH /applications/@me can change. */
  profile: Readonly<Record<string, unknown>>;
  /** Registered commands as Discord keeps them; by guild, or under `""` the global ones. */
  readonly commands: Map<string, readonly Command[]>;
}

export interface Command {
  readonly id: string;
  readonly name: string;
  readonly type: number;
  readonly [key: string]: unknown;
}

/** What is true in the simulated Discord now. Calls of the bot and people's acts change it in place. */
export interface Realm {
  readonly clock: Clock;
  readonly app: DiscordApp;
  readonly people: Map<string, Person>;
  readonly guilds: Map<string, Guild>;
  readonly channels: Map<string, Channel>;
  /** Signs the links to files. */
  readonly linkKey: Uint8Array;
  /** How long such a link can be used. */
  readonly linkLifeMs: number;
  /** Whether message events tell the type of their channel. */
  readonly tellsChannelType: boolean;
  /** Where the simulator is reached, without a slash at the end; known once it listens. */
  address: string;
  newId(at?: number): string;
  /** Tells whoever watches that something is different now. */
  changed(): void;
}

export type PersonSpec = Partial<Person> & { readonly id: string };
export interface ChannelSpec {
  readonly id?: string;
  readonly guild?: string;
  readonly name: string;
  readonly type?: "text" | "category" | "news" | "forum" | "media";
  readonly parent?: string;
  readonly overwrites?: readonly Overwrite[];
}

type RealmOptions = Pick<Realm, "clock" | "changed" | "linkLifeMs" | "tellsChannelType"> & {
  readonly messageContent: boolean;
  readonly token: string;
};

/** An empty realm with the application registered in it. */
export function createRealm({ messageContent, token, ...options }: RealmOptions): Realm {
  const app: DiscordApp = {
    id: home.bot,
    token,
    name: "Agent Bridge",
    messageContent,
    profile: { description: "", tags: [] },
    commands: new Map(),
  };
  const bot: Person = { id: "bot", userId: home.bot, name: app.name, username: "agent-bridge", bot: true, closed: false };
  return {
    ...options,
    app,
    people: new Map([["bot", bot]]),
    guilds: new Map(),
    channels: new Map(),
    linkKey: randomBytes(16),
    address: "",
    newId: createIds(options.clock),
  };
}

export function addPerson(realm: Realm, spec: PersonSpec): Person {
  const person: Person = {
    userId: String(200_000_000_000_000_000n + BigInt(realm.people.size)),
    name: spec.id.charAt(0).toUpperCase() + spec.id.slice(1),
    username: spec.id,
    bot: false,
    closed: false,
    ...spec,
  };
  realm.people.set(person.id, person);
  return person;
}

export function addChannel(realm: Realm, { id, guild = home.guild, name, type = "text", parent, overwrites = [] }: ChannelSpec): Channel {
  return putChannel(realm, { id: id ?? realm.newId(), type: channelTypes[type], name, guild, parent, overwrites: [...overwrites] });
}

/** The channel between the bot and a person; it is there from the first look on. */
export function directChannel(realm: Realm, person: string): Channel {
  if (!realm.people.has(person)) throw new Error(`there is no person ${person}`);
  const known = [...realm.channels.values()].find((channel) => channel.person === person);
  return known ?? putChannel(realm, { id: realm.newId(), type: channelTypes.direct, name: "", person });
}

export function putChannel(realm: Realm, given: Pick<Channel, "id" | "type" | "name"> & Partial<Channel>): Channel {
  const channel: Channel = {
    guild: undefined,
    parent: undefined,
    person: undefined,
    overwrites: [],
    messages: [],
    thread: undefined,
    typingUntil: 0,
    typings: 0,
    ...given,
  };
  realm.channels.set(channel.id, channel);
  return channel;
}

export function isThread({ type }: Pick<Channel, "type">): boolean {
  return type === channelTypes.thread || type === channelTypes.privateThread;
}

/** Channels whose posts are threads. */
export function isForum({ type }: Pick<Channel, "type">): boolean {
  return type === channelTypes.forum || type === channelTypes.media;
}

export function personOf(realm: Realm, userId: string): Person | undefined {
  return [...realm.people.values()].find((person) => person.userId === userId);
}

/** The message that stands there, or undefined. */
export function findMessage(channel: Channel, id: string): Message | undefined {
  return channel.messages.find((message) => message.id === id && !message.deleted);
}

/** Keeps a message where its id belongs; messages can be said in the past. */
export function keepMessage(channel: Channel, message: Message): void {
  channel.messages.push(message);
  if (channel.messages.length > 1) channel.messages.sort((a, b) => timeOf(a.id) - timeOf(b.id) || (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
}
