import { type Acts, createActs } from "./acts.ts";
import { type Clicks, createClicks } from "./clicks.ts";
import type { Call } from "./connector.ts";
import { type Attempt, type Bend, sendOnce } from "./deliver.ts";
import type { Desk } from "./desk.ts";
import type { Fault, Wrong } from "./fault.ts";
import { createParts, type Parts, type TeamsSimulatorOptions } from "./parts.ts";
import type { Post } from "./post.ts";
import type { Operation } from "./routes.ts";
import { findFile, type Shown, type ShownThread, showThread } from "./show.ts";
import {
  addChannel,
  addGroup,
  addPerson,
  addTeam,
  type ChannelSpec,
  type Conversation,
  type GroupSpec,
  type Person,
  type PersonSpec,
  personalChat,
  type Team,
  type TeamSpec,
  type Tenant,
} from "./tenant.ts";

export interface TeamsSimulatorConfig {
  readonly appId: string;
  readonly appPassword: string;
  readonly tenantId: string;
  readonly cloud: "public" | "usGovernment";
  readonly endpoints: {
    readonly login: string;
    readonly openId: string;
    readonly connector: string;
    readonly managedIdentity: string;
  };
}

/**
 * A Teams tenant on loopback: Bot Connector, sign-in and signed activities, people who act, and faults on demand.
 * It starts with the members `ann` and `ben`, the channel `19:help@thread.tacv2` of the team `19:team@thread.tacv2`, and the group chat
 * `19:group@thread.v2`, the bot in all of them.
 */
export interface TeamsSimulator extends Acts, Clicks, Pick<Post, "target" | "disturb" | "release" | "settled"> {
  /** For `teams` in the bridge's configuration, signing in with a secret. */
  readonly config: TeamsSimulatorConfig;
  readonly url: string;
  readonly serviceUrl: string;
  /** The state itself, to look into and to change: people, conversations, consent. */
  readonly tenant: Tenant;
  addPerson(spec: PersonSpec): Person;
  addTeam(spec: TeamSpec): Team;
  addChannel(spec: ChannelSpec): Conversation;
  addGroup(spec: GroupSpec): Conversation;
  /** The id of the personal chat between a person and the bot. */
  personal(user: string): string;

  /** Sends any body as Teams would, once; hostile tests bend it. A text is sent as it is, anything else as JSON. */
  deliver(body: unknown, bend?: Bend): Promise<Attempt>;

  fault(fault: Fault): void;
  /** Every call goes wrong until it is called again without argument. */
  outage(wrong?: Wrong): void;
  clearFaults(): void;
  /** Every open stream is over its time now. */
  expireStreams(): void;

  /** What is seen of a thread of a channel now. */
  thread(channel: string, threadId: string): ShownThread;
  /** What is seen of a personal or group chat now. */
  chat(id: string): ShownThread;
  /** The roots of a channel, oldest first. */
  channel(id: string): readonly Shown[];
  /** A file, as `Shown.files` names it. */
  file(id: string): { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array } | undefined;
  /** Requests so far, oldest first. */
  calls(operation?: Operation): readonly Call[];
  /** What no client of the service should have done. */
  readonly violations: readonly string[];
  /** Calls back after each change; returns the way to stop it. */
  onChange(callback: () => void): () => void;
  /** Ends everything; what is under way is given up. */
  stop(): Promise<void>;
}

export async function createTeamsSimulator(options: TeamsSimulatorOptions = {}): Promise<TeamsSimulator> {
  const watchers = new Set<() => void>();
  const parts = await createParts(options, () => {
    for (const watcher of watchers) watcher();
  });
  const { tenant, desk, post, send, faults, connector } = parts;
  return {
    ...createActs({ desk, post }),
    ...createClicks({ desk, post, send }),
    ...lookAt(desk),
    ...build(tenant),
    target: post.target,
    disturb: post.disturb,
    release: post.release,
    settled: post.settled,
    config: toConfig(parts, options.cloud ?? "public"),
    url: tenant.address,
    serviceUrl: send.serviceUrl(),
    tenant,
    async deliver(body, bend) {
      const url = post.address();
      if (url === undefined) throw new Error("the simulator has no target for activities");
      return post.own(sendOnce(send, url, typeof body === "string" ? body : JSON.stringify(body), bend));
    },
    fault: faults.add,
    outage: faults.outage,
    clearFaults: faults.clear,
    calls: (operation) => connector.calls.filter((call) => operation === undefined || call.operation === operation),
    violations: parts.violations,
    onChange(callback) {
      watchers.add(callback);
      return () => watchers.delete(callback);
    },
    stop: parts.stop,
  };
}

function toConfig({ tenant, login, send }: Parts, cloud: TeamsSimulatorConfig["cloud"]): TeamsSimulatorConfig {
  const { address, app } = tenant;
  const endpoints = { login: address, openId: `${address}${login.metadataPath}`, connector: send.serviceUrl(), managedIdentity: address };
  return { appId: app.id, appPassword: app.password, tenantId: tenant.id, cloud, endpoints };
}

function build(tenant: Tenant): Pick<TeamsSimulator, "addPerson" | "addTeam" | "addChannel" | "addGroup" | "personal"> {
  return {
    addPerson: (spec) => addPerson(tenant, spec),
    addTeam: (spec) => addTeam(tenant, spec),
    addChannel: (spec) => addChannel(tenant, spec),
    addGroup: (spec) => addGroup(tenant, spec),
    personal: (user) => personalChat(tenant, user).id,
  };
}

function lookAt(desk: Desk): Pick<TeamsSimulator, "expireStreams" | "thread" | "chat" | "channel" | "file"> {
  const { tenant } = desk;
  const conversation = (id: string) => {
    const found = tenant.conversations.get(id);
    if (found === undefined) throw new Error(`there is no conversation ${id}`);
    return found;
  };
  return {
    expireStreams() {
      for (const { messages } of tenant.conversations.values())
        for (const { stream } of messages) if (stream?.state === "open") stream.state = "expired";
      tenant.changed();
    },
    thread: (channel, threadId) => showThread(desk, conversation(channel), threadId),
    chat: (id) => showThread(desk, conversation(id), undefined),
    file: (id) => findFile(tenant, id),
    channel: (id) => {
      const found = conversation(id);
      return showThread(desk, found, undefined).messages.filter(({ threadId }) => threadId === undefined);
    },
  };
}
