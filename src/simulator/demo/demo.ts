import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../../log.ts";
import type { Row } from "../../model/ledger.ts";
import { startPage } from "../page/page.ts";
import { runAsAdmin } from "./admin.ts";
import { createDemoAgents, type DemoAgents, toAgentConfigs } from "./agents.ts";
import { createDemoBridge, findPort } from "./bridge.ts";
import { createDemoDiscord } from "./discord.ts";
import { createFaults } from "./faults.ts";
import type { DemoPlatform } from "./part.ts";
import { createDemoSlack } from "./slack.ts";
import { createStoreLock } from "./store-lock.ts";
import { createDemoTeams } from "./teams.ts";

export interface DemoOptions {
  /** Of the page; 0, the default, takes any free one. */
  readonly port?: number;
  readonly log: Log;
  /** For the bridge's process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Looks into a store beside the bridge that works on it. */
  openLedger(store: { readonly url: string }): Promise<LedgerLook>;
}

export interface LedgerLook {
  trace(lane: string): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export interface Demo {
  /** Where the page is. */
  readonly url: string;
  readonly bridgeUrl: string;
  readonly storeUrl: string;
  /** The bridge's configuration, as it stands in its file. */
  readonly config: unknown;
  readonly agents: DemoAgents;
  /** Resolves when nothing runs any more and nothing is left on the disk. */
  stop(): Promise<void>;
}

/**
 * Starts simulated platforms, agents, the bridge as a process of its own, and the page that shows them. The bridge's store is a new one each
 * time, as are the platforms. Rejects, with nothing left running, when the page's port is taken or the bridge does not start.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const ends: (() => Promise<unknown>)[] = [];
  const leave = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    return { ...(await open(options, ends)), stop: leave };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** What is opened is ended by `ends`, the newest first. */
async function open({ port = 0, log, env, openLedger }: DemoOptions, ends: (() => Promise<unknown>)[]): Promise<Omit<Demo, "stop">> {
  const folder = await mkdtemp(join(tmpdir(), "a2a-chat-bridge-demo-"));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const agents = await createDemoAgents();
  ends.push(() => agents.stop());
  const platforms = await Promise.all([createDemoSlack(), createDemoTeams(), createDemoDiscord()]);
  ends.push(() => Promise.all(platforms.map((platform) => platform.stop())));

  const bridgePort = await findPort();
  const [bridgeUrl, file] = [`http://127.0.0.1:${bridgePort}`, join(folder, "bridge.config.yaml")];
  const config = toConfig({ platforms, agents, folder, port: bridgePort });
  await writeFile(file, JSON.stringify(config, undefined, 2), { mode: 0o600 }); // JSON is YAML
  for (const platform of platforms) platform.connect(bridgeUrl);
  agents.spark.webhook(`${bridgeUrl}/a2a/push/spark`);

  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  const bridge = createDemoBridge({ file, url: bridgeUrl, env: toBridgeEnvironment(env, folder), log });
  bridge.onChange(changed);
  ends.push(() => bridge.stop());
  const store = createStoreLock(join(folder, "bridge.db"));
  ends.push(async () => store.release());
  const ledger = createLook(() => openLedger(config.store));
  ends.push(() => ledger.close());
  const page = await startPage({
    platforms: platforms.map(({ platform }) => platform),
    backstage: {
      bridge: bridge.state,
      switches: createFaults({ bridge, agents, platforms, store, changed }),
      trace: ledger.trace,
      onChange: (callback) => {
        watchers.add(callback);
        return () => watchers.delete(callback);
      },
    },
    port,
    log,
  });
  ends.push(() => page.stop());
  await bridge.start();
  for (const { admin: words } of platforms) {
    if (words === undefined) continue;
    const admin = runAsAdmin({ words, file, env: toBridgeEnvironment(env, folder), log });
    ends.push(() => admin.stop());
  }
  return { url: page.url, bridgeUrl, storeUrl: config.store.url, config, agents };
}

/** The bridge makes its store when it starts; until then, and where it cannot be read, there is nothing to tell. */
function createLook(open: () => Promise<LedgerLook>): LedgerLook {
  let look: Promise<LedgerLook> | undefined;
  return {
    async trace(lane) {
      look ??= open();
      try {
        return await (await look).trace(lane);
      } catch {
        look = undefined;
        return [];
      }
    },
    close: async () => (await look)?.close(),
  };
}

/** Under `npm_lifecycle_event` it ends by itself when it loses its parent; with a cache it starts faster the second time. */
function toBridgeEnvironment(env: DemoOptions["env"], folder: string): DemoOptions["env"] {
  return { ...env, npm_lifecycle_event: "demo", NODE_COMPILE_CACHE: join(folder, "compiled") };
}

function toConfig({
  platforms,
  agents,
  folder,
  port,
}: {
  readonly platforms: readonly DemoPlatform[];
  readonly agents: DemoAgents;
  readonly folder: string;
  readonly port: number;
}) {
  const routes = platforms.flatMap(({ platform, rooms }) =>
    rooms.map(({ agent, id }) => ({ agent, platform: platform.id, ...(id && { channel: id }) })),
  );
  return {
    listen: { host: "127.0.0.1", port },
    store: { url: `sqlite:${join(folder, "bridge.db")}` },
    outbound: { allowPrivateNetworks: true },
    agents: toAgentConfigs(agents),
    // First match wins: those of a room stand before those of everywhere else.
    routes: routes.toSorted((a, b) => Number("channel" in b) - Number("channel" in a)),
    ...Object.assign({}, ...platforms.map(({ config }) => config)),
    log: { level: "warn" },
  };
}
