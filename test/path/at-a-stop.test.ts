import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { FailpointName } from "../../src/model/failpoint.ts";
import { complete, drop, output, type Step, working } from "../../src/simulator/agents/steps.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";
import type { World } from "../support/world.ts";

const stage = createStage();
const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
beforeEach(() => void process.on("unhandledRejection", note));
afterEach(() => {
  process.off("unhandledRejection", note);
  expect(unhandled.splice(0)).toEqual([]);
});

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
  const { agent, world } = await setUp(
    async function* () {
      yield working();
      yield drop();
      yield output("a", "The answer is whole.", { last: true });
      yield complete();
    },
    // The connection breaks meanwhile, and nobody waits for its next word.
    () => new Promise((resolve) => setTimeout(resolve, 300)),
    { delivery: "stream" },
  );
  const ts = await mention(world.slack, "hello");
  await until(() => replies(world.slack, ts).length > 0);
  expect(replies(world.slack, ts)).toEqual(["The answer is whole."]);
  expect([...agent.countByMessageId().values()]).toEqual([1]);
});
