import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { secrets } from "./stubs.js";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
/** What the operating system counts in: 100 a second on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Starts one of the four in a process of its own; resolves when it takes requests. `folder`: for what it stores. */
export async function startRelay(name, file, { slack, agent, folder }) {
  const env = {
    PATH: process.env.PATH,
    SLACK_API: slack.url,
    AGENT: agent.url,
    TOKEN: secrets.botToken,
    SECRET: secrets.signingSecret,
    FOLDER: folder,
  };
  const child = spawn(process.execPath, [here(file)], { env, stdio: ["ignore", "pipe", "inherit"] });
  const url = await firstLine(child, /^ready (\S+)/);
  return toSystem(name, child, url);
}

/** This bridge, as `npm start` runs it: on its embedded engine, with every commit on the disk. */
export async function startBridge({ slack, agent, folder, delivery = "blocking", profile, collects = false }) {
  const config = {
    listen: { host: "127.0.0.1", port: 0, metrics: { port: 0 } },
    publicUrl: "http://127.0.0.1:9",
    store: { url: `sqlite:${join(folder, `${delivery}.db`)}` },
    outbound: { allowPrivateNetworks: true },
    slack: { ...secrets, apiUrl: slack.url, pace: { perSecond: 20, burst: 20 } },
    agents: { bench: { url: agent.url, delivery: [delivery] } },
  };
  const file = join(folder, `${delivery}.yaml`);
  writeFileSync(file, JSON.stringify(config));
  const flags = [
    ...startFlags(),
    ...(collects ? ["--import", here("./gc.js")] : []),
    ...(profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`]),
  ];
  const args = [...flags, here("../../src/start.js"), "start", "--config", file];
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH }, stdio: ["ignore", "pipe", "inherit"] });
  const url = await firstLine(child, /"url":"([^"]+)".*"bridge started"/);
  return toSystem("this bridge", child, `${url}/slack/events`);
}

/** What `npm start` gives to Node. */
function startFlags() {
  const { scripts } = JSON.parse(readFileSync(here("../../package.json"), "utf8"));
  return scripts.start.split(" ").filter((word) => word.startsWith("--"));
}

function toSystem(name, child, url) {
  const ended = new Promise((resolve) => child.on("close", resolve));
  return {
    name,
    url,
    /** Seconds of processor time since the start, in user mode and in the system, of all threads. */
    cpuSeconds() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    },
    /** Megabytes of memory in use. */
    residentMB() {
      const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
      return Number(kilobytes) / 1024;
    },
    /** Where `collects` was said. */
    collect: () => void child.kill("SIGUSR2"),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function firstLine(child, pattern) {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      const found = pattern.exec(line);
      if (found) resolve(found[1]);
    });
    child.on("close", (code) => reject(new Error(`it ended with ${code} before it was ready`)));
  });
}
