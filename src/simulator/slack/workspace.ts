import { randomUUID } from "node:crypto";
import type { Clock } from "../../model/clock.ts";
import type { Message, PrivateMessage } from "./message.ts";

/** A person, a bot or a stranger, as an admin of their team would know them. */
export interface Person {
  readonly id: string;
  /** The team they belong to, which is not the simulated one for a stranger. */
  team: string;
  name: string;
  email: string | undefined;
  emailConfirmed: boolean;
  /** Slack's two kinds of guests: of several channels and of a single one. */
  guest: "no" | "multi" | "single";
  deactivated: boolean;
  bot: boolean;
}

export interface Channel {
  readonly id: string;
  name: string;
  kind: "public" | "private" | "im" | "mpim";
  /** Slack Connect: people of other teams may be in it. */
  shared: boolean;
  archived: boolean;
  readonly members: Set<string>;
}

/** The installed app, as its manifest and its installation make it. */
export interface SlackApp {
  readonly id: string;
  readonly botUser: string;
  readonly botId: string;
  readonly token: string;
  readonly signingSecret: string;
  /** The app-level token, and what it may do. */
  readonly appToken: string;
  readonly appScopes: Set<string>;
  /** Whether events go over sockets; otherwise they are requests to an address. */
  socketMode: boolean;
  readonly scopes: Set<string>;
  /** Event subscriptions by their manifest names, such as `message.channels`. */
  readonly events: Set<string>;
  /** Declared as an agent (`features.agent_view`): with the scope that belongs to it, it has sessions and a stop button. */
  agent: boolean;
  standing: "installed" | "revoked" | "inactive";
}

/** What is true in the simulated workspace now. Methods of the Web API and people's acts change it in place. */
export interface Workspace {
  readonly clock: Clock;
  readonly team: { readonly id: string; readonly name: string };
  readonly app: SlackApp;
  readonly people: Map<string, Person>;
  readonly channels: Map<string, Channel>;
  /** By channel, in the order of their `ts`. */
  readonly messages: Map<string, Message[]>;
  readonly privates: PrivateMessage[];
  readonly files: Map<string, { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }>;
  /** What the app has announced and not yet shown, by the id of the file. */
  readonly uploads: Map<string, { readonly name: string; readonly length: number }>;
  /** Where the simulator is reached, without a slash at the end; known once it listens. */
  address: string;
  /** How long a stream lives. */
  readonly streamLifeMs: number;
  /** A `ts` that nobody has had, later than all before. */
  ts(): string;
  /** Tells whoever watches that something is different now. */
  changed(): void;
}

export type PersonSpec = Partial<Person> & { readonly id: string };
export type ChannelSpec = Partial<Omit<Channel, "members">> & { readonly id: string; readonly members?: readonly string[] };

/** Scopes and events as this product's manifest asks for them. */
const manifestScopes = [
  "app_mentions:read",
  "assistant:write",
  "channels:history",
  "chat:write",
  "commands",
  "files:read",
  "files:write",
  "groups:history",
  "im:history",
  "im:write",
  "reactions:write",
  "users:read",
  "users:read.email",
];
const manifestEvents = [
  "agent_session_stopped",
  "app_home_opened",
  "app_mention",
  "app_uninstalled",
  "message.channels",
  "message.groups",
  "message.im",
  "tokens_revoked",
];

/** An empty workspace `T1` with the app installed in it. */
export function createWorkspace(options: {
  readonly clock: Clock;
  readonly streamLifeMs: number;
  readonly changed: () => void;
  readonly socketMode: boolean;
}): Workspace {
  const app: SlackApp = {
    id: "A1",
    botUser: "UBOT",
    botId: "BBOT",
    token: `xoxb-${randomUUID()}`,
    signingSecret: randomUUID(),
    appToken: `xapp-1-A1-${randomUUID()}`,
    appScopes: new Set(["connections:write"]),
    socketMode: options.socketMode,
    scopes: new Set(manifestScopes),
    events: new Set(manifestEvents),
    agent: true,
    standing: "installed",
  };
  let lastMicros = 0;
  const { clock, streamLifeMs, changed } = options;
  const workspace: Workspace = {
    clock,
    streamLifeMs,
    changed,
    team: { id: "T1", name: "Acme" },
    app,
    people: new Map(),
    channels: new Map(),
    messages: new Map(),
    privates: [],
    files: new Map(),
    uploads: new Map(),
    address: "",
    ts() {
      lastMicros = Math.max(options.clock.now() * 1000, lastMicros + 1);
      return `${Math.floor(lastMicros / 1_000_000)}.${String(lastMicros % 1_000_000).padStart(6, "0")}`;
    },
  };
  addPerson(workspace, { id: app.botUser, name: "Agent Bridge", bot: true });
  return workspace;
}

/** Whether the app has sessions and a stop button: the feature brings its scope along (docs: agent view). */
export function isAgent({ app }: Workspace): boolean {
  return app.agent && app.scopes.has("assistant:write");
}

/** Adds a member of the simulated team with a confirmed address, unless the specification says otherwise. */
export function addPerson(workspace: Workspace, spec: PersonSpec): Person {
  const person: Person = {
    team: workspace.team.id,
    name: spec.id,
    email: spec.bot ? undefined : `${spec.id.toLowerCase()}@acme.test`,
    emailConfirmed: !spec.bot,
    guest: "no",
    deactivated: false,
    bot: false,
    ...spec,
  };
  workspace.people.set(person.id, person);
  return person;
}

/** Adds a public channel with the app and every member of the team in it, unless the specification says otherwise. */
export function addChannel(workspace: Workspace, spec: ChannelSpec): Channel {
  const { members, ...rest } = spec;
  const channel: Channel = {
    name: spec.id.toLowerCase(),
    kind: "public",
    shared: false,
    archived: false,
    ...rest,
    members: new Set(members ?? workspace.people.keys()),
  };
  workspace.channels.set(channel.id, channel);
  workspace.messages.set(channel.id, []);
  return channel;
}

/** The direct message between the app and a person; it is there from the first look on. */
export function directMessage(workspace: Workspace, user: string): Channel {
  const id = `D${user}`;
  return workspace.channels.get(id) ?? addChannel(workspace, { id, name: user, kind: "im", members: [user, workspace.app.botUser] });
}
