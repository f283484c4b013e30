import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSlackSimulator, type SlackSimulator } from "../../../src/simulator/slack/simulator.ts";
import { type BridgeProcess, startBridge } from "../crash/process.ts";
import type { Kill } from "../crash/protocol.ts";

/** What outlives a kill: Slack, and where the bridge stands. Agents are the test's own. */
export interface Stead {
  readonly slack: SlackSimulator;
  /** Where the bridge is reached, in every life. */
  readonly url: string;
  /** One life of the bridge in a process of its own, on the same store. Resolves when it takes requests. */
  live(kill?: Kill): Promise<BridgeProcess>;
  stop(): Promise<void>;
}

export interface SteadOptions {
  /** By name; each answers in the channel of the same name in capitals, after a C. */
  readonly agents: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const channelOf = (agent: string): string => `C${agent.toUpperCase()}`;

export async function createStead({ agents }: SteadOptions): Promise<Stead> {
  const folder = await mkdtemp(join(tmpdir(), "kill-"));
  const names = Object.keys(agents);
  const slack = await createSlackSimulator({
    retryDelaysMs: Array.from({ length: 100 }, () => 200),
    channels: names.map((name) => ({ id: channelOf(name) })),
  });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  slack.target(`${url}/slack/events`);
  const config = {
    listen: { host: "127.0.0.1", port },
    store: { url: `sqlite:${join(folder, "bridge.db")}` },
    outbound: { allowPrivateNetworks: true },
    agents,
    routes: names.map((name) => ({ agent: name, channel: channelOf(name) })),
    slack: { pace: { perSecond: 20, burst: 20 }, ...slack.config },
  };
  const lives: BridgeProcess[] = [];
  return {
    slack,
    url,
    async live(kill) {
      const life = startBridge({ config, logFile: join(folder, "bridge.log"), ...(kill ? { kill } : {}) });
      lives.push(life);
      await life.ready;
      return life;
    },
    async stop() {
      await lives.at(-1)?.stop();
      await slack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const given = new Set<number>();

/** Below the range that outgoing connections take theirs from: nobody else takes it while the bridge is down. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 8_000);
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
