import { describe, expect, test } from "@jest/globals";
import type { VendorScriptFor } from "../../../src/simulator/agents/play.ts";
import { sistavaErrors, staff } from "../../../src/simulator/agents/sistava-words.ts";
import { complete, fail, wait, working } from "../../../src/simulator/agents/steps.ts";
import { createStage } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { createSistava } from "../../support/systems/systems.ts";
import { until } from "../../support/until.ts";

const stage = createStage();

/** Knows what it was told in this very message, and no more. */
const forgetful: VendorScriptFor = ({ agent, text }) => {
  const name = /my name is (\w+)/i.exec(text)?.[1];
  const asks = /what is my name/i.test(text.split("\n").at(-1) ?? "");
  return [working(), complete(asks ? `${agent}: ${name ? `You are ${name}.` : "I do not know you."}` : `${agent}: Noted.`)];
};

async function setUp(script = forgetful, more: Readonly<Record<string, unknown>> = {}) {
  const { agent, config } = await createSistava(script);
  stage.owns(() => agent.stop());
  const { slack } = await stage.world({ config: { agents: { sistava: { ...config, ...more } } } });
  return { agent, slack, chat: createChat(slack) };
}

describe.each(["stream", "blocking"])("by %s", (delivery) => {
  test("with a transcript a follow-up makes sense to an employee without a memory", async () => {
    const { agent, slack, chat } = await setUp(forgetful, { delivery: [delivery], transcript: 2_000 });
    const answers = [await chat.ask("My name is Ann."), await chat.ask("It is raining."), await chat.ask("What is my name?")];

    expect(answers).toEqual(["Nora Lind: Noted.", "Nora Lind: Noted.", "Nora Lind: You are Ann."]);
    expect(agent.received.map(({ text }) => text)).toEqual([
      "My name is Ann.",
      expect.stringMatching(/> Person: My name is Ann\.\n> Agent: Nora Lind: Noted\.\n[\s\S]*It is raining\.$/),
      expect.stringMatching(/My name is Ann[\s\S]*It is raining[\s\S]*What is my name\?$/),
    ]);
    const other = createChat(slack, { user: "UBEN" });
    expect(await other.ask("What is my name?")).toBe("Nora Lind: I do not know you.");
    expect(agent.violations).toEqual([]);
  });
});

test("without a transcript each message stands alone, which is the default", async () => {
  const { agent, chat } = await setUp();
  await chat.ask("My name is Ann.");
  expect(await chat.ask("What is my name?")).toBe("Nora Lind: I do not know you.");
  expect(agent.received.map(({ text }) => text)).toEqual(["My name is Ann.", "What is my name?"]);
});

test("`new` empties the transcript", async () => {
  const { agent, chat } = await setUp(forgetful, { transcript: 2_000 });
  await chat.ask("My name is Ann.");
  expect(await chat.ask("new")).toMatch(/does not remember/);
  expect(await chat.ask("What is my name?")).toBe("Nora Lind: I do not know you.");
  expect(agent.received.at(-1)?.text).toBe("What is my name?");
});

test("the employee of the configuration answers, by name or id, and the card is asked for with the key", async () => {
  const [nora, omar] = staff;
  for (const employee of [nora?.name.toUpperCase(), omar?.id]) {
    const { agent, chat } = await setUp(forgetful, { employee });
    expect(await chat.ask("hello")).toBe(`${employee === omar?.id ? omar?.name : nora?.name}: Noted.`);
    expect(agent.received[0]?.metadata.request).toEqual({ employee_id: employee === omar?.id ? omar?.id : nora?.id });
    expect(agent.received[0]?.headers.authorization).toBe(`Bearer ${agent.apiKey}`);
    expect(agent.violations).toEqual([]);
  }
});

test.each([
  ["an employee that is not there", "Nobody Else", /no employee of the configured name.*`employee`.*Reference/s],
  ["an id that is not there", "00000000-0000-4000-8000-000000000000", /does not know this employee.*`employee`.*Reference/s],
])("%s is explained, and nobody has the message", async (_what, employee, words) => {
  const { agent, chat } = await setUp(forgetful, { employee });
  expect(await chat.ask("hello")).toMatch(words);
  expect(agent.tasks()).toEqual([]);
});

test.each([
  ["channelOff", /A2A channel of this Sistava organisation is switched off.*Settings, Technical, Communications.*Reference/s],
  ["emailNotVerified", /e-mail address of the Sistava account is not verified.*Reference/s],
] as const)("the error %s is explained in words, and the next message is answered", async (name, words) => {
  const { agent, chat } = await setUp();
  agent.failNext({ kind: "error", ...sistavaErrors[name] });
  const said = await chat.ask("hello");
  expect(said).toMatch(words);
  expect(said).not.toContain(sistavaErrors[name].message);
  expect(await chat.ask("hello again")).toBe("Nora Lind: Noted.");
});

test("a rate limit is waited for, and told only when it does not end", async () => {
  const { agent, chat } = await setUp();
  const limited = { kind: "error", ...sistavaErrors.rateLimited } as const;
  agent.failNext(limited);
  expect(await chat.ask("one")).toBe("Nora Lind: Noted.");
  agent.failNext(limited, limited, limited, limited);
  expect(await chat.ask("two")).toMatch(/not delivered.*takes no more messages for the moment.*Reference/s);
  expect([agent.countByText().get("one"), agent.countByText().get("two")]).toEqual([1, 0]);
});

test("a failure is told with the employee's words", async () => {
  const { chat } = await setUp(() => [working(), fail("I am on holiday.")]);
  await chat.say("hello");
  await until(() => /could not finish.*Reference/s.test(chat.replies().at(-1) ?? ""));
  expect(chat.replies().join("\n")).toContain("I am on holiday.");
});

test("stop ends the turn, though Sistava cannot cancel and is not asked to", async () => {
  const { agent, chat } = await setUp(() => [working(), wait(new Promise(() => undefined))]);
  await chat.say("a long one");
  await until(() => agent.tasks().length === 1);
  await chat.say("stop");
  await until(() => chat.replies().at(-1)?.startsWith("Stopped. Reference"));
  expect(chat.replies()).toHaveLength(2);
  expect(agent.calls.map(({ operation }) => operation).filter((operation) => operation.startsWith("tasks/"))).toEqual([
    "tasks/sendSubscribe",
  ]);
});
