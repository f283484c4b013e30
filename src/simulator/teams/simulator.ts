import type { Clock } from "../../model/clock.ts";
import { systemClock } from "../../model/clock.ts";
import { type Acts, createActs } from "./acts.ts";
import { type Call, createConnector } from "./connector.ts";
import { type Attempt, type Bend, type SendOptions, sendOnce } from "./deliver.ts";
import type { Desk } from "./desk.ts";
import { createFaults, type Fault, type Wrong } from "./fault.ts";
import { createLogin } from "./login.ts";
import { createPost, type Post } from "./post.ts";
import type { Operation } from "./routes.ts";
import { startServer } from "./server.ts";
import { type Shown, type ShownThread, showThread } from "./show.ts";
import {
  addChannel,
  addGroup,
  addPerson,
  addTeam,
  type ChannelSpec,
  type Conversation,
  createTenant,
  type GroupSpec,
  type Person,
  type PersonSpec,
  personalChat,
  type Team,
  type TeamSpec,
  type Tenant,
} from "./tenant.ts";

export interface TeamsSimulatorOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number;
  /** Tokens are dated by it, too: a fake one must show about the real time where a real client checks them. */
  readonly clock?: Clock;
  /** How long a stream lives; two minutes unless said otherwise, as at Teams. */
  readonly streamLifeMs?: number;
  /** How far apart the requests of a stream must be; one second unless said otherwise, as at Teams. */
  readonly streamIntervalMs?: number;
  /** How long an answer to an activity may take; Teams waits 15 seconds, and then sends it again. */
  readonly answerMs?: number;
  /** How often an activity is sent again; three times unless said otherwise. */
  readonly resends?: number;
  /** `silence`, the default: only what was not answered in time is sent again. `failure`: whatever was not answered with success. */
  readonly resendAfter?: "silence" | "failure";
}

/**
 * A Teams tenant on loopback: Bot Connector, sign-in and signed activities, people who act, and faults on demand.
 * It starts with the members `ann` and `ben`, the channel `19:help@thread.tacv2` of the team `19:team@thread.tacv2`, and the group chat
 * `19:group@thread.v2`, the bot in all of them.
 */
export interface TeamsSimulator extends Acts, Pick<Post, "target" | "disturb" | "release" | "settled"> {
  /** For `teams` in the bridge's configuration. */
  readonly config: {
    readonly appId: string;
    readonly appPassword: string;
    readonly tenantId: string;
    readonly endpoints: { readonly login: string; readonly openId: string; readonly connector: string };
  };
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
  /** Requests so far, oldest first. */
  calls(operation?: Operation): readonly Call[];
  /** What no client of the service should have done. */
  readonly violations: readonly string[];
  /** Calls back after each change; returns the way to stop it. */
  onChange(callback: () => void): () => void;
  /** Ends everything; what is under way is given up. */
  stop(): Promise<void>;
}

const service = "https://api.botframework.com";

export async function createTeamsSimulator(options: TeamsSimulatorOptions = {}): Promise<TeamsSimulator> {
  const watchers = new Set<() => void>();
  const violations: string[] = [];
  const clock = options.clock ?? systemClock;
  const tenant = createTenant({
    clock,
    changed: () => {
      for (const watcher of watchers) watcher();
    },
  });
  settle(tenant);
  const desk: Desk = {
    tenant,
    streamLifeMs: options.streamLifeMs ?? 120_000,
    streamIntervalMs: options.streamIntervalMs ?? 1_000,
    violation: (words) => void violations.push(words),
  };
  const stopping = new AbortController();
  const login = await createLogin({ tenant, service });
  const serviceUrl = () => `${tenant.address}/amer/`;
  const send: SendOptions = {
    clock,
    login,
    serviceUrl,
    token: "good",
    answerMs: options.answerMs ?? 15_000,
    resends: options.resends ?? 3,
    resendAfter: options.resendAfter ?? "silence",
    signal: stopping.signal,
  };
  const post = createPost(send);
  const faults = createFaults();
  const connector = createConnector({ desk, login, faults, signal: stopping.signal });
  const server = await startServer({ tenant, connector, port: options.port ?? 0 });

  return {
    ...createActs({ desk, post, send }),
    ...lookAt(desk),
    ...build(tenant),
    target: post.target,
    disturb: post.disturb,
    release: post.release,
    settled: post.settled,
    config: {
      appId: tenant.app.id,
      appPassword: tenant.app.password,
      tenantId: tenant.id,
      endpoints: { login: tenant.address, openId: `${tenant.address}${login.metadataPath}`, connector: serviceUrl() },
    },
    url: tenant.address,
    serviceUrl: serviceUrl(),
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
    violations,
    onChange(callback) {
      watchers.add(callback);
      return () => watchers.delete(callback);
    },
    async stop() {
      stopping.abort();
      post.release();
      await post.settled();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function settle(tenant: Tenant): void {
  addPerson(tenant, { id: "ann", name: "Ann Archer" });
  addPerson(tenant, { id: "ben", name: "Ben Baker" });
  const team = addTeam(tenant, { id: "19:team@thread.tacv2", name: "Helpdesk" });
  addChannel(tenant, { id: "19:help@thread.tacv2", team: team.id, name: "help" });
  addGroup(tenant, { id: "19:group@thread.v2", name: "Lunch" });
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

function lookAt(desk: Desk): Pick<TeamsSimulator, "expireStreams" | "thread" | "chat" | "channel"> {
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
    channel: (id) => {
      const found = conversation(id);
      return showThread(desk, found, undefined).messages.filter(({ threadId }) => threadId === undefined);
    },
  };
}
