import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSlackSimulator, type SlackSimulator } from "../../../src/simulator/slack/simulator.ts";
import { createGate } from "./gate.ts";
import { createParties, type Gates, type Party } from "./parties.ts";
import type { Start } from "./protocol.ts";

/** What outlives every kill, and is the judge: a Slack workspace and the agents, in the process of the test. */
export interface Scene {
  readonly slack: SlackSimulator;
  readonly parties: readonly Party[];
  readonly gates: Gates;
  /** How each life of the bridge begins: the same store, the same port. */
  readonly start: Start;
  /** Warnings and errors at the end of the bridge's log. */
  lastWords(): Promise<string>;
  stop(): Promise<void>;
}

export async function createScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), "crash-"));
  const gates = { begin: createGate(), up: createGate() };
  const parties = await createParties(gates);
  // Slack sends an event again for an hour; here the hour is shorter and the steps are too.
  const retryDelaysMs = Array.from({ length: 150 }, () => 200);
  const slack = await createSlackSimulator({ retryDelaysMs, channels: parties.map(({ channel }) => ({ id: channel })) });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  slack.target(`${url}/slack/events`);
  for (const party of parties) party.bridgeAt(url);
  const logFile = join(folder, "bridge.log");
  return {
    slack,
    parties,
    gates,
    start: {
      logFile,
      config: {
        listen: { host: "127.0.0.1", port },
        store: { url: `sqlite:${join(folder, "bridge.db")}` },
        outbound: { allowPrivateNetworks: true },
        agents: Object.fromEntries(parties.map(({ name, config }) => [name, config])),
        routes: parties.map(({ name, channel }) => ({ agent: name, channel, followUps: "thread" })),
        slack: { pace: { perSecond: 20, burst: 20 }, ...slack.config },
      },
    },
    lastWords: async () => {
      const lines = (await readFile(logFile, "utf8").catch(() => "")).split("\n");
      return lines
        .filter((line) => /"level":(40|50|60)/.test(line))
        .slice(-12)
        .join("\n");
    },
    async stop() {
      gates.begin.open();
      gates.up.open();
      await Promise.all([slack.stop(), ...parties.map((party) => party.stop())]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A bridge that is down for a moment does not hold its port: another run must not take it meanwhile. */
const given = new Set<number>();

/** Below the range that outgoing connections take theirs from: the bridge must get the same port again after a restart. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
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
