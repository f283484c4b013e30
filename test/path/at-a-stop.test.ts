import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { FailpointName } from "../../src/model/failpoint.ts";
import { complete, drop, output, type Step, working } from "../../src/simulator/agents/steps.ts";
import { createSlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { startBridge } from "../support/crash/process.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { freePort } from "../support/systems/kill.ts";
import { until } from "../support/until.ts";
import type { World } from "../support/world.ts";

const stage = createStage();
/** What happens, once, while the ids of the agent's task are being committed. */
async function setUp(
  script: () => AsyncGenerator<Step>,
  meanwhile: (world: World) => Promise<unknown>,
  settings: Readonly<Record<string, unknown>>,
) {
  const place: { world: World | undefined; over: boolean } = { world: undefined, over: false };
  const at: FailpointName = "follow.ids.before";
  const agent = await stage.agent({ modes: { streaming: settings.delivery === "stream", push: false }, script });
  const world = await stage.world({
    config: { agents: { helper: { url: agent.url, ...settings, delivery: [settings.delivery] } } },
    failpoint: async (name) => {
      if (name !== at || place.over || !place.world) return;
      place.over = true;
      await meanwhile(place.world);
    },
  });
  place.world = world;
  return { agent, world };
}

test("an answer that is in hand when the process is asked to stop is not lost, though the agent cannot be asked for it", async () => {
  const stopped = createGate();
  const { agent, world } = await setUp(
    async function* () {
      yield output("a", "First part.", { last: true });
      yield output("b", "Second part.", { last: true });
      yield output("c", "Third part.", { last: true });
      yield complete();
    },
    async (running) => {
      void running.stopBridge().then(stopped.open);
      // The workers hear of it before they go on.
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
    { delivery: "blocking", operations: { get: false, resubscribe: false, list: false, cancel: false } },
  );
  const ts = await mention(world.slack, "hello");
  await stopped.passed;
  await world.startBridge();
  await until(() => replies(world.slack, ts).length > 0);
  await until(async () => (await world.app.ledger.open("task", `slack:T1:C1:${ts}`)).length === 0);
  expect(replies(world.slack, ts)).toEqual(["First part.\n\nSecond part.\n\nThird part."]);
  expect([...agent.countByMessageId().values()]).toEqual([1]);
});

test("an agent that breaks off while the bridge commits does not end the process: its task is read", async () => {
  const agent = await stage.agent({
    modes: { streaming: true, push: false },
    script: async function* () {
      yield working();
      yield drop();
      yield output("a", "The answer is whole.", { last: true });
      yield complete();
    },
  });
  const slack = await createSlackSimulator();
  stage.owns(() => slack.stop());
  const folder = await mkdtemp(join(tmpdir(), "at-a-stop-"));
  stage.owns(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  // In a process of its own: a promise that nobody waits for ends it.
  const bridge = startBridge({
    config: {
      listen: { host: "127.0.0.1", port },
      store: { url: `sqlite:${join(folder, "bridge.db")}` },
      outbound: { allowPrivateNetworks: true },
      agents: { helper: { url: agent.url, delivery: ["stream"] } },
      slack: slack.config,
    },
    logFile: join(folder, "bridge.log"),
    hold: { failpoint: "follow.ids.before", ms: 500 },
  });
  stage.owns(() => bridge.stop());
  await bridge.ready;
  slack.target(`http://127.0.0.1:${port}/slack/events`);
  const ts = await mention(slack, "hello");
  const ended = bridge.ended.then(({ stderr }) => [`the process ended: ${stderr}`]);
  expect(await Promise.race([ended, until(() => replies(slack, ts).length > 0 && replies(slack, ts))])).toEqual(["The answer is whole."]);
  expect([...agent.countByMessageId().values()]).toEqual([1]);
});
