import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BridgeProcess, startBridge } from "./crash/process.ts";
import { createProxy } from "./proxy.ts";
import { freePort } from "./systems/kill.ts";

/** Bridges in processes of their own on one store, behind one address. */
export interface Replicas {
  /** Of all of them. */
  readonly publicUrl: string;
  /** One more process. Resolves when it takes requests. */
  add(): Promise<Replica>;
  /** From now on new connections lead to this one; the others' are cut. */
  lead(to: Replica): Promise<void>;
  stop(): Promise<void>;
}

export interface Replica extends BridgeProcess {
  readonly url: string;
  /** How many turns have come to their end in this process. */
  turns(): Promise<number>;
}

export async function createReplicas(options: {
  readonly storeUrl: string;
  readonly agents: Readonly<Record<string, unknown>>;
  /** The platform's part of the configuration. */
  readonly platform: Readonly<Record<string, unknown>>;
}): Promise<Replicas> {
  const { storeUrl, agents, platform } = options;
  const folder = await mkdtemp(join(tmpdir(), "replicas-"));
  const target = { host: "127.0.0.1", port: 9 };
  const front = await createProxy(target);
  const publicUrl = `http://127.0.0.1:${front.port}`;
  const lives: Replica[] = [];
  return {
    publicUrl,
    async add() {
      const port = await freePort();
      const logFile = join(folder, `bridge-${lives.length}.log`);
      const config = {
        listen: { host: "127.0.0.1", port },
        publicUrl,
        store: { url: storeUrl },
        outbound: { allowPrivateNetworks: true },
        agents,
        routes: Object.keys(agents).map((agent) => ({ agent, followUps: "thread" })),
        ...platform,
      };
      const turns = async () => (await readFile(logFile, "utf8")).split('"turn ended"').length - 1;
      const life = { ...startBridge({ config, logFile }), url: `http://127.0.0.1:${port}`, turns };
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
