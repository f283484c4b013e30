import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { z } from "zod";

const root = join(import.meta.dirname, "../..");
const config = join(root, ".dependency-cruiser.cjs");

/** A product that keeps every rule. */
const sound: Readonly<Record<string, string>> = {
  "src/model/thread.ts": "export const thread = 1;",
  "src/log.ts": 'import "pino"; export const log = 1;',
  "src/bridge/receive.ts": 'import "../model/thread.ts"; import "../log.ts"; import "./converse.ts"; export const receive = 1;',
  "src/bridge/converse.ts": "export const converse = 1;",
  "src/agents/client.ts": 'import "@a2a-js/sdk/client"; export const client = 1;',
  "src/agents/config.ts": 'import "zod"; export const agentSchema = 1;',
  "src/ledger/ledger.ts": 'import "kysely"; import "kysely/migration"; import "pg"; import "keyv"; export const ledger = 1;',
  "src/http/server.ts": 'import "fastify"; import "undici"; export const server = 1;',
  "src/simulator/demo/demo.ts": 'import "@a2a-js/sdk"; import "../../model/thread.ts"; export const demo = 1;',
  "src/config.ts": 'import "yaml"; import "./config/schema.ts"; export const config = 1;',
  "src/config/schema.ts":
    'import "../../adapters/slack/config.ts"; import "../agents/config.ts"; import "../manifest/teams/config.ts"; export const schema = 1;',
  "src/manifest/teams/config.ts": 'import "zod"; export const teamsManifestSchema = 1;',
  "src/manifest/teams/write.ts": 'import "./config.ts"; export const write = 1;',
  "src/cli/manifest-teams.ts":
    'import "../config.ts"; import "../../adapters/slack/manifest.ts"; await import("../manifest/teams/write.ts");',
  "src/cli.ts": 'import "./config.ts"; import "../adapters/slack/manifest.ts"; export const cli = 1;',
  "src/app.ts": 'import "./bridge/receive.ts"; import "./agents/client.ts"; import "./ledger/ledger.ts"; export const app = 1;',
  "src/main.ts":
    'import "./app.ts"; import "./cli.ts"; await import("../adapters/slack/index.ts"); await import("./simulator/demo/demo.ts");',
  "src/start.js": 'await import("./main.ts");',
  "adapters/slack/index.ts": 'import "@slack/bolt"; import "../shared/split.ts"; import "./config.ts"; import "../../src/model/thread.ts";',
  "adapters/slack/config.ts": 'import "zod"; export const slackSchema = 1;',
  "adapters/slack/manifest.ts": 'import "../../src/model/thread.ts"; export const manifest = 1;',
  "adapters/slack/link.ts": 'import "../../src/model/thread.ts"; export const link = 1;',
  "src/cli/trace.ts": 'import "../../adapters/slack/link.ts"; import "../ledger/ledger.ts"; import "../bridge/converse.ts";',
  "adapters/shared/split.ts": "export const split = 1;",
  "adapters/teams/index.ts": 'import "../shared/split.ts"; export const teams = 1;',
  "test/support/fake.ts": "export const fake = 1;",
};

