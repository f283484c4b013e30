import { slackSchema } from "../../../adapters/slack/config.ts";
import { createSlackAdapter } from "../../../adapters/slack/index.ts";
import { createGuardedFetch } from "../../../src/http/fetch.ts";
import { createHttpServer } from "../../../src/http/server.ts";
import { type Log, silentLog } from "../../../src/log.ts";
import type { Adapter } from "../../../src/model/adapter.ts";
import { type Clock, systemClock } from "../../../src/model/clock.ts";
import type { ConfigError } from "../../../src/model/errors.ts";
import type { OpenStore } from "../../../src/model/ledger.ts";
import type { IncomingEvent, Receipt } from "../../../src/model/message.ts";
import type { Json, ThreadRef } from "../../../src/model/thread.ts";
import { createSlackSimulator, type SlackSimulator, type SlackSimulatorOptions } from "../../../src/simulator/slack/simulator.ts";
import { type AdapterWorld, emptyDirectory, type PostFault, type Sent } from "./world.ts";

export interface SlackWorld extends AdapterWorld {
  readonly slack: SlackSimulator;
  readonly url: string;
  /** Another process with the same configuration and workspace; to be stopped by the caller. */
  restart(config?: Readonly<Record<string, unknown>>): Promise<Adapter>;
}

export interface SlackWorldOptions {
  /** Of the adapter; the simulator's own goes on by itself. */
  readonly clock?: Clock;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly streamLifeMs?: number;
  readonly slack?: SlackSimulatorOptions;
  readonly log?: Log;
  /** Whether the adapter may take it that no other process serves its threads. */
  readonly alone?: boolean;
  /** Changes the workspace before the bridge is there. */
  readonly prepare?: (slack: SlackSimulator) => void;
  /** Hears that Slack does not let the bridge in any more. */
  readonly fail?: (problem: ConfigError) => void;
}

/** The real adapter behind the real HTTP server, in a simulated workspace. */
export async function createSlackWorld(options: SlackWorldOptions = {}): Promise<SlackWorld> {
  const slack = await createSlackSimulator({ retryDelaysMs: [], streamLifeMs: options.streamLifeMs ?? 300_000, ...options.slack });
  options.prepare?.(slack);
  slack.addPerson({ id: "UHAL", name: "Hal", bot: true });
  const neighbour = await slack.say({ channel: "G1", user: "UANN", text: "a private matter" });
  const received: IncomingEvent[] = [];
  let next: (event: IncomingEvent) => Promise<Receipt> = async () => ({ kind: "accepted" });
  const outbound = createGuardedFetch({ allowPrivateNetworks: true });
  const create = (config: Readonly<Record<string, unknown>> = {}) =>
    createSlackAdapter({
      config: slackSchema.parse({ pace: { perSecond: 20, burst: 20 }, ...slack.config, ...options.config, ...config }),
      ...outbound,
      fail: options.fail ?? (() => undefined),
      clock: options.clock ?? systemClock,
      log: options.log ?? silentLog,
      openStore: memoryStore,
      alone: options.alone ?? false,
    });
  const adapter = create();
  const server = createHttpServer({ host: "127.0.0.1", port: 0, trustProxy: [], ready: async () => true, log: silentLog });
  server.add(adapter.routes);
  const { url } = await server.start();
  slack.target(`${url}/slack/events`);
  await adapter.start(
    async (event) => {
      received.push(event);
      return next(event);
    },
    emptyDirectory,
    new AbortController().signal,
  );
  const restart = async (config?: Readonly<Record<string, unknown>>) => {
    const another = create(config);
    await another.start(async () => ({ kind: "accepted" }), emptyDirectory, new AbortController().signal);
    return another;
  };
  let last: (() => Promise<Sent>) | undefined;

  return {
    slack,
    url,
    restart,
    adapter,
    received,
    onReceive(then) {
      next = then;
    },
    async mention(text, disturb) {
      slack.disturb(disturb === "repeated" ? { duplicates: 2 } : disturb === "reordered" ? { first: "app_mention" } : {});
      const { ts, delivered } = await slack.say({ channel: "C1", user: "UANN", text: `<@UBOT> ${text}` });
      last = async () => {
        const event = { type: "app_mention", user: "UANN", team: "T1", text: `<@UBOT> ${text}`, ts, channel: "C1", event_ts: ts };
        return toSent([(await slack.deliver(slack.envelope(event))).status]);
      };
      return toSent((await delivered).flatMap(({ statuses }) => statuses));
    },
    async followUp(thread, text) {
      const said = await slack.say({ channel: thread.channel, user: "UANN", text, threadTs: thread.thread });
      return toSent((await said.delivered).flatMap(({ statuses }) => statuses));
    },
    async direct(text) {
      const said = await slack.say({ channel: slack.direct("UANN"), user: "UANN", text });
      return toSent((await said.delivered).flatMap(({ statuses }) => statuses));
    },
    async press(thread, message, label) {
      const shown = slack.thread(thread.channel, rootOf(thread)).messages.find(({ ts }) => ts === message);
      const { actionId, value } = shown?.buttons.find((button) => button.label === label) ?? {};
      const click = { channel: thread.channel, user: "UBEN", ts: message, actionId: actionId ?? "none", ...(value && { value }) };
      return toSent([(await slack.click(click)).status]);
    },
    chatter: () => chatter(slack),
    redeliver: async () => (last ? last() : toSent([])),
    seen: (thread) =>
      slack
        .thread(thread.channel, rootOf(thread))
        .replies.filter(({ user }) => user === "UBOT")
        .map(({ ts, text, calls, buttons }) => ({
          message: ts,
          text,
          calls,
          buttons: buttons.flatMap(({ type, label }) => (type === "button" ? [label] : [])),
        })),
    countAll: () => ours(slack),
    whispers: () => slack.workspace.privates.map(({ blocks, text }) => String(blocks[0]?.text ?? text)),
    brokenAddresses: (thread) => brokenAddresses(thread, neighbour.ts),
    failNextPost: (fault) => slack.fault({ ...faults[fault], method: "chat.postMessage" }),
    callsToPeople: "<!channel> <!here|x> <@UBEN> <#C1> <!subteam^S1> @here `<!everyone>` &lt;!channel&gt;",
    postLimit: 12_000,
    async stop() {
      await adapter.stop();
      await outbound.close();
      await server.stop();
      await slack.stop();
    },
  };
}

