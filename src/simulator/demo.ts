import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "../log.ts";
import { createDemoAgents, type DemoAgents, toAgentConfigs } from "./demo-agents.ts";
import { directHint, rooms } from "./demo-rooms.ts";
import { startPage } from "./page/page.ts";
import type { Hint } from "./page/platform.ts";
import { createSlackPlatform } from "./page/slack.ts";
import { createSlackSimulator, type SlackSimulator } from "./slack/simulator.ts";

export interface DemoOptions {
  /** Of the page; 0, the default, takes any free one. */
  readonly port?: number;
  readonly log: Log;
}

export interface Demo {
  /** Where the page is. */
  readonly url: string;
  /** A bridge configuration as it would stand in a file, for the configuration's schema to parse. */
  readonly config: unknown;
  readonly simulator: SlackSimulator;
  readonly agents: DemoAgents;
  /** Tells the simulated Slack and the agents where the bridge listens. Call it once the bridge has started. */
  connect(bridgeUrl: string): void;
  /** Resolves when nothing runs any more and nothing is left on the disk. Stop the bridge first. */
  stop(): Promise<void>;
}

/**
 * Starts a simulated Slack with its page, and an agent for each of its channels. The bridge's store is a new one each time, as is the workspace.
 * Rejects, with nothing left running, when the page's port is taken.
 */
export async function startDemo({ port = 0, log }: DemoOptions): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), "a2a-chat-bridge-demo-"));
  const simulator = await createWorkspace();
  const agents = await createDemoAgents();
  const leave = async () => {
    await Promise.all([simulator.stop(), agents.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  const page = await startPage({ platforms: [createSlackPlatform({ simulator, hints: toHints(simulator) })], port, log }).catch(
    async (error: unknown) => {
      await leave();
      throw error;
    },
  );
  return {
    url: page.url,
    config: toConfig(simulator, agents, folder),
    simulator,
    agents,
    connect(bridgeUrl) {
      const base = bridgeUrl.replace(/\/+$/, "");
      simulator.target(`${base}/slack/events`);
      agents.spark.webhook(`${base}/a2a/push/spark`);
    },
    async stop() {
      await page.stop();
      await leave();
    },
  };
}

async function createWorkspace(): Promise<SlackSimulator> {
  const simulator = await createSlackSimulator({ retryDelaysMs: [0, 1_000, 5_000, 15_000] });
  simulator.workspace.channels.clear();
  simulator.addPerson({ id: "UCLEO", name: "Cleo (guest)", email: "cleo@elsewhere.test", guest: "multi" });
  for (const { id, name } of rooms) simulator.addChannel({ id, name });
  for (const user of ["UANN", "UBEN", "UCLEO"]) simulator.direct(user);
  return simulator;
}

/** Channels and direct messages tell what is special in them. */
function toHints(simulator: SlackSimulator): ReadonlyMap<string, Hint> {
  const direct = [...simulator.workspace.channels.values()].filter(({ kind }) => kind === "im").map(({ id }) => ({ ...directHint, id }));
  return new Map([...rooms, ...direct].map(({ id, hint, tries }) => [id, { hint, tries }]));
}

function toConfig(simulator: SlackSimulator, agents: DemoAgents, folder: string): unknown {
  const [first, ...others] = rooms;
  return {
    listen: { host: "127.0.0.1", port: 0 },
    store: { url: `sqlite:${join(folder, "bridge.db")}` },
    outbound: { allowPrivateNetworks: true },
    agents: toAgentConfigs(agents),
    routes: [...others.map(({ agent, id }) => ({ agent, channel: id })), { agent: first?.agent }],
    slack: { ...simulator.config },
  };
}