/** For each rule a file that breaks it, or more where the rule has more than one side. */
const breaches: readonly (readonly [rule: string, file: string, source: string])[] = [
  ["model-stands-alone", "src/model/bad.ts", 'import { log } from "../log.ts"; log;'],
  ["model-stands-alone", "src/model/bad-type.ts", 'import type { log } from "../log.ts"; export type Log = typeof log;'],
  ["model-stands-alone", "src/model/bad-package.ts", 'import "zod";'],
  ["log-stands-alone", "src/log.ts", 'import "pino"; import "./model/thread.ts"; export const log = 1;'],
  ["rooms-meet-in-app", "src/bridge/bad.ts", 'import "../agents/client.ts";'],
  ["rooms-meet-in-app", "src/agents/bad.ts", 'import type { ledger } from "../ledger/ledger.ts"; export type L = typeof ledger;'],
  ["rooms-meet-in-app", "src/ledger/bad.ts", 'import "../http/server.ts";'],
  ["rooms-meet-in-app", "src/http/bad.ts", 'export { receive } from "../bridge/receive.ts";'],
  ["rooms-meet-in-app", "src/http/bad-config.ts", 'import "../config.ts";'],
  ["rooms-meet-in-app", "src/bridge/bad-late.ts", 'export const late = () => import("../../adapters/slack/index.ts");'],
  ["rooms-meet-in-app", "src/identity/bad.ts", 'import "../config.ts";'],
  ["simulators-are-outside", "src/simulator/bad.ts", 'import "../bridge/receive.ts";'],
  ["simulators-are-outside", "src/simulator/bad-adapter.ts", 'import "../../adapters/slack/index.ts";'],
  ["simulators-only-in-the-demo", "src/app.ts", 'import "./simulator/demo/demo.ts"; export const app = 1;'],
  ["simulators-load-late", "src/main.ts", 'import "./simulator/demo/demo.ts";'],
  ["adapters-know-the-model", "adapters/slack/bad.ts", 'import "../../src/bridge/receive.ts";'],
  ["adapters-know-the-model", "adapters/teams/bad.ts", 'import "../slack/index.ts";'],
  ["adapters-know-the-model", "adapters/shared/bad.ts", 'import "../slack/config.ts";'],
  ["adapter-config-is-light", "adapters/slack/config.ts", 'import "./index.ts";'],
  ["adapter-config-is-light", "adapters/slack/manifest.ts", 'import "node:fs";'],
  ["adapter-config-is-light", "adapters/slack/link.ts", 'import "../shared/split.ts";'],
  ["adapters-through-main", "src/app.ts", 'import "../adapters/slack/index.ts"; export const app = 1;'],
  [
    "adapters-through-main",
    "src/bridge/bad.ts",
    'import type { slackSchema } from "../../adapters/slack/config.ts"; export type S = typeof slackSchema;',
  ],
  ["adapter-schemas-only", "src/config/bad.ts", 'import "../../adapters/slack/index.ts";'],
  ["adapter-schemas-only", "src/cli.ts", 'import "../adapters/slack/index.ts";'],
  ["adapter-schemas-only", "src/cli/bad.ts", 'import "../../adapters/slack/index.ts";'],
  ["config-sees-schemas", "src/config/bad.ts", 'import "../manifest/teams/write.ts";'],
  ["adapters-by-their-door", "src/main.ts", 'await import("../adapters/slack/config.ts");'],
  ["adapters-load-late", "src/main.ts", 'import "../adapters/slack/index.ts";'],
  ["config-sees-schemas", "src/config/bad.ts", 'import "../agents/client.ts";'],
  ["nobody-imports-main", "src/bridge/bad.ts", 'import type { app } from "../app.ts"; export type A = typeof app;'],
  ["no-tests-in-the-product", "src/bridge/bad.ts", 'import "../../test/support/fake.ts";'],
  ["a2a-sdk-in-agents", "src/bridge/bad.ts", 'import "@a2a-js/sdk";'],
  ["a2a-sdk-in-agents", "src/app.ts", 'import type { x } from "@a2a-js/sdk/client"; export type X = typeof x;'],
  ["database-in-ledger", "src/bridge/bad.ts", 'import "kysely";'],
  ["database-in-ledger", "src/agents/bad.ts", 'import "keyv";'],
  ["database-in-ledger", "src/app.ts", 'import "pg";'],
  ["slack-in-its-adapter", "src/simulator/bad.ts", 'import "@slack/web-api";'],
  ["slack-in-its-adapter", "adapters/teams/bad.ts", 'import "@slack/bolt";'],
  ["teams-in-its-adapter", "adapters/slack/bad.ts", 'import "botbuilder";'],
  ["teams-in-its-adapter", "src/simulator/bad.ts", 'import "@azure/msal-node";'],
  ["discord-in-its-adapter", "src/simulator/bad.ts", 'import "discord.js";'],
  ["discord-in-its-adapter", "src/bridge/bad.ts", 'import type { x } from "discord-api-types"; export type X = typeof x;'],
  ["websockets-in-their-rooms", "src/bridge/bad.ts", 'import "ws";'],
  ["undici-in-http", "src/agents/bad.ts", 'import "undici";'],
  ["fastify-in-http", "src/simulator/bad.ts", 'import "fastify";'],
  ["pino-in-log", "src/bridge/bad.ts", 'import type { p } from "pino"; export type P = typeof p;'],
  ["yaml-in-config", "src/agents/bad.ts", 'import "yaml";'],
  ["no-cycles", "src/bridge/converse.ts", 'import "./receive.ts";'],
  ["no-cycles", "src/bridge/converse.ts", 'import type { receive } from "./receive.ts"; export type R = typeof receive;'],
  ["no-dev-dependencies", "src/bridge/bad.ts", 'import "only-for-tests";'],
  ["no-dead-imports", "src/bridge/bad.ts", 'import "./nowhere.ts";'],
];

