import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { AdapterParts } from "../../../src/adapter-parts.ts";
import { createApp } from "../../../src/app.ts";
import type { Pace } from "../../../src/bridge/parts.ts";
import { parseConfig } from "../../../src/config.ts";
import { createGuardedFetch } from "../../../src/http/fetch.ts";
import { createLog } from "../../../src/log.ts";
import type { Adapter } from "../../../src/model/adapter.ts";
import { systemClock } from "../../../src/model/clock.ts";
import type { FailpointName } from "../../../src/model/failpoint.ts";
import type { Ledger } from "../../../src/model/ledger.ts";
import { type Account, type Answer, askSchema, startSchema } from "./protocol.ts";

/**
 * A bridge in a process of its own, which kills itself with SIGKILL where it is told to. It says on standard output when it is ready and
 * when it dies, and takes questions on standard input; when that is closed, the process ends.
 */

const pace: Partial<Pace> = { reach: [50, 100], lookMax: 300, lookGiveUp: 2_000, postFirst: 50, postMax: 400, liveAfter: 60 };
/** The bridge renews its leases every two seconds, so a shorter lease would be lost while its owner lives. */
const leaseMs = 6_000;

const options = startSchema.parse(JSON.parse(process.argv[2] ?? "{}"));
const total = new Map<string, number>();
const sinceArmed = new Map<string, number>();
let deadly = options.kill && { ...options.kill, hits: total };

function say(answer: Answer): void {
  writeSync(1, `${JSON.stringify(answer)}\n`);
}

function failpoint(name: FailpointName): void | Promise<void> {
  for (const hits of [total, sinceArmed]) hits.set(name, (hits.get(name) ?? 0) + 1);
  if (options.hold?.failpoint === name) return systemClock.sleep(options.hold.ms);
  if (deadly?.failpoint !== name || deadly.hit !== deadly.hits.get(name)) return;
  say({ kind: "dies", failpoint: name, hit: deadly.hit });
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => undefined);
}

const config = parseConfig(options.config, {});
const log = createLog({ level: "info", destination: options.logFile });
const app = await createApp({
  config,
  log,
  ...createGuardedFetch({ allowPrivateNetworks: true }),
  adapters: createAdapters,
  failpoint,
  pace,
  leaseMs,
});

/** Only what is configured is read: most of a start is reading code. */
async function createAdapters(shared: AdapterParts): Promise<readonly Adapter[]> {
  const { slack, teams, discord } = config;
  const adapters: Adapter[] = [];
  if (slack) adapters.push((await import("../../../adapters/slack/index.ts")).createSlackAdapter({ ...shared, config: slack }));
  if (teams) {
    const { createTeamsAdapter } = await import("../../../adapters/teams/index.ts");
    adapters.push(createTeamsAdapter({ ...shared, config: teams, loopback: true }));
  }
  if (discord) adapters.push((await import("../../../adapters/discord/index.ts")).createDiscordAdapter({ ...shared, config: discord }));
  return adapters;
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => void answer(line));
lines.on("close", () => process.exit(0));

async function answer(line: string): Promise<void> {
  const ask = askSchema.parse(JSON.parse(line));
  switch (ask.kind) {
    case "arm":
      sinceArmed.clear();
      if (ask.kill) deadly = { ...ask.kill, hits: sinceArmed };
      return say({ kind: "armed" });
    case "hits":
      return say({ kind: "hits", total: Object.fromEntries(total), sinceArmed: Object.fromEntries(sinceArmed) });
    case "rows":
      return say({ kind: "rows", ...countRows(await app.ledger.stats()) });
    case "account":
      return say({ kind: "account", ...(await toAccount(ask.lanes)), metrics: await (await fetch(metricsUrl)).text() });
    case "stop":
      await app.stop();
      process.exit(0);
  }
}

function countRows(stats: Awaited<ReturnType<Ledger["stats"]>>): { open: number; tasks: number; buried: number } {
  const sum = (rows: typeof stats) => rows.reduce((total, { count }) => total + count, 0);
  const open = stats.filter(({ state }) => state === "ready" || state === "leased");
  return {
    open: sum(open),
    tasks: sum(open.filter(({ queue }) => queue === "task")),
    buried: sum(stats.filter(({ state }) => state === "buried")),
  };
}

async function toAccount(lanes: readonly string[]): Promise<Account> {
  const rows = (await Promise.all(lanes.map((lane) => app.ledger.trace(lane)))).flat();
  const done = rows.filter(({ queue, state }) => queue === "delivery" && state === "done");
  const posted = z.object({ message: z.string() });
  return { posts: done.map(({ id, result }) => ({ delivery: id, message: posted.parse(result).message })) };
}

const { url, metricsUrl = "" } = await app.start();
say({ kind: "ready", url });
