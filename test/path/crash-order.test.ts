import { afterEach, expect, test } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, output, wait } from "../../src/simulator/agents/steps.ts";
import { until } from "../support/until.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
let agent: SimulatedAgent | undefined;
afterEach(async () => {
  await world?.stop();
  await agent?.stop();
});

/** What the crash tests see now and then by chance: after a restart the outbox of a thread is behind, and the next answer streams. */
test("a live message does not overtake the answer before it, whose post has to be tried again", async () => {
  agent = await createSimulatedAgent({
    name: "helper",
    protocol: "1.0",
    binding: "JSONRPC",
    modes: { streaming: true, push: false },
    script: async function* (turn) {
      yield output("a", "Answer to ");
      if (turn.text === "two") yield wait(400);
      yield output("a", turn.text, { append: true, last: true });
      yield complete();
    },
  });
  world = await createWorld({ config: { agents: { helper: { url: agent.url } } }, pace: { postFirst: 1_000, postMax: 1_000 } });
  const { slack } = world;
  slack.fault({ kind: "500", method: "chat.postMessage" });

  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> one" });
  await until(() => slack.calls("chat.postMessage").length === 1);
  await slack.say({ channel: "C1", user: "UANN", text: "two", threadTs: ts });

  const replies = () => slack.thread("C1", ts).replies.filter(({ bot, streaming }) => bot && !streaming);
  await until(() => replies().length === 2);
  expect(replies().map(({ text }) => text)).toEqual(["Answer to one", "Answer to two"]);
});
