import { teamsSchema } from "../../../adapters/teams/config.ts";
import { createTeamsAdapter } from "../../../adapters/teams/index.ts";
import { createGuardedFetch } from "../../../src/http/fetch.ts";
import { createHttpServer } from "../../../src/http/server.ts";
import { silentLog } from "../../../src/log.ts";
import type { Adapter } from "../../../src/model/adapter.ts";
import { type Clock, systemClock } from "../../../src/model/clock.ts";
import type { OpenStore, Store } from "../../../src/model/ledger.ts";
import type { IncomingEvent, Receipt } from "../../../src/model/message.ts";
import type { Json, ThreadRef } from "../../../src/model/thread.ts";
import type { TeamsSimulatorOptions } from "../../../src/simulator/teams/parts.ts";
import { createTeamsSimulator, type TeamsSimulator } from "../../../src/simulator/teams/simulator.ts";
import { until } from "../../support/until.ts";
import type { ManualClock } from "../../unit/slack/manual-clock.ts";
import { type AdapterWorld, emptyDirectory, type PostFault, type Sent } from "./world.ts";

export interface TeamsWorld extends AdapterWorld {
  readonly teams: TeamsSimulator;
  readonly url: string;
  /** Lets this much time pass on a manual clock, step by step, with all that happens in it. */
  passes(clock: ManualClock, ms: number): Promise<void>;
  /** Another process with the same configuration and store; to be stopped by the caller. */
  restart(): Promise<Adapter>;
}

export interface TeamsWorldOptions {
  /** Of the adapter and of Teams. */
  readonly clock?: Clock;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly simulator?: TeamsSimulatorOptions;
  /** What is true in the tenant before the adapter starts. */
  readonly prepare?: (teams: TeamsSimulator) => void;
}

const help = "19:help@thread.tacv2";

