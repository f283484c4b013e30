import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createSlackSimulator } from "../../../src/simulator/slack/simulator.ts";
import { until } from "../../support/until.ts";

const start = join(import.meta.dirname, "../../../src/start.js");
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "main-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the program in an empty folder. */
const run = (...args: readonly string[]) => launch(process.execPath, [start, ...args]);

/** Runs it as npm does: below a shell. */
const runUnderShell = (...args: readonly string[]) =>
  launch("sh", ["-c", `"$0" "$@"; exit $?`, process.execPath, start, ...args], { npm_lifecycle_event: "start" });

function launch(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(command, args, { cwd: folder, env: { PATH: process.env.PATH, TMPDIR: folder, ...env } });
  let output = "";
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return { child, ended, output: () => output };
}

const write = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};

describe("the exit code", () => {
  test("is 1 with the key and the remedy, when the configuration cannot be used", async () => {
    const path = await write("bad.yaml", "slack: { botTokn: xoxb-1 }\nagents: { a: { url: https://a.example.com } }\n");
    const { ended, output } = run("start", "--config", path);
    expect(await ended).toBe(1);
    expect(output()).toContain("slack.botTokn: is not a known key. Did you mean botToken?");
    expect(output()).not.toContain("    at ");
  });

  test("is 1 when a named file, or the usual one, is missing: start never becomes the demo", async () => {
    const named = run("start", "--config", "nowhere.yaml");
    const usual = run("start");
    expect([await named.ended, await usual.ended]).toEqual([1, 1]);
    expect(named.output()).toContain("nowhere.yaml cannot be read");
    expect(usual.output()).toContain("bridge.config.yaml cannot be read");
  });

  test("is 1 when the store cannot be opened", async () => {
    const noFolder = await write("no-folder", "");
    const path = await write(
      "store.yaml",
      'slack: { botToken: xoxb-1, signingSecret: s }\nagents: { a: { url: "https://a.example.com" } }\nstore: { url: "sqlite:' +
        noFolder +
        '/bridge.db" }\n',
    );
    const { ended, output } = run("start", "--config", path);
    expect(await ended).toBe(1);
    expect(output()).toContain("store.url");
  });

  test("is 1, with the key and the remedy, when Slack turns Socket Mode off in the middle of its life", async () => {
    const slack = await createSlackSimulator({ socketMode: true });
    const raw = {
      slack: slack.config,
      agents: { a: { url: "https://a.example.com" } },
      listen: { port: 0 },
      store: { url: `sqlite:${join(folder, "socket.db")}` },
      outbound: { allowPrivateNetworks: true },
    };
    const { ended, output } = run("start", "--config", await write("socket.yaml", JSON.stringify(raw)));
    try {
      await until(() => slack.sockets.count() === 2);
      slack.sockets.disconnect("link_disabled");
      expect(await ended).toBe(1);
      expect(output()).toContain("slack.appToken: Socket Mode was switched off for this app. Switch it on under Settings > Socket Mode");
    } finally {
      await slack.stop();
    }
  });

  test("is 2 when the command line is not understood", async () => {
    const { ended, output } = run("strat");
    expect(await ended).toBe(2);
    expect(output()).toContain("there is no command strat");
  });

  test("is 0 for help and version", async () => {
    const [help, version] = [run("help"), run("version")];
    expect([await help.ended, await version.ended]).toEqual([0, 0]);
    expect(version.output()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

test("what one start has compiled the next one does not compile again", async () => {
  const tells = "process.on('exit', () => console.log(process.moduleLoadList.filter((name) => name.includes('amaro')).length))";
  const again = () =>
    launch(process.execPath, ["--import", `data:text/javascript,${tells}`, start, "version"], {
      NODE_COMPILE_CACHE: join(folder, "compiled"),
    });
  const first = again();
  await first.ended;
  const second = again();
  await second.ended;

  expect([first.output(), second.output()]).toEqual([expect.stringMatching(/\n1\n$/), expect.stringMatching(/\n0\n$/)]);
});

test("bare, it runs the demo, says where its page is, and stops when asked", async () => {
  const { child, ended, output } = run();
  try {
    const url = await until(() => /http:\/\/127\.0\.0\.1:\d+\//.exec(output())?.[0], 20_000);
    const page = await fetch(url);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);
    await page.text();

    child.kill("SIGTERM");

    expect(await ended).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
});

test("under npm it also stops when only npm was told to", async () => {
  const { child, output } = runUnderShell("demo");
  const url = await until(() => /http:\/\/127\.0\.0\.1:\d+\//.exec(output())?.[0], 20_000);

  child.kill("SIGTERM");

  await until(
    () =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    20_000,
  );
});
