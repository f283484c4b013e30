import { flushCompileCache } from "node:module";
import type { AdapterParts } from "./adapter-parts.ts";
import { type App, createApp } from "./app.ts";
import type { Host, Running } from "./cli/command.ts";
import { type Asked, parseCommandLine } from "./cli.ts";
import { type Config, loadConfig, processEnvironment } from "./config.ts";
import { giveBackMemory } from "./give-back.ts";
import { createGuardedFetch, createIdentityFetch } from "./http/fetch.ts";
import { createLog, type Log } from "./log.ts";
import type { Adapter } from "./model/adapter.ts";
import { systemClock } from "./model/clock.ts";
import { assertNever, ConfigError, DeliveryError, StoreError } from "./model/errors.ts";
import { readVersion } from "./version.ts";

/** The whole program. Resolves when a bridge runs, or when a command is done; sets the exit code, and throws nothing. */
export async function main(args: readonly string[]): Promise<void> {
  const asked = parseCommandLine(args, processEnvironment());
  try {
    const result = await run(asked);
    if (typeof result === "number") process.exitCode = result;
    else stopOnSignal(result);
  } catch (err) {
    process.stderr.write(`${describe(err)}\n`);
    // Whatever was opened before the failure must not keep the process alive.
    process.exit(1);
  }
}

async function run(asked: Asked): Promise<number | Running> {
  switch (asked.kind) {
    case "command":
      return asked.ready.run(createHost());
    case "help":
      process.stdout.write(asked.text);
      return 0;
    case "version":
      process.stdout.write(`${await readVersion()}\n`);
      return 0;
    case "misunderstood":
      process.stderr.write(`${asked.why}\n\n${asked.help}`);
      return 2;
    default:
      return assertNever(asked);
  }
}

function createHost(): Host {
  return {
    env: processEnvironment(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stopping() {
      const stopping = new AbortController();
      process.once("SIGINT", () => stopping.abort());
      process.once("SIGTERM", () => stopping.abort());
      return stopping.signal;
    },
    async bridge(path) {
      const config = await loadConfig({ ...(path !== undefined && { path }), env: processEnvironment() });
      return startBridge(config, createLog(config.log));
    },
    adapters: (config, parts) => createAdapters(config, parts, createIdentityFetch(config.outbound).fetch),
    demo: startDemo,
  };
}

async function startBridge(config: Config, log: Log): Promise<Running & { readonly url: string }> {
  const guarded = createGuardedFetch(config.outbound);
  const identity = createIdentityFetch(config.outbound);
  const app = await createApp({ ...guarded, config, log, adapters: (shared) => createAdapters(config, shared, identity.fetch) });
  const { url } = await startOrLeave(app);
  // A process that is killed must not have to leave unwritten what it compiled.
  flushCompileCache();
  giveBackMemory();
  return {
    url,
    failed: app.failed,
    stop: async () => {
      await app.stop();
      await guarded.close();
      await identity.close();
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
async function createAdapters(config: Config, shared: AdapterParts, identityFetch: typeof fetch): Promise<readonly Adapter[]> {
  const adapters: Adapter[] = [];
  if (config.slack !== undefined) {
    const { createSlackAdapter } = await import("../adapters/slack/index.ts");
    adapters.push(createSlackAdapter({ ...shared, config: config.slack }));
  }
  if (config.teams !== undefined) {
    const { createTeamsAdapter } = await import("../adapters/teams/index.ts");
    const loopback = ["127.0.0.1", "::1", "localhost"].includes(config.listen.host);
    adapters.push(createTeamsAdapter({ ...shared, identityFetch, config: config.teams, loopback }));
  }
  if (config.discord !== undefined) {
    const { createDiscordAdapter } = await import("../adapters/discord/index.ts");
    adapters.push(createDiscordAdapter({ ...shared, config: config.discord }));
  }
  return adapters;
}

async function startDemo({ port, json }: { readonly port: number; readonly json: boolean }): Promise<Running> {
  const simulator = await import("./simulator/demo/demo.ts");
  const { openLedgerReader } = await import("./ledger/reader.ts");
  const log = createLog({ level: "warn", destination: 2 });
  const demo = await simulator.startDemo({ port, log, env: processEnvironment(), openLedger: openLedgerReader });
  const { url, bridgeUrl, storeUrl, agents } = demo;
  process.stdout.write(json ? `${JSON.stringify({ page: url, bridge: bridgeUrl })}\n` : welcome(url, agents.poet.url, storeUrl));
  return { stop: demo.stop };
}

const welcome = (url: string, agent: string, store: string) => `
  The demo is running. Open this page in a browser on this machine:

      ${url}

  It shows a simulated Slack, Teams and Discord with rooms for each kind of agent. Write in one, and an agent answers through the
  real bridge; beside it you see what the bridge writes down, and you can make things go wrong. No account, no server, nothing
  leaves this machine, and everything is gone when you press Ctrl+C.

  What the bridge can find out about an agent, seen from another terminal:

      npm start -- agents check ${agent} --yes

  The whole way of a message, by the reference that the page and the bridge's notices show:

      npm start -- trace <reference> --store ${store}
`;

/** Whose child we began as. Read at once: the parent may be gone before anything is up that could be stopped. */
const bornTo = process.ppid;

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
  void running.failed?.then((problem) => {
    process.stderr.write(`${describe(problem)}\n`);
    process.exitCode = 1;
    if (askedAt === undefined) onSignal();
  });
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
  const watch = setInterval(() => {
    if (process.ppid === bornTo) return;
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
  if (!outside) return err.stack ?? err.message;
  return `The bridge could not go on. ${toReasons(err).join(": ")}\nThe command doctor looks at everything a bridge needs, and says what to mend.`;
}

/** Each thing once: many an error ends with the words of its cause. */
function toReasons(err: unknown): readonly string[] {
  if (!(err instanceof Error)) return [];
  const causes = toReasons(err.cause);
  const rest = causes.findIndex((cause) => !err.message.endsWith(cause));
  return [err.message, ...(rest < 0 ? [] : causes.slice(rest))];
}
