import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgentOptions } from "../../../src/simulator/agents/agent.ts";
import { complete, drop, inputRequired, output, type Step, wait, working } from "../../../src/simulator/agents/steps.ts";
import type { AgentTurn, ScriptFor } from "../../../src/simulator/agents/turn.ts";
import { createGate, createStage } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { until } from "../../support/until.ts";

const stage = createStage();

async function* remember({ before, text, question }: AgentTurn): AsyncGenerator<Step> {
  yield output("a", `${text} after ${before.join(" and ") || "nothing"}${question ? `, to “${question}”` : ""}`);
  yield complete();
}

async function setUp(
  settings: Readonly<Record<string, unknown>>,
  script: ScriptFor = remember,
  options: Partial<SimulatedAgentOptions> = {},
) {
  const agent = await stage.agent({ script, ...options });
  const { slack } = await stage.world({ config: { agents: { helper: { url: agent.url, ...settings } } } });
  return { agent, slack, chat: createChat(slack) };
}

describe("contextId", () => {
  test("server: the agent makes it, and gets it again", async () => {
    const { agent, chat } = await setUp({ contextId: "server" });
    expect([await chat.ask("one"), await chat.ask("two")]).toEqual(["one after nothing", "two after one"]);
    expect(agent.received.map(({ contextId }) => contextId)).toEqual([undefined, agent.tasks()[0]?.contextId]);
    expect(agent.violations).toEqual([]);
  });

  test("client: the bridge makes it before the first message, one for each conversation, and `new` makes another", async () => {
    const { agent, slack, chat } = await setUp({ contextId: "client" }, remember, { clientContexts: true });
    const other = createChat(slack, { user: "UBEN" });
    expect([await chat.ask("one"), await other.ask("uno"), await chat.ask("two")]).toEqual([
      "one after nothing",
      "uno after nothing",
      "two after one",
    ]);
    await chat.ask("new");
    expect(await chat.ask("three")).toBe("three after nothing");
    const [one, uno, two, three] = agent.received.map(({ contextId }) => contextId);
    expect(one).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(two).toBe(one);
    expect(new Set([one, uno, three]).size).toBe(3);
  });

  test("none: no message names one, whatever the agent answers", async () => {
    const { agent, chat } = await setUp({ contextId: "none", taskId: "never" });
    expect([await chat.ask("one"), await chat.ask("two")]).toEqual(["one after nothing", "two after nothing"]);
    expect(agent.received.map(({ contextId }) => contextId)).toEqual([undefined, undefined]);
  });
});

describe("taskId", () => {
  const asking: ScriptFor = async function* (turn) {
    if (turn.text === "one") yield inputRequired("Which one?");
    else yield* remember(turn);
  };

  test("spec: the answer to a question goes to its task, and what comes after that is a new task which refers to it", async () => {
    const { agent, chat } = await setUp({ taskId: "spec" }, asking);
    expect(await chat.ask("one")).toBe("Which one?");
    expect(await chat.ask("two")).toBe("two after one, to “Which one?”");
    expect(await chat.ask("three")).toBe("three after one and two");
    const [first] = agent.tasks();
    expect(agent.received.map(({ taskId }) => taskId)).toEqual([undefined, first?.id, undefined]);
    expect(agent.received.map(({ referenceTaskIds }) => referenceTaskIds)).toEqual([[], [], [first?.id]]);
    expect(agent.violations).toEqual([]);
  });

  test("never: each message is a task of its own, the answer to a question too, and names no other", async () => {
    const { agent, chat } = await setUp({ taskId: "never" }, asking);
    expect(await chat.ask("one")).toBe("Which one?");
    expect(await chat.ask("two")).toBe("two after one");
    expect(agent.tasks()).toHaveLength(2);
    expect(agent.received.map(({ taskId, referenceTaskIds }) => [taskId, referenceTaskIds])).toEqual(Array(2).fill([undefined, []]));
  });
});