/** Files called bad are new and get names of their own; files of the sound product are replaced, so that a batch holds one of each. */
const placed = breaches.map(([rule, path, source], at) => ({
  rule,
  file: path.replace("/bad", `/bad-${at}`),
  source,
  batch: breaches.slice(0, at).filter(([, other]) => other === path && path in sound).length,
}));

const packages = [
  "zod",
  "pino",
  "kysely",
  "keyv",
  "pg",
  "fastify",
  "undici",
  "yaml",
  "@a2a-js/sdk",
  "@slack/bolt",
  "@slack/web-api",
  "botbuilder",
  "@azure/msal-node",
  "discord.js",
  "discord-api-types",
  "ws",
];
const folders: string[] = [];
afterAll(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

test("a product that keeps every rule is green", async () => {
  expect(await violations({})).toEqual([]);
});

describe("is red, when broken:", () => {
  // One run of the tool takes a second: breaches that do not stand in the same file share one.
  const runs = new Map<number, Promise<readonly string[]>>();
  const run = (batch: number) => {
    const made =
      runs.get(batch) ?? violations(Object.fromEntries(placed.filter((one) => one.batch === batch).map((one) => [one.file, one.source])));
    runs.set(batch, made);
    return made;
  };

  test.each(placed)("$rule ($file: $source)", async ({ rule, file, batch }) => {
    expect(await run(batch)).toContain(`${rule}: ${file}`);
  });
});

test("every rule has its breach here, and is an error", async () => {
  const load = createRequire(import.meta.url);
  const { forbidden } = z.object({ forbidden: z.array(z.object({ name: z.string(), severity: z.literal("error") })) }).parse(load(config));
  expect([...new Set(breaches.map(([rule]) => rule))].sort()).toEqual(forbidden.map(({ name }) => name).sort());
});

/** What is broken in the sound product with these files laid over it: `<rule>: <file>`. */
async function violations(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "layers-"));
  folders.push(folder);
  for (const [name, source] of Object.entries({ ...sound, ...files })) await write(folder, name, source);
  const dependencies = Object.fromEntries(packages.map((name) => [name, "1.0.0"]));
  await write(folder, "package.json", JSON.stringify({ type: "module", dependencies, devDependencies: { "only-for-tests": "1.0.0" } }));
  for (const name of [...packages, "only-for-tests"]) await install(folder, name);
  return cruise(folder);
}

/** An empty package of that name: the rules look at where an import leads. */
async function install(folder: string, name: string): Promise<void> {
  const exports = { ".": "./index.js", "./client": "./index.js", "./migration": "./index.js" };
  await write(folder, `node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", type: "module", exports }));
  await write(folder, `node_modules/${name}/index.js`, "export const x = 1;");
}

const violationSchema = z.object({
  rule: z.object({ name: z.string() }),
  from: z.string(),
  cycle: z.array(z.object({ name: z.string() })).default([]),
});
const reportSchema = z.object({ summary: z.object({ violations: z.array(violationSchema) }) });

/** Runs the tool as `npm run layers` does; it ends with the number of violations. */
function cruise(folder: string): Promise<readonly string[]> {
  const tool = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const args = [tool, "--config", config, "--output-type", "json", "src", "adapters"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 10_000_000 }, (_err, stdout, stderr) => {
      try {
        const { violations } = reportSchema.parse(JSON.parse(stdout)).summary;
        resolve(
          violations.flatMap(({ rule, from, cycle }) => [from, ...cycle.map(({ name }) => name)].map((file) => `${rule.name}: ${file}`)),
        );
      } catch (err) {
        reject(new Error(`dependency-cruiser gave no report: ${stderr}`, { cause: err }));
      }
    });
  });
}

async function write(folder: string, name: string, source: string): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, source);
}
