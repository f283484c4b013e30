import { createHmac, randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Agent, request } from "undici";
import { secrets, startAgent, startSlack } from "./stubs.js";
import { startBridge, startRelay } from "./systems.js";

/**
 * A signed Slack mention goes in, an A2A agent answers, the answer is posted to Slack: what does that cost? Four systems take turns in one
 * run, so that whatever else the machine does happens to all of them. See README.md.
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    messages: { type: "string", default: "500" },
    idle: { type: "string", default: "20" },
    together: { type: "string", default: "8" },
    parked: { type: "string", default: "10000" },
    profile: { type: "string" },
    out: { type: "string" },
  },
});
const [rounds, messages, idle, together, parked] = ["rounds", "messages", "idle", "together", "parked"].map((name) =>
  Number(options[name]),
);
const dispatcher = new Agent({ connections: 64 });
const waiting = new Map();
const slack = await startSlack((thread, text) => waiting.get(thread)?.(text));
const folder = await mkdtemp(join(tmpdir(), "bench-"));
let serial = 0;

/** Resolves to milliseconds from the mention to the answer in its thread, or to the acknowledgement where no answer comes. */
async function mention(system, answers = true) {
  serial += 1;
  const ts = `${Math.floor(Date.now() / 1000)}.${String(serial).padStart(6, "0")}`;
  const channel = `CB${serial % 200}`;
  const said = `number ${serial} ${"lorem ipsum dolor ".repeat(randomInt(1, 20))}`.trim();
  const event = { type: "app_mention", user: `U${randomInt(20)}`, team: "T1", text: `<@UBOT> ${said}`, ts, channel, event_ts: ts };
  const authorizations = [{ enterprise_id: null, team_id: "T1", user_id: "UBOT", is_bot: true, is_enterprise_install: false }];
  const envelope = {
    token: "x",
    team_id: "T1",
    api_app_id: "A1",
    event,
    type: "event_callback",
    event_id: `Ev${serial}`,
    event_time: 1,
    authorizations,
  };
  const raw = JSON.stringify(envelope);
  const stamp = String(Math.floor(Date.now() / 1000));
  const signature = `v0=${createHmac("sha256", secrets.signingSecret).update(`v0:${stamp}:${raw}`).digest("hex")}`;
  const headers = { "content-type": "application/json", "x-slack-request-timestamp": stamp, "x-slack-signature": signature };
  const answered = Promise.withResolvers();
  if (answers) waiting.set(`${channel}:${ts}`, answered.resolve);
  const begun = performance.now();
  const response = await request(system.url, { method: "POST", dispatcher, headers, body: raw });
  await response.body.dump();
  if (response.statusCode !== 200) throw new Error(`${system.name} answers ${response.statusCode}`);
  if (!answers) return performance.now() - begun;
  const late = setTimeout(() => answered.reject(new Error(`${system.name} gave no answer to ${ts}`)), 60_000);
  const text = await answered.promise;
  clearTimeout(late);
  waiting.delete(`${channel}:${ts}`);
  if (!text.includes(`number ${serial}`) && !text.includes(said.slice(0, 12)))
    throw new Error(`${system.name} answers something else: ${text}`);
  return performance.now() - begun;
}

