import { expect, test } from "@jest/globals";
import type { FailpointName } from "../../src/model/failpoint.ts";
import { complete, detach, output, type Step, wait, working } from "../../src/simulator/agents/steps.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

/** Asks an agent that is called and waited for, and resolves to the failpoints of the task's ids that were passed before the thread read this. */
async function passedBefore(
  script: () => AsyncGenerator<Step> | Step[],
  text: string,
  onAsked: () => void,
): Promise<readonly FailpointName[]> {
  const passed: FailpointName[] = [];
  const agent = await stage.agent({ modes: { streaming: false, push: true }, script });
  const { slack } = await stage.world({
    config: { agents: { helper: { url: agent.url, delivery: ["blocking"] } } },
    failpoint: async (name) => void passed.push(name),
  });
  const ts = await mention(slack, "hello");
  await until(() => passed.includes("ask.send.before"));
  onAsked();
  await until(() => replies(slack, ts).includes(text));
  return passed.filter((name) => name.startsWith("follow.ids."));
}

test("the ids of a task are committed by themselves where nothing but the end of the call comes behind them", async () => {
  const gate = createGate();
  const script = () => [working("on it"), detach(), wait(gate.passed), complete("Done.")];
  expect(await passedBefore(script, "Done.", gate.open)).toContain("follow.ids.after");
});

test("they go with the end of the turn where that is there already", async () => {
  const script = () => [output("a", "At once.", { last: true }), complete()];
  expect(await passedBefore(script, "At once.", () => undefined)).toEqual([]);
});