describe("whileRunning", () => {
  const slow = (gate: { readonly passed: Promise<void> }): ScriptFor =>
    async function* (turn) {
      yield working();
      yield wait(gate.passed);
      yield* remember(turn);
    };

  test("queue: the second message waits with a word, and is asked when the first is answered", async () => {
    const gate = createGate();
    const { agent, chat } = await setUp({ whileRunning: "queue" }, slow(gate));
    await chat.say("one");
    await until(() => agent.received.length === 1);
    expect(await chat.ask("two")).toMatch(/^Your message waits/);
    expect(agent.received).toHaveLength(1);
    gate.open();
    expect((await chat.heard(3)).slice(1)).toEqual(["one after nothing", "two after one"]);
  });

  test("refuse: the second message is refused with a word and never sent", async () => {
    const gate = createGate();
    const { agent, chat } = await setUp({ whileRunning: "refuse" }, slow(gate));
    await chat.say("one");
    await until(() => agent.received.length === 1);
    expect(await chat.ask("two")).toMatch(/still working on the last message/);
    gate.open();
    await chat.heard(2);
    expect(await chat.ask("three")).toBe("three after one");
    expect(agent.received.map(({ text }) => text)).toEqual(["one", "three"]);
  });

  test("join: where tasks are never named there is nothing to join, so the message waits", async () => {
    const gate = createGate();
    const { agent, chat } = await setUp({ whileRunning: "join", taskId: "never" }, slow(gate));
    await chat.say("one");
    await until(() => agent.received.length === 1);
    expect(await chat.ask("two")).toMatch(/^Your message waits/);
    gate.open();
    expect((await chat.heard(3)).slice(1)).toEqual(["one after nothing", "two after one"]);
    expect(agent.received.map(({ taskId }) => taskId)).toEqual([undefined, undefined]);
  });
});

describe("onUnknown", () => {
  const deaf = { operations: { get: false, resubscribe: false, list: false, cancel: false, push: false } };
  const modes = { streaming: true, push: false, get: false, list: false, cancel: false };
  const cutOnce = (): ScriptFor => {
    let cuts = 0;
    return async function* (turn) {
      yield working();
      cuts += 1;
      if (cuts === 1) yield drop();
      yield* remember(turn);
    };
  };

  test("notice: the message is not sent again, and the person is told", async () => {
    const { agent, chat } = await setUp(deaf, cutOnce(), { modes });
    expect(await chat.ask("one")).toMatch(/no way to ask it what became of your message.*Reference/s);
    expect(agent.received).toHaveLength(1);
  });

  test("resend: the same message goes out again under its own id, and an agent that knows it does the work once", async () => {
    const { agent, chat } = await setUp({ ...deaf, onUnknown: "resend" }, cutOnce(), { modes, idempotent: true });
    expect(await chat.ask("one")).toBe("one after nothing");
    expect(agent.received.length).toBeGreaterThan(1);
    expect(new Set(agent.received.map(({ messageId }) => messageId)).size).toBe(1);
    expect([...agent.countByMessageId().values()]).toEqual([1]);
    expect(agent.tasks()).toHaveLength(1);
    expect(agent.received.every(({ referenceTaskIds }) => referenceTaskIds.length === 0)).toBe(true);
    expect(await chat.ask("two")).toBe("two after one");
    expect(agent.violations).toEqual([]);
  });
});

test("onUnknown: resend does not go on for ever with an agent that cuts every call", async () => {
  const operations = { get: false, resubscribe: false, list: false, cancel: false, push: false };
  const modes = { streaming: true, push: false, get: false, list: false, cancel: false };
  const { agent, chat } = await setUp({ operations, onUnknown: "resend" }, remember, { modes, idempotent: true });
  agent.failNext(...Array(50).fill({ kind: "drop" }));
  expect(await chat.ask("one")).toMatch(/no way to ask it what became of your message.*Reference/s);
  expect(agent.received).toHaveLength(3);
  expect(new Set(agent.received.map(({ messageId }) => messageId)).size).toBe(1);
});

describe("delivery", () => {
  test.each([
    [["blocking"], "SendMessage"],
    [["stream"], "SendStreamingMessage"],
    [["poll"], "GetTask"],
  ] as const)("%j is how the agent is asked, though its card offers more", async (delivery, method) => {
    const { agent, chat } = await setUp({ delivery });
    expect(await chat.ask("one")).toBe("one after nothing");
    expect(agent.calls.map(({ operation }) => operation)).toContain(method);
    expect(agent.calls.some(({ operation }) => operation === "SendStreamingMessage")).toBe(delivery[0] === "stream");
  });
});
