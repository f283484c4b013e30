import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { type AdapterParts, type App, createApp } from "./app.ts";
import { type Command, help, parseCommand } from "./cli.ts";
import { toConfigJsonSchema } from "./config/json-schema.ts";
import { type Config, loadConfig, parseConfig, processEnvironment } from "./config.ts";
import { createGuardedFetch } from "./http/fetch.ts";
import { createLog, type Log } from "./log.ts";
import type { Adapter } from "./model/adapter.ts";
import { systemClock } from "./model/clock.ts";
import { assertNever, ConfigError, DeliveryError, StoreError } from "./model/errors.ts";

/** What runs until it is told to stop. */
interface Running {
  stop(): Promise<void>;
}

/** The whole program. Resolves when a bridge runs, or when a command is done; sets the exit code, and throws nothing. */
export async function main(args: readonly string[]): Promise<void> {
  const command = parseCommand(args, processEnvironment());
  try {
    const running = await run(command);
    if (running !== undefined) stopOnSignal(running);
  } catch (err) {
    process.stderr.write(`${describe(err)}\n`);
    // Whatever was opened before the failure must not keep the process alive.
    process.exit(1);
  }
}

async function run(command: Command): Promise<Running | undefined> {
  switch (command.kind) {
    case "start": {
      const config = await loadConfig({ ...command, env: processEnvironment() });
      const { stop } = await startBridge(config, createLog(config.log));
      return { stop };
    }
    case "demo":
      return startDemo(command.port);
    case "agents":
      return lookAtAgents(command);
    case "schema":
      return writeSchema(command.out);
    case "help":
      process.stdout.write(help);
      return undefined;
    case "version":
      process.stdout.write(`${await version()}\n`);
      return undefined;
    case "misunderstood":
      process.stderr.write(`${command.why}\n\n${help}`);
      process.exitCode = 2;
      return undefined;
    default:
      return assertNever(command);
  }
}

async function startBridge(config: Config, log: Log): Promise<Running & { readonly url: string }> {
  const guarded = createGuardedFetch(config.outbound);
  const app = await createApp({ config, log, fetch: guarded.fetch, adapters: (shared) => createAdapters(config, shared) });
  const { url } = await startOrLeave(app);
  return {
    url,
    stop: async () => {
      await app.stop();
      await guarded.close();
    },
  };
}

async function startOrLeave(app: App): Promise<{ readonly url: string }> {
  try {
    return await app.start();
  } catch (err) {
    // The first failure is the one to tell about.
    await app.stop().catch(() => undefined);
    throw err;
  }
}

/** Only the platforms that are configured are loaded. */
async function createAdapters(config: Config, shared: AdapterParts): Promise<readonly Adapter[]> {
  const adapters: Adapter[] = [];
  if (config.slack !== undefined) {
    const { createSlackAdapter } = await import("../adapters/slack/index.ts");
    adapters.push(createSlackAdapter({ ...shared, config: config.slack }));
  }
  if (config.teams !== undefined) {
    const { createTeamsAdapter } = await import("../adapters/teams/index.ts");
    const loopback = ["127.0.0.1", "::1", "localhost"].includes(config.listen.host);
    adapters.push(createTeamsAdapter({ ...shared, config: config.teams, loopback }));
  }
  return adapters;
}

async function startDemo(port: number): Promise<Running> {
  const log = createLog({ level: "warn", destination: 2 });
  const simulator = await import("./simulator/demo.ts");
  const demo = await simulator.startDemo({ port, log });
  try {
    const bridge = await startBridge(parseConfig(demo.config, {}), log);
    demo.connect(bridge.url);
    process.stdout.write(welcome(demo.url, demo.agents.poet.url));
    return {
      stop: async () => {
        await bridge.stop();
        await demo.stop();
      },
    };
  } catch (err) {
    await demo.stop();
    throw err;
  }
}

/** Ctrl+C ends it in good order: the temporary door is shut. */
async function lookAtAgents(command: Extract<Command, { kind: "agents" }>): Promise<undefined> {
  const { runAgents } = await import("./agents-command.ts");
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  process.once("SIGTERM", () => stopping.abort());
  process.exitCode = await runAgents(command, {
    env: processEnvironment(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    signal: stopping.signal,
  });
}

const welcome = (url: string, agent: string) => `
  The demo is running. Open this page in a browser on this machine:

      ${url}

  It shows a simulated Slack with a channel for each kind of agent. Write in one: the agent answers in a thread. No account,
  no server, nothing leaves this machine, and everything is gone when you press Ctrl+C.

  What the bridge can find out about an agent, seen from another terminal:

      npm start -- agents check ${agent} --yes
`;

async function writeSchema(out: string | undefined): Promise<undefined> {
  const text = `${JSON.stringify(toConfigJsonSchema(), undefined, 2)}\n`;
  if (out === undefined) process.stdout.write(text);
  else await writeFile(out, text);
}

async function version(): Promise<string> {
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** npm passes on the Ctrl+C that the terminal has sent to both: within this time it is one wish. */
const echoMs = 500;

/** The first signal stops in good order, a second one at once. */
function stopOnSignal(running: Running): void {
  let askedAt: number | undefined;
  const onSignal = () => {
    if (askedAt !== undefined) {
      if (systemClock.now() - askedAt > echoMs) process.exit(1);
      return;
    }
    askedAt = systemClock.now();
    running.stop().then(
      () => process.exit(process.exitCode ?? 0),
      (err: unknown) => {
        process.stderr.write(`${describe(err)}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", onSignal);
  // A promise that nobody waited for is a mistake of ours: it is told, and the bridge goes down in good order to come up sound.
  process.on("unhandledRejection", (err) => {
    process.stderr.write(`${describe(err)}\n`);
    process.exitCode = 1;
    onSignal();
  });
  process.on("SIGINT", onSignal);
  if (processEnvironment().npm_lifecycle_event !== undefined) onOrphaned(onSignal);
}

/** A signal to npm ends the shell between npm and us, and reaches us only as the loss of our parent. */
function onOrphaned(callback: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    callback();
  }, 500);
  watch.unref();
}

/** What is up to the admin stands for itself, with what caused it; for anything else its place in the code helps. */
function describe(err: unknown): string {
  if (!(err instanceof Error)) return String(err);
  if (err instanceof ConfigError) return err.message;
  const outside = err instanceof StoreError || err instanceof DeliveryError;
  return outside ? `The bridge could not go on. ${toReasons(err).join(": ")}` : (err.stack ?? err.message);
}

function toReasons(err: unknown): readonly string[] {
  return err instanceof Error ? [err.message, ...toReasons(err.cause)] : [];
}
