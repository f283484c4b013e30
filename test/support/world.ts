import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSlackAdapter } from "../../adapters/slack/index.ts";
import { type App, createApp } from "../../src/app.ts";
import type { Pace } from "../../src/bridge/parts.ts";
import { parseConfig } from "../../src/config.ts";
import { createGuardedFetch } from "../../src/http/fetch.ts";
import { createLog, silentLog } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { Failpoint } from "../../src/model/failpoint.ts";
import { createSlackSimulator, type SlackSimulator, type SlackSimulatorOptions } from "../../src/simulator/slack/simulator.ts";

export interface WorldOptions {
  /** Raw configuration: `agents` at least. Slack, store, listen and outbound are filled in. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly slack?: SlackSimulatorOptions;
  readonly failpoint?: Failpoint;
  readonly pace?: Partial<Pace>;
  readonly leaseMs?: number;
  /** Where the log goes; nowhere unless said. */
  readonly logFile?: string;
  /** The bridge's and Slack's; the system's unless said. */
  readonly clock?: Clock;
  /** Hears the bridge's address whenever it has started: another platform beside Slack sends there. */
  readonly onStart?: (url: string) => void;
}

/** A bridge with its real Slack adapter, beside a Slack workspace, in this process. */
export interface World {
  readonly slack: SlackSimulator;
  readonly app: App;
  readonly url: string;
  /** Where `listen.metrics` answers. */
  readonly metricsUrl: string;
  readonly folder: string;
  /** Stops the bridge and starts another on the same store, as a restart of the process does. */
  restart(): Promise<void>;
  stopBridge(): Promise<void>;
  startBridge(): Promise<void>;
  stop(): Promise<void>;
}

/** Short waits: a test should not take longer than what it is about. */
const quick: Partial<Pace> = { reach: [50, 100], lookMax: 300, lookGiveUp: 2_000, postFirst: 50, postMax: 400, liveAfter: 60 };

export async function createWorld(options: WorldOptions): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "bridge-"));
  const clock = options.clock === undefined ? {} : { clock: options.clock };
  const slack = await createSlackSimulator({ retryDelaysMs: [0, 200, 500], ...clock, ...options.slack });
  const world: { app: App | undefined; url: string; metricsUrl: string } = { app: undefined, url: "", metricsUrl: "" };
  const log = options.logFile === undefined ? silentLog : createLog({ level: "debug", destination: options.logFile });
  const guarded = createGuardedFetch({ allowPrivateNetworks: true });

  async function startBridge(): Promise<void> {
    const config = parseConfig(
      {
        listen: { host: "127.0.0.1", port: 0, metrics: { port: 0 } },
        store: { url: `sqlite:${join(folder, "bridge.db")}` },
        outbound: { allowPrivateNetworks: true },
        slack: { pace: { perSecond: 20, burst: 20 }, ...slack.config },
        ...options.config,
      },
      {},
    );
    const app = await createApp({
      config,
      log,
      ...guarded,
      adapters: async (shared) => {
        const adapters = config.slack ? [createSlackAdapter({ ...shared, config: config.slack })] : [];
        if (config.teams) {
          const { createTeamsAdapter } = await import("../../adapters/teams/index.ts");
          adapters.push(createTeamsAdapter({ ...shared, config: config.teams, loopback: true }));
        }
        if (config.discord) {
          const { createDiscordAdapter } = await import("../../adapters/discord/index.ts");
          adapters.push(createDiscordAdapter({ ...shared, config: config.discord }));
        }
        return adapters;
      },
      pace: { ...quick, ...options.pace },
      leaseMs: options.leaseMs ?? 6_000,
      ...clock,
      ...(options.failpoint ? { failpoint: options.failpoint } : {}),
    });
    const { url, metricsUrl = "" } = await app.start();
    world.app = app;
    world.metricsUrl = metricsUrl;
    world.url = url;
    slack.target(`${url}/slack/events`);
    options.onStart?.(url);
  }

  async function stopBridge(): Promise<void> {
    await world.app?.stop();
    world.app = undefined;
  }

  await startBridge();
  return {
    slack,
    folder,
    get app() {
      if (!world.app) throw new Error("the bridge is stopped");
      return world.app;
    },
    get url() {
      return world.url;
    },
    get metricsUrl() {
      return world.metricsUrl;
    },
    startBridge,
    stopBridge,
    async restart() {
      await stopBridge();
      await startBridge();
    },
    async stop() {
      await stopBridge();
      await slack.stop();
      await guarded.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
