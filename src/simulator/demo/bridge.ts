import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { Log } from "../../log.ts";
import { type Clock, systemClock } from "../../model/clock.ts";
import type { BridgeState } from "../page/backstage.ts";

export interface DemoBridgeOptions {
  /** The configuration file. It names the port. */
  readonly file: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly clock?: Clock;
}

/** The bridge as it runs in production: a process of its own, `a2a-chat-bridge start --config <file>`. */
export interface DemoBridge {
  state(): BridgeState;
  /** Resolves when it takes events; rejects with what it said when it ended before. Does nothing where it runs. */
  start(): Promise<void>;
  /** SIGKILL: no good order, no last words. Resolves when it is gone. */
  kill(): Promise<void>;
  /** In good order. */
  stop(): Promise<void>;
  onChange(callback: () => void): () => void;
}

const program = fileURLToPath(new URL("../../start.js", import.meta.url));
/** A bridge that was told to stop hands over within a few seconds. */
const stopMs = 10_000;

export function createDemoBridge({ file, url, env, log, clock = systemClock }: DemoBridgeOptions): DemoBridge {
  const watchers = new Set<() => void>();
  let child: ChildProcess | undefined;
  let state: BridgeState = { state: "killed", pid: undefined, since: clock.now(), kills: 0 };
  let starting: Promise<void> | undefined;

  function become(next: Pick<BridgeState, "state" | "pid"> & Partial<BridgeState>): void {
    state = { ...state, ...next, since: clock.now() };
    for (const watcher of watchers) watcher();
  }

  async function run(): Promise<void> {
    const said: string[] = [];
    const spawned = spawn(process.execPath, [program, "start", "--config", file], { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    child = spawned;
    const keep = (chunk: string) => {
      said.push(chunk);
      if (said.length > 50) said.shift();
    };
    // People switch on faults and watch them on the page: what the bridge logs then need not fill the terminal.
    spawned.stdout.setEncoding("utf8").on("data", keep);
    spawned.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      keep(chunk);
      log.warn({ said: chunk.trim() }, "the bridge said");
    });
    spawned.once("exit", () => {
      if (child === spawned) child = undefined;
      become({ state: "killed", pid: undefined });
    });
    become({ state: "starting", pid: spawned.pid });
    while (child === spawned && !(await isReady(url))) await clock.sleep(50);
    if (child !== spawned) throw new Error(`the bridge did not start:\n${said.join("")}`);
    become({ state: "running", pid: spawned.pid });
  }

  async function end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const ending = child;
    if (ending === undefined) return;
    const ended = once(ending, "exit");
    ending.kill(signal);
    const stuck = setTimeout(() => ending.kill("SIGKILL"), stopMs);
    await ended;
    clearTimeout(stuck);
  }

  return {
    state: () => state,
    start() {
      if (child !== undefined) return starting ?? Promise.resolve();
      starting = run().finally(() => {
        starting = undefined;
      });
      return starting;
    },
    async kill() {
      if (child === undefined) return;
      state = { ...state, kills: state.kills + 1 };
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    onChange(callback) {
      watchers.add(callback);
      return () => watchers.delete(callback);
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false, // nobody listens yet
  );
}

/** A port that nobody has now. A bridge that is killed and started again must be found where it was. */
export async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}