const faults = {
  rateLimited: { kind: "429", retryAfter: 2 },
  lost: { kind: "dropAfter" },
  refused: { kind: "error", error: "invalid_auth" },
  channelGone: { kind: "error", error: "channel_not_found" },
} as const satisfies Record<PostFault, object>;

async function chatter(slack: SlackSimulator): Promise<void> {
  const root = await slack.say({ channel: "C1", user: "UANN", text: "lunch?" });
  await slack.say({ channel: "C1", user: "UBEN", text: "<@UANN> yes", threadTs: root.ts });
  const base = { type: "message", channel: "C1", channel_type: "channel" };
  const events = [
    { ...base, user: "UBOT", bot_id: "BBOT", text: "<@UBOT> me", ts: "1700000001.000001" },
    { ...base, subtype: "bot_message", bot_id: "B9", text: "<@UBOT> disk full", ts: "1700000002.000001" },
    { ...base, user: "UHAL", bot_id: "B9", text: "<@UBOT> disk full", ts: "1700000003.000001" },
    { ...base, subtype: "channel_join", user: "UBEN", text: "<@UBEN> has joined", ts: "1700000004.000001" },
  ];
  for (const event of events) await slack.deliver(slack.envelope({ ...event, event_ts: event.ts }));
  await slack.settled();
}

function brokenAddresses(thread: ThreadRef, neighbour: string): readonly ThreadRef[] {
  const whole = { team: "T1", channel: thread.channel, threadTs: thread.thread };
  const addresses: readonly Json[] = [
    {},
    null,
    { team: "T1", channel: thread.channel },
    { team: "T1", threadTs: thread.thread },
    { ...whole, threadTs: "" },
    { ...whole, team: "T2" },
    { ...whole, channel: "G1", threadTs: neighbour },
  ];
  return [...addresses.map((address) => ({ ...thread, address })), { ...thread, workspace: "T2", address: { ...whole, team: "T2" } }];
}

function rootOf(thread: ThreadRef): string {
  const { address } = thread;
  return typeof address === "object" && address !== null && "threadTs" in address ? String(address.threadTs) : thread.thread;
}

function ours(slack: SlackSimulator): number {
  return [...slack.workspace.messages.values()].flat().filter(({ user }) => user === "UBOT").length;
}

function toSent(statuses: readonly number[]): Sent {
  return { statuses, acknowledged: statuses.length > 0 && statuses.every((status) => status === 200) };
}

/** Keeps nothing on disk and forgets nothing in time. */
export const memoryStore: OpenStore = <T extends Json>() => {
  const values = new Map<string, T>();
  return {
    get: async (key: string) => values.get(key),
    set: async (key: string, value: T) => void values.set(key, value),
    delete: async (key: string) => void values.delete(key),
  };
};
