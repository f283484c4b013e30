import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Chat } from "./chat.ts";
import { createGate } from "./gate.ts";
import { createParties, type Gates, type Party } from "./parties.ts";
import type { Start } from "./protocol.ts";

/** What outlives every kill, and is the judge: a platform and the agents, in the process of the test. */
export interface Scene {
  readonly chat: Chat;
  readonly parties: readonly Party[];
  readonly gates: Gates;
  /** How each life of the bridge begins: the same store, the same port. */
  readonly start: Start;
  /** Warnings and errors at the end of the bridge's log. */
  lastWords(): Promise<string>;
  /** How many posts of unknown fate the bridge has said to repeat, in all its lives so far. */
  countRepeated(): Promise<number>;
  stop(): Promise<void>;
}

export interface Platform {
  createChat(parties: readonly Party[]): Promise<Chat>;
  /** See `createParties`. */
  readonly expiryMinutes: number;
  /** A SQLite file unless said otherwise. */
  createStore?(): Promise<{ readonly url: string; remove(): Promise<void> }>;
}

export async function createScene({ createChat, expiryMinutes, createStore }: Platform): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), "crash-"));
  const store = await createStore?.();
  const gates = { begin: createGate(), up: createGate() };
  const parties = await createParties(gates, expiryMinutes);
  const chat = await createChat(parties);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  chat.bridgeAt(url);
  for (const party of parties) party.bridgeAt(url);
  const logFile = join(folder, "bridge.log");
  const log = async () => (await readFile(logFile, "utf8").catch(() => "")).split("\n");
  return {
    chat,
    parties,
    gates,
    start: {
      logFile,
      config: {
        listen: { host: "127.0.0.1", port, metrics: { port: 0 } },
        store: { url: store?.url ?? `sqlite:${join(folder, "bridge.db")}` },
        outbound: { allowPrivateNetworks: true },
        agents: Object.fromEntries(parties.map(({ name, config }) => [name, config])),
        ...chat.config,
      },
    },
    lastWords: async () => {
      const lines = await log();
      return lines
        .filter((line) => /"level":(40|50|60)/.test(line))
        .slice(-12)
        .join("\n");
    },
    countRepeated: async () => (await log()).filter((line) => line.includes('"found":false') && line.includes('"ambiguous post"')).length,
    async stop() {
      gates.begin.open();
      gates.up.open();
      await Promise.all([chat.stop(), ...parties.map((party) => party.stop())]);
      await store?.remove();
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
