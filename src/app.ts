import type { AdapterParts } from "./adapter-parts.ts";
import { type AgentFiles, createAgentFiles } from "./agent-files.ts";
import { createAgentClient } from "./agents/client.ts";
import type { Context, Conversation, Epoch } from "./bridge/conversation.ts";
import { createDirectory } from "./bridge/directory.ts";
import { createFileRoute } from "./bridge/file-link.ts";
import { everydayPace, type Pace, type Parts } from "./bridge/parts.ts";
import { createReceive } from "./bridge/receive.ts";
import { createSafetyNet } from "./bridge/safety-net.ts";
import type { Worker } from "./bridge/worker.ts";
import type { Config } from "./config.ts";
import { createRooms, toFileLimits } from "./file-limits.ts";
import { openAdminSocket } from "./http/admin.ts";
import { createHttpServer } from "./http/server.ts";
import { openAccounts } from "./identity/accounts.ts";
import { openLedger } from "./ledger/ledger.ts";
import type { Log } from "./log.ts";
import { createMetrics, type MetricsBook } from "./metrics.ts";
import type { Accounts } from "./model/account.ts";
import type { Adapter } from "./model/adapter.ts";
import type { AgentClient } from "./model/agent.ts";
import { type Clock, systemClock } from "./model/clock.ts";
import type { ConfigError } from "./model/errors.ts";
import { type Failpoint, noFailpoint } from "./model/failpoint.ts";
import type { HttpRoute } from "./model/http.ts";
import type { Ledger, OpenStore } from "./model/ledger.ts";
import type { Metrics } from "./model/metrics.ts";
import type { OpenSocket } from "./model/socket.ts";
import { createProof } from "./proof.ts";
import { createPushDoors, toPushAddress } from "./push-doors.ts";
import { readVersion } from "./version.ts";
import { startWorkers } from "./workers.ts";

export interface AppOptions {
  readonly config: Config;
  readonly log: Log;
  /** The guarded ways out. */
  readonly fetch: typeof fetch;
  readonly openSocket: OpenSocket;
  /** Makes the adapters of the platforms that are configured; a Slack-only bridge loads Slack only. */
  readonly adapters: (shared: AdapterParts) => Promise<readonly Adapter[]>;
  readonly clock?: Clock;
  /** Tests only: interrupts the path at a named place. */
  readonly failpoint?: Failpoint;
  /** Tests only: shorter waits. */
  readonly pace?: Partial<Pace>;
  readonly leaseMs?: number;
}

/** The bridge, whole. */
export interface App {
  /** For looking into and for the commands of an admin. */
  readonly ledger: Ledger;
  /** Resolves when a platform does not let the bridge in any more, as a bad token does at the start. Whoever runs the bridge stops it then. */
  readonly failed: Promise<ConfigError>;
  /** Resolves when the platforms are connected and requests are taken. */
  start(): Promise<{ readonly url: string; readonly metricsUrl?: string }>;
  /** Hands over what is under way within a few seconds; what was committed goes on with the next start. */
  stop(): Promise<void>;
}

const day = 86_400_000;
/** Of one process, at one agent, at tasks whose answer is to come by push. */
const netLooksPerSecond = 20;
/** How long a stop waits for open requests: with the hand-over it stays within five seconds. */
const graceMs = 3_000;

