import { beforeAll, describe, expect, test } from "@jest/globals";
import { ScriptedAgent } from "../contract/agents/script.ts";
import { type SdkServer, sdkServers, startSdkServer } from "../support/peers/sdk.ts";
import { createStage } from "../support/stage.ts";
import { createChat } from "../support/systems/chat.ts";

/** The SDK's servers write to the console what they refuse. */
beforeAll(() => {
  for (const name of ["info", "warn", "error"] as const) console[name] = () => undefined;
});

const stage = createStage();

/** A thread that talks to such a server, and what the agent behind it has seen. */
async function setUp(server: SdkServer, policy: Readonly<Record<string, unknown>>) {
  const agent = new ScriptedAgent();
  const running = await startSdkServer(server, agent);
  stage.owns(() => running.close());
  const { slack } = await stage.world({ config: { agents: { peer: { url: running.url, ...policy } } } });
  return { ...createChat(slack), agent, forget: running.forget };
}

const ways = sdkServers.flatMap((server) => server.deliveries.map((delivery) => ({ server, name: server.name, delivery })));

describe.each(ways)("$name, by $delivery", ({ server, delivery }) => {
  // Where nothing can be looked up, only the push can have brought the answer.
  const policy = { delivery: [delivery], ...(delivery === "push" && { operations: { get: false, resubscribe: false, list: false } }) };

  test("answers two turns of one conversation, once each", async () => {
    const { ask, agent } = await setUp(server, policy);

    expect(await ask("stream")).toBe("Hello world");
    expect(await ask("and now?")).toBe("echo: and now?");

    const [one, two, ...more] = agent.turns;
    expect(more).toEqual([]);
    expect(two?.contextId).toBe(one?.contextId);
    expect(two?.taskId).not.toBe(one?.taskId);
    expect([one?.continued, two?.continued]).toEqual([false, false]);
  });

  test("asks back, and hears the answer in the same task", async () => {
    const { ask, agent } = await setUp(server, policy);

    expect(await ask("ask")).toContain("which device?");
    expect(await ask("the blue one")).toBe("got: the blue one");

    expect(agent.turns).toMatchObject([{ continued: false }, { continued: true, taskId: agent.turns[0]?.taskId }]);
  });

  test("has forgotten the task in which it asked: the answer begins another, and nothing is lost", async () => {
    const { ask, agent, forget } = await setUp(server, policy);
    expect(await ask("ask")).toContain("which device?");

    forget();

    expect(await ask("the blue one")).toBe("echo: the blue one");
    expect(agent.turns).toMatchObject([{ text: "ask" }, { text: "the blue one", continued: false }]);
  });

  test("takes nothing more in a task that has ended: the message begins another", async () => {
    const { ask, agent } = await setUp(server, { ...policy, taskId: "always" });

    expect(await ask("one")).toBe("echo: one");
    // These servers put an end to a task a moment after they have answered, and until then give its answer once more. People are slower.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await ask("two")).toBe("echo: two");

    expect(agent.turns.map(({ text }) => text)).toEqual(["one", "two"]);
    expect(agent.turns[1]?.taskId).not.toBe(agent.turns[0]?.taskId);
  });

  test("fails, and the thread reads why", async () => {
    const { ask } = await setUp(server, policy);

    expect(await ask("fail")).toContain("boom");
    expect(await ask("still there?")).toBe("echo: still there?");
  });
});
