import { type Acts, createActs } from "./acts.ts";
import { type Clicks, createClicks } from "./clicks.ts";
import type { Fault, Wrong } from "./fault.ts";
import type { GatewayControls } from "./gateway.ts";
import { addGuild, type GuildSpec } from "./guild.ts";
import { createParts, type DiscordSimulatorOptions } from "./parts.ts";
import {
  addChannel,
  addPerson,
  type Channel,
  type ChannelSpec,
  directChannel,
  type Guild,
  home,
  isThread,
  type Person,
  type PersonSpec,
  type Realm,
} from "./realm.ts";
import type { Call } from "./rest.ts";
import type { Operation } from "./routes.ts";
import type { GatewayCounters } from "./session.ts";
import { type ShownThread, showThread } from "./show.ts";

export interface DiscordSimulatorConfig {
  readonly token: string;
  readonly applicationId: string;
  /** Without the version; clients append `/v10`. Files are on the same host, as is the gateway. */
  readonly apiUrl: string;
}

/**
 * Discord on loopback: REST API, gateway and files, people who act, and faults on demand. It starts with the members `ann` and `ben` of the
 * guild `home.guild`, and there the channels `home.help` and `home.random` and the forum `home.forum`; the bot's role allows it what it asks
 * for when it is installed, and no more.
 */
export interface DiscordSimulator extends Acts, Clicks {
  /** For `discord` in the bridge's configuration. */
  readonly config: DiscordSimulatorConfig;
  readonly url: string;
  /** The state itself, to look into and to change: people, roles, channels, the application. */
  readonly realm: Realm;
  /** A member of the guild with the staff's role, unless `guild` is false. */
  addPerson(spec: PersonSpec, options?: { readonly guild?: boolean }): Person;
  addGuild(spec: GuildSpec): Guild;
  addChannel(spec: ChannelSpec): Channel;
  readonly gateway: GatewayControls;

  fault(fault: Fault): void;
  /** Every call goes wrong until it is called again without argument. */
  outage(wrong?: Wrong): void;
  clearFaults(): void;

  /** What is seen of a thread or post now. */
  thread(id: string): ShownThread;
  /** What is seen of a channel now, without what stands in its threads. */
  channel(id: string): ShownThread;
  /** The threads of a channel, or the posts of a forum, oldest first. */
  threads(channel: string): readonly ShownThread[];
  /** What is seen of the direct messages between the bot and a person now. */
  direct(user: string): ShownThread;
  /** Requests so far, oldest first. */
  calls(operation?: Operation): readonly Call[];
  /** How many calls were answered with 429, and what the gateway saw. */
  counters(): Readonly<GatewayCounters> & { readonly tooMany: number };
  /** What no client of the service should have done. */
  readonly violations: readonly string[];
  /** Calls back after each change; returns the way to stop it. */
  onChange(callback: () => void): () => void;
  /** Ends everything; what is under way is given up. */
  stop(): Promise<void>;
}

export async function createDiscordSimulator(options: DiscordSimulatorOptions = {}): Promise<DiscordSimulator> {
  const watchers = new Set<() => void>();
  const parts = await createParts(options, () => {
    for (const watcher of watchers) watcher();
  });
  const { realm, desk, gateway, faults, rest } = parts;
  return {
    ...createActs(desk),
    ...createClicks(desk, parts.signal),
    ...lookAt(realm),
    config: { token: realm.app.token, applicationId: realm.app.id, apiUrl: `${realm.address}/api` },
    url: realm.address,
    realm,
    addPerson(spec, { guild = true } = {}) {
      const person = addPerson(realm, spec);
      if (guild) realm.guilds.get(home.guild)?.members.set(person.id, { roles: new Set([home.staffRole]), nick: undefined });
      return person;
    },
    addGuild: (spec) => addGuild(realm, spec),
    addChannel: (spec) => addChannel(realm, spec),
    gateway: gateway.controls,
    fault: faults.add,
    outage: faults.outage,
    clearFaults: faults.clear,
    calls: (operation) => rest.calls.filter((call) => operation === undefined || call.operation === operation),
    counters: () => ({ ...gateway.counters, tooMany: rest.calls.filter(({ status }) => status === 429).length }),
    violations: parts.violations,
    onChange(callback) {
      watchers.add(callback);
      return () => watchers.delete(callback);
    },
    stop: parts.stop,
  };
}

function lookAt(realm: Realm): Pick<DiscordSimulator, "thread" | "channel" | "threads" | "direct"> {
  const channel = (id: string) => {
    const found = realm.channels.get(id);
    if (found === undefined) throw new Error(`there is no channel ${id}`);
    return found;
  };
  const thread = (id: string) => {
    const found = channel(id);
    if (!isThread(found)) throw new Error(`${id} is no thread`);
    return showThread(realm, found);
  };
  return {
    thread,
    channel: (id) => showThread(realm, channel(id)),
    threads: (id) => [...realm.channels.values()].filter((one) => one.parent === id && isThread(one)).map((one) => showThread(realm, one)),
    direct: (user) => showThread(realm, directChannel(realm, user)),
  };
}
