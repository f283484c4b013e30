import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { type FailpointName, fileFailpoints } from "../../../src/model/failpoint.ts";
import { createSimulatedAgent } from "../../../src/simulator/agents/agent.ts";
import { complete, output } from "../../../src/simulator/agents/steps.ts";
import { createSlackSimulator } from "../../../src/simulator/slack/simulator.ts";
import { type BridgeProcess, killAll, startBridge } from "../../support/crash/process.ts";
import { createGroup } from "../../support/crash/run.ts";
import { until } from "../../support/until.ts";

/**
 * A person sends a file, and the agent answers with words and two files, one of them by its address. The bridge, in a process of its own,
 * is killed with SIGKILL on the way and started again.
 */

const patienceMs = 240_000;
const deliveries = ["deliver.post.before", "deliver.post.after", "deliver.commit.before", "deliver.commit.after"] as const;
const blows: readonly (readonly [FailpointName, number])[] = [
  ...fileFailpoints.map((failpoint) => [failpoint, 1] as const),
  // The words are the first post, the files the second and the third.
  ...deliveries.flatMap((failpoint) => [[failpoint, 2] as const, [failpoint, 3] as const]),
];

const group = createGroup(3);
const running = new Map(blows.map(([failpoint, hit]) => [`${failpoint} ${hit}`, group(() => liveThrough(failpoint, hit))]));
for (const run of running.values()) run.catch(() => undefined); // its test hears of it
afterAll(killAll);

test.each(blows)(
  "killed at %s, hit %i, files go through in both directions, once and in order",
  async (failpoint, hit) => {
    expect(await running.get(`${failpoint} ${hit}`)).toEqual({
      died: true,
      taken: [1],
      got: ["notes.txt: from a person"],
      shown: ["got 1", "report.csv: from an agent", "card.json: helper"],
      downloads: "at most one for each life",
      twice: [],
    });
  },
  patienceMs,
);

async function liveThrough(failpoint: FailpointName, hit: number) {
  const folder = await mkdtemp(join(tmpdir(), "crash-files-"));
  const slack = await createSlackSimulator({ retryDelaysMs: Array.from({ length: 300 }, () => 200) });
  const agent = await createAgent();
  const start = {
    logFile: join(folder, "bridge.log"),
    config: {
      listen: { host: "127.0.0.1", port: 0 },
      store: { url: `sqlite:${join(folder, "bridge.db")}` },
      outbound: { allowPrivateNetworks: true },
      agents: { helper: { url: agent.url, contextId: "client" } },
      slack: { pace: { perSecond: 20, burst: 20 }, ...slack.config },
    },
  };
  const lives: BridgeProcess[] = [];
  const live = async (kill?: { failpoint: string; hit: number }) => {
    const bridge = startBridge({ ...start, ...(kill ? { kill } : {}) });
    lives.push(bridge);
    slack.target(`${await bridge.ready}/slack/events`);
    return bridge;
  };
  try {
    const first = await live({ failpoint, hit });
    const file = { name: "notes.txt", mediaType: "text/plain", bytes: Buffer.from("from a person") };
    const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> see", files: [file] });
    const { died } = await first.ended;
    const second = await live();
    const posts = () => slack.thread("C1", ts).replies.filter(({ bot, streaming }) => bot && !streaming);
    await until(() => posts().length >= 3, 60_000);
    await until(async () => (await second.ask({ kind: "rows" }, "rows")).open === 0, 60_000);
    const bytes = (id = "") => Buffer.from(slack.file(id)?.bytes ?? "").toString();
    return {
      died: died !== undefined,
      taken: [...agent.countByMessageId().values()],
      got: agent.received.flatMap(({ files }) => files.map(({ name, bytes: sent }) => `${name}: ${Buffer.from(sent ?? "").toString()}`)),
      shown: posts().map(({ text, files: [shown] }) => (shown ? `${shown.name}: ${nameIn(bytes(shown.id))}` : text)),
      downloads: slack.calls("download").length <= lives.length ? "at most one for each life" : "too many",
      twice: [...slack.deliveries()].filter(([, count]) => count > 1),
    };
  } finally {
    await Promise.all(lives.map((bridge) => bridge.stop()));
    await Promise.all([slack.stop(), agent.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

function createAgent() {
  const csv = { raw: Buffer.from("from an agent").toString("base64"), filename: "report.csv", mediaType: "text/csv" };
  const made: { url?: string } = {};
  return createSimulatedAgent({
    name: "helper",
    protocol: "1.0",
    binding: "JSONRPC",
    modes: { streaming: true, push: false },
    clientContexts: true,
    inputModes: ["*/*"],
    script: (turn) => {
      const card = { url: `${made.url}/.well-known/agent-card.json`, filename: "card.json", mediaType: "application/json" };
      return [output("a", [{ text: `got ${turn.files.length}` }, csv, card], { last: true }), complete()];
    },
  }).then((agent) => {
    made.url = agent.url;
    return agent;
  });
}

/** Of the card, the agent's name; anything else as it is. */
function nameIn(text: string): string {
  return text.startsWith("{") ? String(JSON.parse(text).name) : text;
}
