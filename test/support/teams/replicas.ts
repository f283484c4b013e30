import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TeamsSimulator } from "../../../src/simulator/teams/simulator.ts";
import { type BridgeProcess, startBridge } from "../crash/process.ts";
import { createProxy } from "../proxy.ts";
import { freePort } from "../systems/kill.ts";
import { fast } from "./bridge.ts";

/** Bridges in processes of their own on one store, behind one address. */
export interface Replicas {
  /** One more process. Resolves when it takes requests. */
  add(): Promise<Replica>;
  /** From now on new connections lead to this one; the others' are cut. */
  lead(to: Replica): Promise<void>;
  stop(): Promise<void>;
}

export interface Replica extends BridgeProcess {
  readonly url: string;
}

export async function createReplicas(options: {
  readonly teams: TeamsSimulator;
  readonly storeUrl: string;
  readonly agents: Readonly<Record<string, unknown>>;
}): Promise<Replicas> {
  const { teams, storeUrl, agents } = options;
  const folder = await mkdtemp(join(tmpdir(), "replicas-"));
  const target = { host: "127.0.0.1", port: 9 };
  const front = await createProxy(target);
  const publicUrl = `http://127.0.0.1:${front.port}`;
  teams.target(`${publicUrl}/api/messages`);
  const lives: Replica[] = [];
  return {
    async add() {
      const port = await freePort();
      const config = {
        listen: { host: "127.0.0.1", port },
        publicUrl,
        store: { url: storeUrl },
        outbound: { allowPrivateNetworks: true },
        agents,
        routes: Object.keys(agents).map((agent) => ({ agent, followUps: "thread" })),
        teams: { ...teams.config, welcome: "", pace: fast },
      };
      const life = { ...startBridge({ config, logFile: join(folder, `bridge-${lives.length}.log`) }), url: `http://127.0.0.1:${port}` };
      lives.push(life);
      await life.ready;
      return life;
    },
    async lead({ url }) {
      await front.cut();
      target.port = Number(new URL(url).port);
      await front.mend();
    },
    async stop() {
      await front.stop();
      await Promise.all(lives.map((life) => life.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
