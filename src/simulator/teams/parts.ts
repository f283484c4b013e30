import type { Server } from "node:http";
import type { Clock } from "../../model/clock.ts";
import { systemClock } from "../../model/clock.ts";
import { type Connector, createConnector } from "./connector.ts";
import type { SendOptions } from "./deliver.ts";
import type { Desk } from "./desk.ts";
import { createFaults, type Faults } from "./fault.ts";
import { createRateLimit } from "./limits.ts";
import { createLogin, type Login } from "./login.ts";
import { createPost, type Post } from "./post.ts";
import { startServer } from "./server.ts";
import { addChannel, addGroup, addPerson, addTeam, createTenant, type PersonSpec, type Tenant } from "./tenant.ts";

export interface TeamsSimulatorOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number;
  /** Tokens are dated by it, too: a fake one must show about the real time where a real client checks them. */
  readonly clock?: Clock;
  /** How long a stream lives; two minutes unless said otherwise, as at Teams. */
  readonly streamLifeMs?: number;
  /** How far apart the requests of a stream must be; one second unless said otherwise, as at Teams. */
  readonly streamIntervalMs?: number;
  /** The documented limits per bot and thread, answered with 429, with or without `Retry-After`. Off unless asked for. */
  readonly rateLimits?: "withRetryAfter" | "bare";
  /** The bot's application id, where two simulators must not have the same; clients may keep tokens by it. */
  readonly appId?: string;
  /** There from the beginning, in the team and the group chat. */
  readonly people?: readonly PersonSpec[];
  /** Whose issuer and audience are spoken; the addresses are the simulator's either way. */
  readonly cloud?: "public" | "usGovernment";
  /**
   * An ordinary local Bot Framework client in place of Teams: nobody is asked for a token, none is sent, activities have no tenant, no
   * directory id, no conversation type and no channel data, and nothing can be deleted. For a bridge with `insecureLocal`.
   */
  readonly plain?: boolean;
  /** How long an answer to an activity may take; Teams waits 15 seconds, and then sends it again. */
  readonly answerMs?: number;
  /** How often an activity is sent again; three times unless said otherwise. */
  readonly resends?: number;
  /** `silence`, the default: only what was not answered in time is sent again. `failure`: whatever was not answered with success. */
  readonly resendAfter?: "silence" | "failure";
}

/** What a simulator is made of. */
export interface Parts {
  readonly tenant: Tenant;
  readonly desk: Desk;
  readonly login: Login;
  readonly send: SendOptions;
  readonly post: Post;
  readonly faults: Faults;
  readonly connector: Connector;
  readonly violations: readonly string[];
  stop(): Promise<void>;
}

/** Issuer of the service's tokens, and audience of the bot's. */
const services = { public: "https://api.botframework.com", usGovernment: "https://api.botframework.us" } as const;

/** Starts all of it; `changed` hears of every change. */
export async function createParts(options: TeamsSimulatorOptions, changed: () => void): Promise<Parts> {
  const { plain = false, streamLifeMs = 120_000, streamIntervalMs = 1_000, clock = systemClock } = options;
  const violations: string[] = [];
  const tenant = createTenant({ clock, plain, changed, appId: options.appId });
  settle(tenant, options.people ?? []);
  const desk: Desk = { tenant, streamLifeMs, streamIntervalMs, violation: (words) => void violations.push(words) };
  const stopping = new AbortController();
  const login = await createLogin({ tenant, service: services[options.cloud ?? "public"], checked: !plain });
  const send = toSendOptions(options, tenant, login, stopping.signal);
  const post = createPost(send);
  const faults = createFaults();
  const connector = createConnector({
    desk,
    login,
    faults,
    rateLimit: options.rateLimits === undefined ? undefined : createRateLimit(clock),
    retryAfter: options.rateLimits === "withRetryAfter",
    signal: stopping.signal,
  });
  const server = await startServer({ tenant, connector, port: options.port ?? 0 });
  const stop = async () => {
    stopping.abort();
    post.release();
    await post.settled();
    await close(server);
  };
  return { tenant, desk, login, send, post, faults, connector, violations, stop };
}

function toSendOptions(options: TeamsSimulatorOptions, tenant: Tenant, login: Login, signal: AbortSignal): SendOptions {
  const { answerMs = 15_000, resends = 3, resendAfter = "silence", plain = false } = options;
  const serviceUrl = () => `${tenant.address}/amer/`;
  return { clock: tenant.clock, login, serviceUrl, token: plain ? "none" : "good", answerMs, resends, resendAfter, signal };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function settle(tenant: Tenant, people: readonly PersonSpec[]): void {
  addPerson(tenant, { id: "ann", name: "Ann Archer" });
  addPerson(tenant, { id: "ben", name: "Ben Baker" });
  for (const spec of people) addPerson(tenant, spec);
  const team = addTeam(tenant, { id: "19:team@thread.tacv2", name: "Helpdesk" });
  addChannel(tenant, { id: "19:help@thread.tacv2", team: team.id, name: "help" });
  addGroup(tenant, { id: "19:group@thread.v2", name: "Lunch" });
}
