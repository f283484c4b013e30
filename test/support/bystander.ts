import { expect } from "@jest/globals";
import type { SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, output, wait } from "../../src/simulator/agents/steps.ts";
import { createGate, mention, replies, type Stage } from "./stage.ts";
import { until } from "./until.ts";
import type { World } from "./world.ts";

/** Another thread, whose answer is half written: whatever befalls the first thread must not be felt here. */
export interface Bystander {
  readonly agent: SimulatedAgent;
  /** Lets the answer come to its end and expects it whole, once, and a following question answered too. */
  expectUndisturbed(world: World): Promise<void>;
}

/** The channel of its own that a bystander's thread stands in, to be routed to the agent `steady`. */
export const bystanderChannel = "C2";
export const bystanderRoute = { agent: "steady", channel: bystanderChannel } as const;

export async function createBystanderAgent(
  stage: Stage,
): Promise<{ readonly agent: SimulatedAgent; begin(world: World): Promise<Bystander> }> {
  const gate = createGate();
  const agent = await stage.agent({
    name: "steady",
    script: async function* (turn) {
      yield output("a", `First half of ${turn.text},`);
      if (turn.text === "the story") yield wait(gate.passed);
      yield output("a", " second half.", { append: true, last: true });
      yield complete();
    },
  });
  return {
    agent,
    async begin({ slack }) {
      const ts = await mention(slack, "the story", { channel: bystanderChannel, user: "UBEN" });
      await until(() => slack.thread(bystanderChannel, ts).replies.some(({ streaming, text }) => streaming && text.includes("First half")));
      return {
        agent,
        async expectUndisturbed(world) {
          const here = () => replies(world.slack, ts, bystanderChannel);
          expect(here()).toEqual([]);
          gate.open();
          await until(() => here().length === 1, 10_000, "the bystander's answer");
          await world.slack.say({ channel: bystanderChannel, user: "UBEN", text: "the rest", threadTs: ts });
          await until(() => here().length === 2, 10_000, "the bystander's second answer");
          expect(here()).toEqual(["First half of the story, second half.", "First half of the rest, second half."]);
          expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
        },
      };
    },
  };
}
