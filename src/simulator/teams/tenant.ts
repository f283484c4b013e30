import { createHash } from "node:crypto";
import type { Clock } from "../../model/clock.ts";
import type { Message } from "./message.ts";

/** What a person is to the simulated tenant. Federated people chat from a tenant of their own; anonymous ones have no account anywhere. */
export type PersonKind = "member" | "guest" | "federated" | "anonymous";

export interface Person {
  /** How acts name the person, such as `ann`. */
  readonly id: string;
  /** How activities name the person to this bot: `29:...`. */
  readonly accountId: string;
  /** In the directory (Microsoft Entra); anonymous people are in none. */
  readonly objectId: string | undefined;
  readonly tenantId: string;
  name: string;
  userPrincipalName: string | undefined;
  email: string | undefined;
  kind: PersonKind;
}

export interface Team {
  readonly id: string;
  name: string;
  installed: boolean;
  /** Ids of people. */
  readonly members: Set<string>;
}

/** A personal chat, a group chat, or a channel. Threads of a channel are its messages' affair. */
export interface Conversation {
  readonly id: string;
  readonly kind: "personal" | "groupChat" | "channel";
  name: string;
  /** The team of a channel; the bot is installed there and people are members there. */
  readonly team: string | undefined;
  /** Whether the bot is in this chat; of a channel its team decides. */
  installed: boolean;
  readonly members: Set<string>;
  readonly messages: Message[];
  /** Until when "is typing" shows; milliseconds since 1970. */
  typingUntil: number;
  /** How many times the bot said that it is typing. */
  typings: number;
}

/** The bot as it is registered, and its app as its manifest makes it. */
export interface TeamsApp {
  readonly id: string;
  password: string;
  /** PEM of the certificate with which the app may sign in, too. */
  certificate: string | undefined;
  /** `28:<app id>`. */
  readonly accountId: string;
  readonly name: string;
  /** Resource-specific consent: with it, everything that is said in channels or group chats comes, mentioned or not. */
  readonly consent: { channels: boolean; chats: boolean };
}

/** What is true in the simulated tenant now. Calls of the bot and people's acts change it in place. */
export interface Tenant {
  readonly id: string;
  readonly clock: Clock;
  /** An ordinary local Bot Framework client in place of Teams: see `TeamsSimulatorOptions`. */
  readonly plain: boolean;
  readonly app: TeamsApp;
  readonly people: Map<string, Person>;
  readonly teams: Map<string, Team>;
  readonly conversations: Map<string, Conversation>;
  readonly files: Map<string, { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }>;
  /** Files that people have allowed and the bot may upload, by id. */
  readonly uploads: Map<string, string>;
  /** Where the simulator is reached, without a slash at the end; known once it listens. */
  address: string;
  /** An id that no message has had, later than all before: milliseconds, as Teams numbers messages. */
  messageId(): string;
  /** Tells whoever watches that something is different now. */
  changed(): void;
}

export type PersonSpec = Partial<Person> & { readonly id: string };
export interface TeamSpec {
  readonly id: string;
  readonly name?: string;
  readonly installed?: boolean;
  readonly members?: readonly string[];
}
export interface ChannelSpec {
  readonly id: string;
  readonly team: string;
  readonly name?: string;
}
export interface GroupSpec {
  readonly id: string;
  readonly name?: string;
  readonly installed?: boolean;
  readonly members?: readonly string[];
}

const firstMessage = 1_700_000_000_000;

type TenantOptions = Pick<Tenant, "clock" | "plain" | "changed"> & { readonly appId: string | undefined };

