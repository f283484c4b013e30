import { describe, expect, test } from "@jest/globals";
import type { SparkOptions } from "../../../src/simulator/agents/spark.ts";
import { createStage, whispers } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { createSpark } from "../../support/systems/systems.ts";
import { until } from "../../support/until.ts";
import type { WorldOptions } from "../../support/world.ts";

const stage = createStage();

async function setUp(options: Partial<SparkOptions> = {}, more: Readonly<Record<string, unknown>> = {}, rest: Partial<WorldOptions> = {}) {
  const { agent, config } = await createSpark({ reply: (turn) => `Answer ${turn.number} to ${turn.text}`, ...options });
  stage.owns(() => agent.stop());
  const world = await stage.world({ ...rest, config: { agents: { spark: { ...config, ...more } } } });
  agent.webhook(`${world.url}/a2a/push/spark`);
  return { agent, world, slack: world.slack, chat: createChat(world.slack) };
}

describe.each([
  ["in an artifact, without a card", {}, {}],
  ["with its status, and with a card", { answerIn: "status", card: true }, {}],
  ["under the bare path", { paths: "bare" }, { paths: { send: "message:send" } }],
  ["to the webhook that the request names", { webhookFromRequest: true }, {}],
] as const)("answering %s", (_how, options, more) => {
  test("three turns are one conversation with the person's name, and each answer is pushed", async () => {
    const { agent, chat } = await setUp(options, more);
    const answers = [await chat.ask("one"), await chat.ask("two"), await chat.ask("three")];

    expect(answers).toEqual(["Answer 1 to one", "Answer 2 to two", "Answer 3 to three"]);
    expect(agent.conversations()).toHaveLength(1);
    expect(agent.conversations()[0]?.userPrincipalName).toBe("ann@acme.test");
    expect([...agent.countByMessageId().values()]).toEqual([1, 1, 1]);
    expect(agent.auth.issued).toBe(1);
    expect(agent.violations).toEqual([]);
  });
});

test("a person whose name is not proven is refused with a word, and Spark hears nothing", async () => {
  const slack = { people: [{ id: "UCEM", name: "cem", realName: "Cem", email: "cem@acme.test", emailConfirmed: false }] };
  const { agent, slack: workspace } = await setUp({}, {}, { slack });
  const chat = createChat(workspace, { user: "UCEM" });
  expect(await chat.ask("hello")).toMatch(/needs to know for certain who you are.*Nothing was passed on.*Reference/s);
  expect(agent.received).toEqual([]);
});

test("a second person in the thread is refused, for the answers are the owner's", async () => {
  const { agent, slack, chat } = await setUp();
  await chat.ask("one");
  await slack.say({ channel: "C1", user: "UBEN", text: "<@UBOT> me too", threadTs: chat.ts });
  await until(() => [...chat.replies(), ...whispers(slack, "UBEN", chat.ts)].some((text) => text.includes("its owner's")));
  expect(agent.received.map(({ text }) => text)).toEqual(["one"]);
});

test.each([
  [400, /request malformed \(400\).*Reference/s],
  [403, /not allowed to use this agent \(403\).*administrator.*Reference/s],
  [503, /not available for the moment \(503\).*Reference/s],
] as const)("an answer of %i is explained in words, and the next message is answered", async (status, words) => {
  const { agent, chat } = await setUp();
  agent.failNext({ kind: "status", status });
  expect(await chat.ask("one")).toMatch(words);
  expect(await chat.ask("two")).toBe("Answer 1 to two");
});

test("a login that is refused is explained, and nothing is sent", async () => {
  const { agent, chat } = await setUp({ oauth: { clientId: "somebody", clientSecret: "else" } });
  expect(await chat.ask("one")).toMatch(/login server of the agent did not accept.*administrator.*`auth`.*Reference/s);
  expect(agent.received).toEqual([]);
});

test("a token that was taken back is renewed once, and the message counts once", async () => {
  const { agent, chat } = await setUp();
  await chat.ask("one");
  agent.auth.revoke();
  expect(await chat.ask("two")).toBe("Answer 2 to two");
  expect(agent.auth.issued).toBe(2);
  expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
});

test("a failure and a question are told with Spark's words", async () => {
  const states = { fail: "failed", ask: "input-required" } as const;
  const { agent, chat } = await setUp({
    reply: ({ text }) => (text === "fail" || text === "ask" ? { text: `Words of ${text}`, state: states[text] } : `Answer to ${text}`),
  });
  await chat.say("fail");
  await until(() => /could not finish.*Reference/s.test(chat.replies().at(-1) ?? ""));
  expect(chat.replies().join("\n")).toContain("Words of fail");
  expect(await chat.ask("ask")).toBe("Words of ask");
  expect(await chat.ask("teams")).toBe("Answer to teams");
  expect(agent.conversations()).toHaveLength(1);
});

test("stop ends the waiting; Spark cannot be stopped, so what it still says is shown as late", async () => {
  const { agent, chat } = await setUp();
  agent.hold();
  await chat.say("one");
  await until(() => agent.answers.length === 1);
  await chat.say("stop");
  await until(() => chat.replies().at(-1)?.startsWith("Stopped. Reference"));
  const before = chat.replies().length;
  await agent.release();
  expect((await chat.heard(before + 1)).at(-1)).toMatch(/Late answer\*\*\s+Answer 1 to one/);
  expect(agent.calls.some(({ operation }) => /cancel|tasks/.test(operation))).toBe(false);
});

test("silence is announced at the time limit, for nobody can ask Spark how it stands", async () => {
  const { agent, chat } = await setUp({ reply: () => undefined }, { limits: { answerMinutes: 0.01 } });
  expect(await chat.ask("one")).toMatch(/No answer came in time\. If the agent still answers.*Reference/s);
  expect(agent.calls.some(({ operation }) => /tasks/.test(operation))).toBe(false);
});
