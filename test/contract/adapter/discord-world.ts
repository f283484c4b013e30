import { discordSchema } from "../../../adapters/discord/config.ts";
import { createDiscordAdapter } from "../../../adapters/discord/index.ts";
import { createGuardedFetch } from "../../../src/http/fetch.ts";
import { silentLog } from "../../../src/log.ts";
import type { Adapter, Directory } from "../../../src/model/adapter.ts";
import { type Clock, systemClock } from "../../../src/model/clock.ts";
import type { ConfigError } from "../../../src/model/errors.ts";
import type { Leases } from "../../../src/model/lease.ts";
import type { IncomingEvent, Receipt } from "../../../src/model/message.ts";
import type { Json, ThreadRef } from "../../../src/model/thread.ts";
import type { DiscordSimulatorOptions } from "../../../src/simulator/discord/parts.ts";
import { home } from "../../../src/simulator/discord/realm.ts";
import { createDiscordSimulator, type DiscordSimulator } from "../../../src/simulator/discord/simulator.ts";
import { until } from "../../support/until.ts";
import { createMemoryStores } from "./teams-world.ts";
import { type AdapterWorld, emptyDirectory, type PostFault, type Sent } from "./world.ts";

export interface DiscordWorld extends AdapterWorld {
  readonly discord: DiscordSimulator;
  /** What the adapter said an admin has to mend. */
  readonly failures: readonly ConfigError[];
  /** Another process with the same configuration and store, not started. */
  another(): Adapter;
}

export interface DiscordWorldOptions {
  readonly clock?: Clock;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly simulator?: DiscordSimulatorOptions;
  readonly directory?: Directory;
  /** What is true in Discord before the adapter starts. */
  readonly prepare?: (discord: DiscordSimulator) => void;
}

/** The real adapter in a simulated Discord. */
export async function createDiscordWorld(options: DiscordWorldOptions = {}): Promise<DiscordWorld> {
  const clock = options.clock ?? systemClock;
  const discord = await createDiscordSimulator(options.simulator);
  options.prepare?.(discord);
  const received: IncomingEvent[] = [];
  const outcomes: { readonly id: string; readonly ok: boolean }[] = [];
  let next: (event: IncomingEvent) => Promise<Receipt> = async () => ({ kind: "accepted" });
  const failures: ConfigError[] = [];
  let stopped = false;
  let last = "";
  const outbound = createGuardedFetch({ allowPrivateNetworks: true });
  const openStore = createMemoryStores();
  const another = () =>
    createDiscordAdapter({
      config: discordSchema.parse({ ...discord.config, ...options.config }),
      fetch: outbound.fetch,
      clock,
      log: silentLog,
      openStore,
      leases: memoryLeases,
      fail: (problem) => failures.push(problem),
    });
  const receive = async (event: IncomingEvent) => {
    received.push(event);
    const receipt = next(event);
    receipt.then(
      () => outcomes.push({ id: event.id, ok: true }),
      () => outcomes.push({ id: event.id, ok: false }),
    );
    return receipt;
  };
  const adapter = another();
  const end = async () => {
    stopped = true;
    await adapter.stop();
  };
  await adapter.start(receive, options.directory ?? emptyDirectory, new AbortController().signal).catch(async (error: unknown) => {
    await adapter.stop();
    await outbound.close();
    await discord.stop();
    throw error;
  });
  /** What became of an event, the first time or a later one. */
  const settled = async (id: string, times = 1): Promise<Sent> => {
    if (stopped) return { statuses: [], acknowledged: false };
    const of = await until(() => {
      const all = outcomes.filter((one) => one.id === `discord:${id}`);
      return all.length >= times ? all : undefined;
    });
    return { statuses: of.map(({ ok }) => (ok ? 200 : 503)), acknowledged: of.at(-1)?.ok ?? false };
  };

  return {
    discord,
    adapter: { ...adapter, stop: end },
    another,
    failures,
    received,
    onReceive(then) {
      next = then;
    },
    async mention(text, disturb) {
      if (disturb === "reordered") discord.gateway.pause("events");
      const { id } = discord.say({ channel: home.help, user: "ann", text, mention: true });
      last = id;
      if (disturb === undefined) return settled(id);
      // Live and from the history again, or from the history alone.
      if (disturb === "repeated") {
        await settled(id);
        await openStore("discord-seen").delete(home.help);
      }
      discord.gateway.invalidate();
      discord.gateway.resume();
      return settled(id, disturb === "repeated" ? 2 : 1);
    },
    async followUp(thread, text) {
      await adapter.sign(thread, { kind: "working" }, new AbortController().signal);
      return settled(discord.say({ channel: thread.thread, user: "ann", text }).id);
    },
    direct: async (text) => settled(discord.say({ user: "ann", text }).id),
    async press(thread, message, label) {
      const before = received.length;
      await discord.click({ user: "ben", channel: thread.thread, id: message, button: label });
      const event = received.slice(before).find(({ kind }) => kind === "action");
      return { statuses: [], acknowledged: outcomes.some(({ id, ok }) => id === event?.id && ok) };
    },
    chatter: () => chatter(discord),
    redeliver: async () => {
      await until(() => outcomes.some(({ id, ok }) => id === `discord:${last}` && ok));
      return { statuses: [200], acknowledged: true };
    },
    seen(thread) {
      const shown = thread.endless ? discord.direct("ann") : discord.threads(thread.channel).find(({ id }) => id === thread.thread);
      const ours = (shown?.replies ?? []).filter(({ bot }) => bot);
      return ours.map(({ id, text, pings, buttons }) => ({ message: id, text, calls: pings, buttons: toLabels(buttons) }));
    },
    countAll: () => said(discord, ({ guild }) => guild !== undefined).filter(({ onlyFor }) => onlyFor === undefined).length,
    whispers: () => said(discord, () => true).flatMap(({ onlyFor, text, direct }) => (onlyFor !== undefined || direct ? [text] : [])),
    brokenAddresses,
    failNextPost: (fault) => discord.fault({ ...faults[fault], operation: "post" }),
    callsToPeople: `<@${discord.realm.people.get("ben")?.userId}> <@!${discord.realm.people.get("ann")?.userId}> <@&${home.staffRole}> @everyone @here`,
    postLimit: 2_000,
    async stop() {
      await end();
      await outbound.close();
      await discord.stop();
    },
  };
}