/** Joins the parts; nothing runs before `start`. Rejects when the store cannot be opened, or the identities cannot be read. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, log, clock = systemClock } = options;
  const accounts = await openAccounts({ map: config.identity.map, file: config.identity.mapFile, log, clock });
  const { ledger, openStore, file, leases } = await openLedger({
    url: config.store.url,
    log,
    clock,
    ...(config.store.encryptionKey === undefined ? {} : { encryptionKey: config.store.encryptionKey }),
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
  });
  const failure = Promise.withResolvers<ConfigError>();
  const { fetch, openSocket } = options;
  const shared = { fetch, openSocket, clock, log, openStore, leases };
  const adapters = await options.adapters({ ...shared, alone: file !== undefined, fail: failure.resolve });
  const own: { url?: string } = {};
  const book = createMetrics({ ledger, adapters, version: await readVersion() });
  const agentFiles = createAgentFiles(options);
  const parts = createParts(options, {
    ledger,
    openStore,
    adapters,
    accounts,
    clock,
    metrics: book.metrics,
    agentFiles,
    publicUrl: () => config.publicUrl ?? own.url,
  });
  const { server, others, metricsServer } = createServers(options, { parts, ledger, openStore, adapters, book, clock });
  const stopping = new AbortController();
  let workers: readonly Worker[] = [];
  let housekeeping: readonly Promise<void>[] = [];
  let admin: { close(): Promise<void> } | undefined;
  let isUp = false;

  return {
    ledger,
    failed: failure.promise,
    async start() {
      const receive = createReceive(parts);
      const directory = createDirectory(parts);
      for (const adapter of adapters) await adapter.start(receive, directory, stopping.signal);
      const { url } = await server.start();
      for (const other of others) await other.start();
      const measured = await metricsServer?.start();
      if (file !== undefined) admin = await openAdminSocket(file, ledger, log);
      // A bridge that is allowed to talk to its own machine, and has no public address, is a local one: agents there can push to it.
      if (config.outbound.allowPrivateNetworks === true) own.url = url;
      workers = startWorkers(parts, options.leaseMs ?? 6_000);
      isUp = true;
      housekeeping = [purgeFromTimeToTime(parts, config, stopping.signal), accounts.keep(stopping.signal)];
      log.info({ url, adapters: adapters.map(({ platform }) => platform), agents: [...parts.agents.keys()] }, "bridge started");
      return { url, ...(measured && { metricsUrl: `${measured.url}/metrics` }) };
    },
    async stop() {
      // A request that is under way is still committed; the work that it brings is for the next start.
      await Promise.all([...[server, ...others, metricsServer].map((one) => one?.stop()), ...workers.map((worker) => worker.stop())]);
      stopping.abort();
      for (const adapter of adapters) await adapter.stop();
      await Promise.all(housekeeping);
      await agentFiles.close();
      await book.close();
      await admin?.close();
      await ledger.close();
      if (isUp) log.info({}, "bridge stopped");
    },
  };
}

/** The doors: the bridge's own port, a port for each agent that pushes to one of its own, and one for the metrics. */
function createServers(
  { config, log, fetch }: AppOptions,
  {
    parts,
    ledger,
    openStore,
    adapters,
    book,
    clock,
  }: Pick<Made, "ledger" | "openStore" | "adapters" | "clock"> & { parts: Parts; book: MetricsBook },
) {
  const doors = createPushDoors({ parts, config, fetch, clock, log, tokens: openStore<string>("push-tokens") });
  const prove = createProof(config);
  const listen = (where: { readonly host: string; readonly port: number }, routes: readonly HttpRoute[]) => {
    const onAnswer = (route = "none", status: number) =>
      book.metrics.count("bridge_http_requests_total", { route, status: String(status) });
    const server = createHttpServer({
      ...config.listen,
      ...where,
      ready: () => isReady(ledger, adapters),
      log,
      clock,
      onAnswer,
      graceMs,
      prove,
    });
    server.add(routes);
    return server;
  };
  const files = createFileRoute(ledger, () => clock.now());
  const server = listen(config.listen, [...adapters.flatMap((adapter) => adapter.routes), ...doors.routes, files]);
  const others = doors.ownPorts.map((own) => listen(own, own.routes));
  const metricsServer = config.listen.metrics && listen(config.listen.metrics, [book.route]);
  return { server, others, metricsServer };
}

/** Whether events can come in and be committed. */
function isReady(ledger: Ledger, adapters: readonly Adapter[]): Promise<boolean> {
  return ledger.ping().then(
    () => adapters.every((adapter) => adapter.connected?.() ?? true),
    () => false,
  );
}

interface Made {
  readonly metrics: Metrics;
  readonly ledger: Ledger;
  readonly openStore: OpenStore;
  readonly adapters: readonly Adapter[];
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly agentFiles: AgentFiles;
  publicUrl(): string | undefined;
}

function createParts({ config, log, fetch, failpoint = noFailpoint, pace }: AppOptions, made: Made): Parts {
  const { ledger, openStore, clock } = made;
  const cards = openStore("agents");
  const agents = Object.entries(config.agents).map(([name, agent]): [string, AgentClient] => [
    name,
    createAgentClient({ name, config: agent, fetch, clock, log, store: { ...prefixed(cards, `${name}:`) } }),
  ]);
  return {
    ledger,
    conversations: openStore<Conversation>("conversations"),
    contexts: openStore<Context>("contexts"),
    epochs: openStore<Epoch>("epochs"),
    adapters: new Map(made.adapters.map((adapter) => [adapter.platform, adapter])),
    agents: new Map(agents),
    routes: config.routes,
    identity: { ...config.identity, accounts: made.accounts },
    pushAddress: (agent) => toPushAddress(config, agent, made.publicUrl()),
    publicUrl: made.publicUrl,
    fetchFile: made.agentFiles.fetchFile,
    files: toFileLimits(config),
    safetyNet: createSafetyNet(netLooksPerSecond, clock.now),
    room: createRooms(config, clock),
    keepMs: config.store.retention.factsDays * day,
    clock,
    log,
    metrics: made.metrics,
    failpoint,
    pace: { ...everydayPace, ...pace },
  };
}

function prefixed<T>(store: ReturnType<OpenStore> & { get(key: string): Promise<T | undefined> }, prefix: string) {
  return {
    get: (key: string) => store.get(prefix + key),
    set: (key: string, value: Parameters<typeof store.set>[1], ttlMs?: number) => store.set(prefix + key, value, ttlMs),
    delete: (key: string) => store.delete(prefix + key),
  };
}

/** Deletes what was kept long enough (promise 7), at the start and then every hour. */
async function purgeFromTimeToTime(parts: Parts, config: Config, signal: AbortSignal): Promise<void> {
  const { contentDays, factsDays } = config.store.retention;
  while (!signal.aborted) {
    try {
      const deleted = await parts.ledger.purge({ contentMs: contentDays * day, factsMs: factsDays * day });
      parts.log.debug(deleted, "old rows purged");
    } catch (err) {
      parts.log.error({ err }, "old rows not purged");
    }
    await parts.clock.sleep(3_600_000, signal);
  }
}
