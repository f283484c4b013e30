import { afterEach, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import { DeliveryError } from "../../../src/model/errors.ts";
import type { PostedRef } from "../../../src/model/reply.ts";
import { createFakeAdapter, posted } from "../../support/bridge/fake-adapter.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

const working: AgentEvent = { kind: "working", taskId: "t", contextId: "c" };
const done: AgentEvent = { kind: "ended", taskId: "t", outcome: "completed", parts: [{ kind: "text", text: "Done." }] };
const task = { taskId: "t" };
const asked = { state: "asked", sentAt: 900_000, deadline: 9_000_000 } as const;
const ended = { state: "ended", outcome: "completed", sentAt: 800_000 } as const;

let bench: TaskBench;
afterEach(() => bench.close());

async function setUp(found: () => PostedRef | undefined) {
  const agent = createFakeAgent();
  const adapter = createFakeAdapter(found);
  bench = await createTaskBench({ agent, adapter });
  return { agent, adapter };
}

test("an open turn whose live message may stand there has it looked for, and the answer takes its place", async () => {
  const { agent, adapter } = await setUp(() => posted("left"));
  agent.onLook([done]);
  const turn = await bench.say("hello", { task, turn: { ...asked, opening: true } });
  await bench.work();
  expect(adapter.searches).toEqual([900_000]);
  expect(await bench.posts()).toEqual(["Done."]);
  expect(await bench.places()).toEqual([posted("left")]);
  expect((await bench.task(turn)).turns[0]).not.toHaveProperty("opening");
});

test("where none is found the answer is a message of its own, and nobody looks again", async () => {
  const { agent, adapter } = await setUp(() => undefined);
  agent.onLook([working], [done]);
  await bench.say("hello", { task, turn: { ...asked, opening: true } });
  await bench.work();
  bench.clock.advance(60_000);
  await bench.work();
  expect(adapter.searches).toHaveLength(1);
  expect(await bench.posts()).toEqual(["Done."]);
  expect(await bench.places()).toEqual([undefined]);
});

test("for a turn that has ended nothing is looked for, also where another turn of its task is open", async () => {
  const { agent, adapter } = await setUp(() => posted("of another"));
  await bench.say("hello", { turn: { ...ended, opening: true } });
  await bench.work();
  expect(adapter.searches).toEqual([]);

  agent.onLook([done]);
  await bench.say("and now", { task, before: [{ ...ended, opening: true }], turn: asked });
  await bench.work();
  expect(adapter.searches).toEqual([]);
  expect(await bench.places()).toEqual([undefined]);

  agent.onLook([done]);
  await bench.say("and then", { task, before: [{ ...ended, opening: true }], turn: { ...asked, opening: true } });
  await bench.work();
  expect(adapter.searches).toEqual([900_000]);
  expect(await bench.places()).toEqual([undefined, posted("of another")]);
});

test("a platform that cannot say holds nothing up, and is asked again", async () => {
  const answers: (() => PostedRef)[] = [
    () => {
      throw new DeliveryError("unavailable", "of the test");
    },
    () => posted("left"),
  ];
  const { agent, adapter } = await setUp(() => answers.shift()?.());
  agent.onLook([working], [done]);
  await bench.say("hello", { task, turn: { ...asked, opening: true } });
  await bench.work();
  bench.clock.advance(60_000);
  await bench.work();
  expect(adapter.searches).toHaveLength(2);
  expect(await bench.places()).toEqual([posted("left")]);
});