const faults = {
  rateLimited: { kind: "429", retryAfter: 30 },
  lost: { kind: "dropAfter" },
  refused: { kind: "error", status: 400, code: 50_035 },
  channelGone: { kind: "error", status: 404, code: 10_003 },
} as const satisfies Record<PostFault, object>;

/** One process, which has every right. */
const memoryLeases: Leases = { take: async () => ({ signal: new AbortController().signal, release: async () => undefined }) };

/** Of the choices of a question alone. */
function toLabels(buttons: readonly { readonly label: string; readonly customId: string | undefined }[]): readonly string[] {
  return buttons.filter(({ customId }) => customId?.startsWith("a2a:choice")).map(({ label }) => label);
}

async function chatter(discord: DiscordSimulator): Promise<void> {
  const ann = discord.realm.people.get("ann")?.userId;
  const lunch = discord.say({ channel: home.help, user: "ann", text: "lunch?" });
  const thread = discord.openThread({ user: "ann", channel: home.help, message: lunch.id, name: "lunch" });
  discord.say({ channel: thread.id, user: "ben", text: `<@${ann}> yes` });
  discord.say({ channel: home.help, user: "ben", text: "@everyone the printer burns" });
  discord.say({ channel: home.help, user: "ann", text: "disk full", mention: true, webhook: "Monitoring" });
  discord.addPerson({ id: "hal", bot: true });
  discord.say({ channel: home.help, user: "hal", text: "hello", mention: true });
  discord.addPerson({ id: "cem" });
  // Behind all of it comes something that is ours, or would be if it were not the bot's own.
  await fetch(`${discord.config.apiUrl}/v10/channels/${home.help}/messages`, {
    method: "POST",
    headers: {
      authorization: `Bot ${discord.config.token}`,
      "user-agent": "DiscordBot (https://example.test, 1)",
      "content-type": "application/json",
    },
    body: JSON.stringify({ content: `<@${home.bot}> me again` }),
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
}

function said(discord: DiscordSimulator, wanted: (channel: { readonly guild: string | undefined }) => boolean) {
  return [...discord.realm.channels.values()]
    .filter(wanted)
    .flatMap(({ messages, person }) =>
      messages.filter(({ user, deleted }) => user === "bot" && !deleted).map((one) => ({ ...one, direct: person !== undefined })),
    );
}

function brokenAddresses(thread: ThreadRef): readonly ThreadRef[] {
  const whole = { ...Object(thread.address) };
  const without = (key: string) => Object.fromEntries(Object.entries(whole).filter(([name]) => name !== key));
  const addresses: readonly Json[] = [
    {},
    null,
    without("guild"),
    without("channel"),
    without("thread"),
    { ...whole, thread: "" },
    { ...whole, thread: home.random },
    { ...whole, channel: home.random },
    { ...whole, guild: "100000000000000999" },
    { ...whole, guild: "dm" },
  ];
  return [...addresses.map((address) => ({ ...thread, address })), { ...thread, workspace: "another" }];
}
