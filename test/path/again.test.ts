import { expect, test } from "@jest/globals";
import { complete, drop, output } from "../../src/simulator/agents/steps.ts";
import { createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

/** An agent that cannot be asked what became of a message, and loses each question the first time it hears it. */
async function setUp() {
  const heard: string[] = [];
  const agent = await stage.agent({
    modes: { streaming: true, push: false, get: false },
    script: async function* (turn) {
      heard.push(turn.text);
      if (turn.text.startsWith("lose") && heard.filter((text) => text === turn.text).length === 1) return yield drop();
      yield output("a", `You said: ${turn.text}`, { last: true });
      yield complete();
    },
  });
  const settings = { url: agent.url, operations: { get: false, resubscribe: false, list: false } };
  const world = await stage.world({
    config: { agents: { helper: settings }, routes: [{ agent: "helper", followUps: "thread" }] },
  });
  const { slack } = world;
  const say = async (threadTs: string, text: string, user = "UANN") =>
    void (await (
      await slack.say({ channel: "C1", user, text, threadTs })
    ).delivered);
  const here = (ts: string) => replies(slack, ts);
  const lose = async (text: string) => {
    const ts = await mention(slack, text);
    await until(() => here(ts).some((reply) => /connection to the agent broke.*say `again`/.test(reply)));
    return ts;
  };
  return { slack, agent, heard, say, here, lose };
}

test("a lost question is asked again by the word of its asker, once, as a new message", async () => {
  const { agent, heard, say, here, lose } = await setUp();
  const ts = await lose("lose this");
  await say(ts, "Again!");
  await until(() => here(ts).at(-1) === "You said: lose this");
  expect(heard).toEqual(["lose this", "lose this"]);
  expect([...agent.countByMessageId().values()]).toEqual([1, 1]);

  expect(here(ts)[0]).toMatch(/Ask again.*chosen by/);

  // What was asked again is not lost any more: now the word is the agent's.
  await say(ts, "again");
  await until(() => here(ts).at(-1) === "You said: again");
});

test("somebody else's lost question stays theirs", async () => {
  const { heard, say, here, lose } = await setUp();
  const ts = await lose("lose this");
  await say(ts, "again", "UBEN");
  // From them it is a word for the agent.
  await until(() => here(ts).at(-1) === "You said: again");
  expect(heard).toEqual(["lose this", "again"]);
});

test("where nothing was lost the word is for the agent", async () => {
  const { slack, say, here } = await setUp();
  const ts = await mention(slack, "hello");
  await until(() => here(ts).length === 1);
  await say(ts, "again");
  await until(() => here(ts).at(-1) === "You said: again");
});

test("a question that could not be delivered is sent by the word once the agent is back", async () => {
  const { slack, agent, say, here } = await setUp();
  await agent.kill();
  const ts = await mention(slack, "hello");
  await until(() => here(ts).some((reply) => /cannot be reached.*say `again`/.test(reply)));
  await agent.revive();
  await say(ts, "again");
  await until(() => here(ts).at(-1) === "You said: hello");
});
