import { afterEach, describe, expect, test } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, inputRequired, output, working } from "../../src/simulator/agents/steps.ts";
import { until } from "../support/until.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
let agent: SimulatedAgent | undefined;
afterEach(async () => {
  await world?.stop();
  await agent?.stop();
});

/** The door to Slack makes no difference to the wire to the agent: one of them is enough for the second door. */
const wires = [
  { protocol: "1.0", binding: "JSONRPC", door: "signed requests" },
  { protocol: "1.0", binding: "HTTP+JSON", door: "signed requests" },
  { protocol: "0.3", binding: "JSONRPC", door: "signed requests" },
  { protocol: "0.3", binding: "HTTP+JSON", door: "signed requests" },
  { protocol: "1.0", binding: "JSONRPC", door: "sockets" },
] as const;
const deliveries = ["stream", "blocking", "push"] as const;

describe.each(wires)("an agent of $protocol over $binding, and Slack over $door", ({ door, ...wire }) => {
  test.each(deliveries)("answers in the thread by %s, is asked again there, and remembers", async (delivery) => {
    agent = await createSimulatedAgent({
      name: "helper",
      ...wire,
      modes: { streaming: true, push: true },
      script: async function* (turn) {
        yield working("thinking");
        if (turn.text.includes("weather")) return yield inputRequired("In which town?");
        yield output("a1", "You said: ");
        yield output("a1", turn.text, { append: true, last: true });
        yield complete();
      },
    });
    world = await createWorld({
      config: { agents: { helper: { url: agent.url, delivery: [delivery] } }, routes: [{ agent: "helper", followUps: "thread" }] },
      slack: { socketMode: door === "sockets" },
    });
    const { slack } = world;
    const replies = (ts: string) =>
      slack
        .thread("C1", ts)
        .replies.filter(({ bot, streaming }) => bot && !streaming)
        .map(({ text }) => text);

    const first = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> my printer is on fire" });
    await until(() => replies(first.ts).length === 1 && replies(first.ts)[0]?.includes("on fire"));
    expect(replies(first.ts)).toEqual(["You said: my printer is on fire"]);

    await slack.say({ channel: "C1", user: "UANN", text: "and now the weather", threadTs: first.ts });
    await until(() => replies(first.ts).length === 2);
    expect(replies(first.ts)[1]).toBe("In which town?");

    await slack.say({ channel: "C1", user: "UANN", text: "Bern", threadTs: first.ts });
    await until(() => replies(first.ts).length === 3);
    expect(replies(first.ts)[2]).toBe("You said: Bern");

    const [one, two, three] = agent.received;
    expect(agent.received).toHaveLength(3);
    expect(two?.contextId).toBeTruthy();
    expect(three?.contextId).toBe(two?.contextId);
    expect(one?.taskId ?? "").toBe("");
    expect(two?.taskId ?? "").toBe("");
    // The 0.3 HTTP+JSON message (a2a.proto of 0.3) has no field for it.
    expect(two?.referenceTaskIds).toHaveLength(wire.protocol === "0.3" && wire.binding === "HTTP+JSON" ? 0 : 1);
    expect(three?.taskId).toBeTruthy();
    expect(agent.violations).toEqual([]);
    expect([...slack.deliveries().values()].every((count) => count === 1)).toBe(true);
  });
});