/** An empty tenant with the bot registered in it. Ids are the same each time. */
export function createTenant({ appId = toGuid("app"), ...options }: TenantOptions): Tenant {
  let last = firstMessage;
  return {
    ...options,
    id: toGuid("tenant"),
    app: {
      id: appId,
      password: "simulated-password",
      certificate: undefined,
      accountId: `28:${appId}`,
      name: "Agent Bridge",
      consent: { channels: false, chats: false },
    },
    people: new Map(),
    teams: new Map(),
    conversations: new Map(),
    files: new Map(),
    uploads: new Map(),
    address: "",
    messageId() {
      last += 1;
      return String(last);
    },
  };
}

/** Adds a member of the tenant with a user principal name, unless the specification says otherwise. */
export function addPerson(tenant: Tenant, spec: PersonSpec): Person {
  const kind = spec.kind ?? "member";
  const mail = `${spec.id}@${kind === "member" ? "acme" : "fabrikam"}.test`;
  const person: Person = {
    accountId: `29:1${spec.id}`,
    objectId: kind === "anonymous" ? undefined : toGuid(`person ${spec.id}`),
    tenantId: kind === "federated" ? toGuid("another tenant") : tenant.id,
    name: spec.id.charAt(0).toUpperCase() + spec.id.slice(1),
    email: kind === "member" || kind === "guest" ? mail : undefined,
    userPrincipalName: kind === "member" ? mail : kind === "guest" ? `${spec.id}_fabrikam.test#EXT#@acme.onmicrosoft.test` : undefined,
    kind,
    ...spec,
  };
  tenant.people.set(person.id, person);
  return person;
}

/** Adds a team with the bot and everybody in it, unless the specification says otherwise, and its General channel, which has the team's id. */
export function addTeam(tenant: Tenant, spec: TeamSpec): Team {
  const { name = spec.id, installed = true, members = tenant.people.keys() } = spec;
  const team: Team = { id: spec.id, name, installed, members: new Set(members) };
  tenant.teams.set(team.id, team);
  addChannel(tenant, { id: team.id, team: team.id, name: "General" });
  return team;
}

export function addChannel(tenant: Tenant, { id, team: teamId, name = id }: ChannelSpec): Conversation {
  const team = tenant.teams.get(teamId);
  if (team === undefined) throw new Error(`there is no team ${teamId}`);
  return addConversation(tenant, { id, kind: "channel", name, team: teamId, installed: true, members: team.members });
}

/** Adds a group chat with the bot and everybody in it, unless the specification says otherwise. */
export function addGroup(tenant: Tenant, { id, name = id, installed = true, members }: GroupSpec): Conversation {
  return addConversation(tenant, {
    id,
    kind: "groupChat",
    name,
    team: undefined,
    installed,
    members: new Set(members ?? tenant.people.keys()),
  });
}

/** The chat between the bot and a person; it is there, with the app installed, from the first look on. */
export function personalChat(tenant: Tenant, user: string): Conversation {
  const person = tenant.people.get(user);
  if (person === undefined) throw new Error(`there is no person ${user}`);
  const id = `a:1${user}`;
  const known = tenant.conversations.get(id);
  if (known !== undefined) return known;
  return addConversation(tenant, { id, kind: "personal", name: person.name, team: undefined, installed: true, members: new Set([user]) });
}

function addConversation(
  tenant: Tenant,
  given: Pick<Conversation, "id" | "kind" | "name" | "team" | "installed" | "members">,
): Conversation {
  const conversation: Conversation = { ...given, messages: [], typingUntil: 0, typings: 0 };
  tenant.conversations.set(conversation.id, conversation);
  return conversation;
}

export function isInstalled(tenant: Tenant, conversation: Conversation): boolean {
  if (conversation.team === undefined) return conversation.installed;
  return tenant.teams.get(conversation.team)?.installed ?? false;
}

/** A person by the id in activities, or by the one in the directory. */
export function findAccount(tenant: Tenant, accountId: string): Person | undefined {
  return [...tenant.people.values()].find((person) => person.accountId === accountId || person.objectId === accountId);
}

/** The same words give the same GUID. */
function toGuid(words: string): string {
  const hex = createHash("sha256").update(words).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