/** The real adapter behind the real HTTP server, in a simulated tenant. */
export async function createTeamsWorld(options: TeamsWorldOptions = {}): Promise<TeamsWorld> {
  const clock = options.clock ?? systemClock;
  const teams = await createTeamsSimulator({ clock, resends: 0, ...options.simulator });
  options.prepare?.(teams);
  const received: IncomingEvent[] = [];
  let next: (event: IncomingEvent) => Promise<Receipt> = async () => ({ kind: "accepted" });
  const outbound = createGuardedFetch({ allowPrivateNetworks: true });
  const openStore = createMemoryStores();
  let underWay = 0;
  const counting: typeof fetch = async (...call) => {
    underWay += 1;
    return outbound.fetch(...call).finally(() => {
      underWay -= 1;
    });
  };
  /** Nothing is under way, and nothing has come of what was. */
  const quiet = async () => {
    for (let turns = 0; turns < 5; turns = underWay > 0 ? 0 : turns + 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const create = () =>
    createTeamsAdapter({
      config: teamsSchema.parse({ ...teams.config, ...options.config }),
      fetch: counting,
      clock,
      log: silentLog,
      openStore,
      loopback: true,
    });
  const adapter = await (async () => create())().catch(async (error: unknown) => {
    await outbound.close();
    await teams.stop();
    throw error;
  });
  const server = createHttpServer({ host: "127.0.0.1", port: 0, trustProxy: [], ready: async () => true, log: silentLog });
  server.add(adapter.routes);
  const { url } = await server.start();
  teams.target(`${url}/api/messages`);
  await adapter.start(
    async (event) => {
      received.push(event);
      return next(event);
    },
    emptyDirectory,
    new AbortController().signal,
  );
  let last: Readonly<Record<string, unknown>> | undefined;
  /** What clients have shown to the person who clicked. */
  const told: string[] = [];
  const toSent = async (act: Awaited<ReturnType<TeamsSimulator["say"]>>): Promise<Sent> =>
    fromStatuses((await act.delivered).flatMap(({ statuses }) => statuses));

  return {
    teams,
    url,
    adapter,
    received,
    async passes(manual, ms) {
      for (let left = ms; left > 0; left -= 500) {
        await manual.advance(Math.min(500, left));
        await quiet();
      }
    },
    async restart() {
      const another = create();
      await another.start(async () => ({ kind: "accepted" }), emptyDirectory, new AbortController().signal);
      return another;
    },
    onReceive(then) {
      next = then;
    },
    async mention(text, disturb) {
      teams.disturb(disturb === undefined ? {} : { duplicates: 2, hold: disturb === "reordered" });
      const activity = teams.activity({ channel: help, user: "ann", text, mention: true });
      const act = await teams.say({ channel: help, user: "ann", text, mention: true });
      last = { ...activity, id: act.id, conversation: { ...Object(activity.conversation), id: `${help};messageid=${act.id}` } };
      if (disturb === "reordered") teams.release("reversed");
      teams.disturb({});
      return toSent(act);
    },
    async followUp(thread, text) {
      teams.tenant.app.consent.channels = true;
      return toSent(await teams.say({ channel: thread.channel, threadId: thread.thread, user: "ann", text }));
    },
    direct: async (text) => toSent(await teams.say({ user: "ann", text })),
    async press(thread, message, label) {
      const { answer } = await teams.submitCard({ channel: thread.channel, user: "ben", id: message, title: label });
      const { value }: { readonly value?: unknown } = answer?.body ? JSON.parse(answer.body) : {};
      if (typeof value === "string") told.push(value);
      return fromStatuses(answer ? [answer.status] : []);
    },
    chatter: () => chatter(teams),
    redeliver: async () => fromStatuses(last ? [(await teams.deliver(last)).status] : []),
    seen: (thread) =>
      (thread.endless ? teams.chat(thread.channel) : teams.thread(thread.channel, thread.thread)).messages
        .filter(({ bot }) => bot)
        .map(({ id, text, calls, buttons }) => ({ message: id, text, calls, buttons: buttons.map(({ title }) => title) })),
    countAll: () => ours(teams, (kind) => kind !== "personal").length,
    whispers: () => [...told, ...ours(teams, (kind) => kind === "personal")],
    brokenAddresses,
    failNextPost: (fault) => teams.fault({ ...faults[fault], operation: "post" }),
    callsToPeople: '<at>Ben Baker</at> <at id="0">Ben Baker</at> @Ben Baker `<at>everyone</at>` &lt;at&gt;Ben Baker&lt;/at&gt;',
    postLimit: 20_000,
    async stop() {
      await adapter.stop();
      await outbound.close();
      await server.stop();
      await teams.stop();
    },
  };
}

const faults = {
  rateLimited: { kind: "429", retryAfter: 2 },
  lost: { kind: "dropAfter" },
  refused: { kind: "error", status: 400, code: "BadArgument" },
  channelGone: { kind: "error", status: 404, code: "ConversationNotFound" },
} as const satisfies Record<PostFault, object>;

async function chatter(teams: TeamsSimulator): Promise<void> {
  teams.tenant.app.consent.channels = true;
  teams.tenant.app.consent.chats = true;
  const root = await teams.say({ channel: help, user: "ann", text: "lunch?" });
  const { id } = await teams.say({ channel: help, threadId: root.id, user: "ben", text: "<at>Ann Archer</at> yes" });
  await teams.react({ channel: help, user: "ann", id, reaction: "like" });
  await teams.say({ chat: "19:group@thread.v2", user: "ben", text: "and you?" });
  teams.addPerson({ id: "cem" });
  await teams.join({ chat: "19:group@thread.v2", user: "cem" });
  const mention = teams.activity({ channel: help, user: "ann", text: "disk full", mention: true });
  for (const from of [mention.recipient, { id: "28:somebody-else", name: "Hal" }, { id: "29:1hal", name: "Hal", role: "bot" }]) {
    await teams.deliver({ ...mention, from });
  }
  await teams.settled();
}

function brokenAddresses(thread: ThreadRef): readonly ThreadRef[] {
  const whole = { ...Object(thread.address) };
  const without = (key: string) => Object.fromEntries(Object.entries(whole).filter(([name]) => name !== key));
  const addresses: readonly Json[] = [
    {},
    null,
    without("serviceUrl"),
    without("conversation"),
    without("tenant"),
    { ...whole, conversation: thread.channel },
    { ...whole, conversation: "" },
    { ...whole, conversation: `${thread.channel};messageid=1` },
    { ...whole, conversation: `19:team@thread.tacv2;messageid=${thread.thread}` },
    { ...whole, tenant: "another" },
    { ...whole, serviceUrl: "https://evil.test/amer/" },
  ];
  return [...addresses.map((address) => ({ ...thread, address })), { ...thread, workspace: "another" }];
}

function ours(teams: TeamsSimulator, wanted: (kind: string) => boolean): readonly string[] {
  const conversations = [...teams.tenant.conversations.values()].filter(({ kind }) => wanted(kind));
  return conversations.flatMap(({ messages }) =>
    messages.filter(({ user, deleted }) => user === "bot" && !deleted).map(({ text }) => text),
  );
}

function fromStatuses(statuses: readonly number[]): Sent {
  return { statuses, acknowledged: statuses.length > 0 && statuses.every((status) => status === 200) };
}

/** Lets time pass until something has come to its end. */
export async function passing<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let over = false;
  const end = promise.finally(() => {
    over = true;
  });
  end.catch(() => undefined); // whoever waits for it hears of it
  await until(async () => {
    await clock.advance(100);
    return over;
  });
  return end;
}

/** Keeps nothing on disk and forgets nothing in time; processes that share it share what is in it. */
export function createMemoryStores(): OpenStore {
  const namespaces = new Map<string, Map<string, string>>();
  return <T extends Json>(namespace: string): Store<T> => {
    const values = namespaces.get(namespace) ?? new Map<string, string>();
    namespaces.set(namespace, values);
    return {
      get: async (key) => {
        const text = values.get(key);
        return text === undefined ? undefined : JSON.parse(text);
      },
      set: async (key, value) => void values.set(key, JSON.stringify(value)),
      delete: async (key) => void values.delete(key),
    };
  };
}