async function many(system, count, answers = true) {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await mention(system, answers);
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sorted = (numbers) => numbers.toSorted((a, b) => a - b);
const quantile = (numbers, share) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];
const toSpread = (numbers) => ({ median: quantile(numbers, 0.5), low: quantile(numbers, 0.1), high: quantile(numbers, 0.9) });
const print = ({ median, low, high }, digits = 2) => `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;

/** One turn: processor time for many messages at once, then single ones with rests between them. */
async function turn(system) {
  const before = system.cpuSeconds();
  const begun = performance.now();
  await many(system, messages);
  const seconds = (performance.now() - begun) / 1000;
  // What is done after the answer is part of its cost.
  await sleep(300);
  const cpuMs = ((system.cpuSeconds() - before) * 1000) / messages;
  const latencies = [];
  for (let count = 0; count < idle; count += 1) {
    await sleep(20);
    latencies.push(await mention(system));
  }
  return { cpuMs, perSecond: messages / seconds, idleMs: quantile(latencies, 0.5) };
}

/** The first start of a checkout compiles what later ones find compiled (src/start.js); it is not the one to be measured. */
async function startOnce(agent) {
  const bridge = await startBridge({ slack, agent, folder });
  await bridge.stop();
}

async function compare() {
  const agent = await startAgent({ parks: false });
  await startOnce(agent);
  const systems = [
    await startRelay("bare relay", "./relay.js", { slack, agent, folder }),
    await startRelay("its packages alone", "./packages.js", { slack, agent, folder }),
    await startRelay("Chat SDK", "./chat-sdk.js", { slack, agent, folder }),
    await startBridge({ slack, agent, folder, profile: options.profile }),
  ];
  const residentAtStart = systems.at(-1).residentMB();
  for (const system of systems) for (let warm = 0; warm < 3; warm += 1) await many(system, messages);
  const seen = new Map(systems.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Each goes first as often as the others.
    for (let place = 0; place < systems.length; place += 1) {
      const system = systems[(round + place) % systems.length];
      seen.get(system.name).push(await turn(system));
    }
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  // What was thrown away is given back once there is time for it.
  await sleep(20_000);
  const residentMB = Object.fromEntries(systems.map((system) => [system.name, system.residentMB()]));
  for (const system of systems) await system.stop();
  await agent.stop();
  return { seen, residentMB, residentAtStart };
}

/** What tasks cost that wait for a push. */
async function park() {
  const agent = await startAgent({ parks: true });
  await startOnce(agent);
  const bridge = await startBridge({ slack, agent, folder, delivery: "push", collects: true });
  const posts = () => slack.counts.get("chat.postMessage") ?? 0;
  const postsBefore = posts();
  // What is held once every thread was told that it takes its time, without what is only not given back yet.
  const held = async (tasks) => {
    while (agent.parked() < tasks || posts() - postsBefore < tasks) await sleep(500);
    await sleep(15_000);
    // Twice: what the first one empties is given back by the second.
    for (let time = 0; time < 2; time += 1) {
      bridge.collect();
      await sleep(5_000);
    }
    return bridge.residentMB();
  };
  // As many before: what a process needs for its first ten thousand messages, compiled code above all, belongs to no task.
  await many(bridge, parked, false);
  const before = await held(parked);
  await many(bridge, parked, false);
  const after = await held(2 * parked);
  await bridge.stop();
  await agent.stop();
  return { before, after };
}

try {
  if (rounds === 0) {
    process.stdout.write(`resident MB with ${parked} parked tasks, and with as many more: ${JSON.stringify(await park())}\n`);
    process.exit(0);
  }
  const { seen, residentMB, residentAtStart } = await compare();
  const spreadOf = (name, key) => toSpread(seen.get(name).map((one) => one[key]));
  const ratio = (name, other, key) => toSpread(seen.get(name).map((one, round) => one[key] / seen.get(other)[round][key]));
  const added = toSpread(seen.get("this bridge").map(({ idleMs }, round) => idleMs - seen.get("bare relay")[round].idleMs));
  const lines = [...seen.keys()].map((name) =>
    [
      name,
      print(spreadOf(name, "cpuMs")),
      print(spreadOf(name, "idleMs")),
      print(spreadOf(name, "perSecond"), 0),
      residentMB[name].toFixed(0),
    ].join(" | "),
  );
  const parking = parked > 0 ? await park() : undefined;
  const report = [
    `${rounds} rounds of ${messages} messages, ${together} at a time, and ${idle} single ones; median (10th to 90th percentile)`,
    "",
    "| | CPU ms per message | idle latency p50, ms | messages per second | resident MB |",
    "|---|---|---|---|---|",
    ...lines.map((line) => `| ${line} |`),
    "",
    "| bound | measured | kept |",
    "|---|---|---|",
    ...[
      ["CPU per message at most 5 times the bare relay", ratio("this bridge", "bare relay", "cpuMs"), 5],
      ["CPU per message below the Chat SDK", ratio("this bridge", "Chat SDK", "cpuMs"), 1],
      ["added idle latency at most 5 ms", added, 5],
    ].map(([what, spread, most]) => `| ${what} | ${print(spread)} | ${spread.median <= most ? "yes" : "NO"} |`),
    `| resident memory at most 180 MB | ${residentAtStart.toFixed(0)} at the start, ${residentMB["this bridge"].toFixed(0)} at the end | ${residentMB["this bridge"] <= 180 ? "yes" : "NO"} |`,
    ...(parking
      ? [
          `| at most 20 MB more for 10,000 parked tasks | ${parking.before.toFixed(0)} with ${parked}, ${parking.after.toFixed(0)} with ${2 * parked} | ${((parking.after - parking.before) * 10_000) / parked <= 20 ? "yes" : "NO"} |`,
        ]
      : []),
    "",
    `calls of the Web API: ${[...slack.counts].map(([method, count]) => `${method} ${count}`).join(", ")}`,
  ].join("\n");
  process.stdout.write(`${report}\n`);
  if (options.out !== undefined) await writeFile(options.out, `${report}\n`);
} finally {
  await slack.stop();
  await dispatcher.close();
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);
