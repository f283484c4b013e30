import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgent, SimulatedAgentOptions } from "../../src/simulator/agents/agent.ts";
import { complete, drop, fail, httpError, output, reject, type Step, silent, wait, working } from "../../src/simulator/agents/steps.ts";
import type { AgentTurn, ScriptFor } from "../../src/simulator/agents/turn.ts";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

async function* answer(turn: AgentTurn): AsyncGenerator<Step> {
  yield output("a", `You said: ${turn.text}`, { last: true });
  yield complete();
}

interface Scene {
  readonly slack: SlackSimulator;
  readonly agent: SimulatedAgent;
}

async function setUp(
  script: ScriptFor = answer,
  options: { readonly settings?: Readonly<Record<string, unknown>>; readonly agent?: Partial<SimulatedAgentOptions> } = {},
): Promise<Scene> {
  const agent = await stage.agent({ modes: { streaming: true, push: false }, script, ...options.agent });
  const { slack } = await stage.world({ config: { agents: { helper: { url: agent.url, ...options.settings } } } });
  return { slack, agent };
}

/** The end of a turn that went wrong: one notice with a reference. */
async function expectNotice({ slack }: Scene, ts: string, words: RegExp): Promise<void> {
  await until(() => replies(slack, ts).length > 0, 15_000);
  expect(replies(slack, ts)).toHaveLength(1);
  expect(replies(slack, ts)[0]).toMatch(words);
  expect(replies(slack, ts)[0]).toMatch(/Reference `\w{4,}`/);
}

/** The thread is not broken: the next message there is answered. */
async function expectNextAnswered({ slack }: Scene, ts: string): Promise<void> {
  const before = replies(slack, ts).length;
  await slack.say({ channel: "C1", user: "UANN", text: "next", threadTs: ts });
  await until(() => replies(slack, ts).length > before, 15_000);
  expect(replies(slack, ts).slice(before)).toEqual(["You said: next"]);
}

describe("the thread shows an end with a reference, and goes on afterwards, when the agent", () => {
  test("is down", async () => {
    const scene = await setUp();
    await scene.agent.kill();
    const ts = await mention(scene.slack, "hello");
    await expectNotice(scene, ts, /cannot be reached.*not delivered/s);
    await scene.agent.revive();
    await expectNextAnswered(scene, ts);
    expect(scene.agent.received).toHaveLength(1);
  });

  test("goes down after it was known", async () => {
    const scene = await setUp();
    const ts = await mention(scene.slack, "hello");
    await until(() => replies(scene.slack, ts).length === 1);
    await scene.agent.kill();
    const other = await mention(scene.slack, "and now");
    await expectNotice(scene, other, /cannot be reached/);
    await scene.agent.revive();
    await expectNextAnswered(scene, ts);
  });

  test.each([
    { what: "a bare 500", status: 500, body: "", words: /connection to the agent broke/ },
    { what: "500 with a page", status: 500, body: "<html>oops</html>", words: /connection to the agent broke/ },
    { what: "502", status: 502, body: "bad gateway", words: /connection to the agent broke/ },
    { what: "401", status: 401, body: "", words: /did not accept/ },
    { what: "403", status: 403, body: "{}", words: /did not accept/ },
    { what: "400", status: 400, body: '{"error":"no"}', words: /did not accept/ },
    { what: "a page in place of an answer", status: 200, body: "<!doctype html><h1>Sign in</h1>", words: /connection to the agent broke/ },
    { what: "nothing in place of an answer", status: 200, body: "", words: /connection to the agent broke/ },
  ])("answers with $what", async ({ status, body, words }) => {
    for (const push of [false, true]) {
      const scene = await setUp(answer, { agent: { modes: { streaming: true, push } } });
      scene.agent.failNext({ kind: "status", status, body, headers: { "content-type": "text/html" } });
      const ts = await mention(scene.slack, "hello");
      await expectNotice(scene, ts, words);
      expect(scene.agent.received).toHaveLength(1);
      await expectNextAnswered(scene, ts);
    }
  });

  test("stays silent past its limit", async () => {
    const scene = await setUp(
      async function* (turn) {
        if (turn.text === "next") return yield* answer(turn);
        yield silent();
      },
      { settings: { limits: { silenceSeconds: 1.5 } } },
    );
    const ts = await mention(scene.slack, "hello");
    await expectNotice(scene, ts, /connection to the agent broke|No answer came in time/);
    await expectNextAnswered(scene, ts);
    expect([...scene.agent.countByMessageId().values()]).toEqual([1, 1]);
  });

  test("has the message, works on it and never says more", async () => {
    const scene = await setUp(
      async function* (turn) {
        if (turn.text === "next") return yield* answer(turn);
        yield working("thinking");
        yield silent();
      },
      { settings: { limits: { silenceSeconds: 1, answerMinutes: 0.06, pollSeconds: 0.1 } } },
    );
    const ts = await mention(scene.slack, "hello");
    await expectNotice(scene, ts, /No answer came in time/);
    await expectNextAnswered(scene, ts);
  });

  test("cuts the connection and cannot be asked again", async () => {
    const scene = await setUp(
      async function* (turn) {
        if (turn.text === "next") return yield* answer(turn);
        yield output("a", "The first half");
        yield drop();
        yield fail();
      },
      {
        agent: { modes: { streaming: true, push: false, get: false } },
        settings: { operations: { get: false, resubscribe: false, list: false } },
      },
    );
    const ts = await mention(scene.slack, "hello");
    await until(() => replies(scene.slack, ts).some((text) => /Reference/.test(text)));
    await expectNextAnswered(scene, ts);
    expect([...scene.agent.countByMessageId().values()]).toEqual([1, 1]);
  });

  test.each([
    { what: "fails with words", step: fail("The printer is on fire."), words: /could not finish.*> The printer is on fire\./s },
    { what: "rejects", step: reject("Not my job."), words: /declined.*> Not my job\./s },
    { what: "completes with nothing", step: complete(), words: /without an answer/ },
  ])("$what", async ({ step, words }) => {
    const scene = await setUp(async function* (turn) {
      if (turn.text === "next") return yield* answer(turn);
      yield step;
    });
    const ts = await mention(scene.slack, "hello");
    await expectNotice(scene, ts, words);
    await expectNextAnswered(scene, ts);
  });
});

describe("one complete answer comes although the agent", () => {
  test("asks to come back later (429 with Retry-After); it takes the message once", async () => {
    const { slack, agent } = await setUp();
    agent.failNext({ kind: "status", status: 429, headers: { "retry-after": "1" } });
    const begun = Date.now();
    const ts = await mention(slack, "hello");
    await until(() => replies(slack, ts).length === 1);
    expect(replies(slack, ts)).toEqual(["You said: hello"]);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1_000);
    expect([...agent.countByMessageId().values()]).toEqual([1]);
  });

  test.each(["1.0", "0.3"] as const)("cuts the stream in the middle (%s)", async (protocol) => {
    const { slack, agent } = await setUp(
      async function* () {
        yield output("a", "one, ");
        yield drop();
        yield output("a", "two, ", { append: true });
        yield output("a", "three.", { append: true, last: true });
        yield complete();
      },
      { agent: { protocol } },
    );
    const ts = await mention(slack, "count");
    await until(() => replies(slack, ts).length === 1);
    expect(replies(slack, ts)).toEqual(["one, two, three."]);
    expect([...agent.countByMessageId().values()]).toEqual([1]);
    expect([...slack.deliveries().values()]).toEqual([1]);
  });

  test("dies after it took the message and comes back", async () => {
    const gate = createGate();
    const { slack, agent } = await setUp(async function* () {
      yield output("a", "one, ");
      yield wait(gate.passed);
      yield output("a", "two.", { append: true, last: true });
      yield complete();
    });
    const ts = await mention(slack, "count");
    await until(() => agent.tasks().length === 1);
    await agent.kill();
    gate.open();
    await until(() => agent.tasks()[0]?.state === "completed");
    await agent.revive();
    await until(() => replies(slack, ts).length === 1, 15_000);
    expect(replies(slack, ts)).toEqual(["one, two."]);
    expect([...agent.countByMessageId().values()]).toEqual([1]);
  });

  test("was down for a moment when the message came", async () => {
    const { slack, agent } = await setUp();
    const first = await mention(slack, "hello");
    await until(() => replies(slack, first).length === 1);
    agent.failNext({ kind: "status", status: 503, headers: { "retry-after": "0" } });
    const ts = await mention(slack, "are you there");
    await until(() => replies(slack, ts).length === 1);
    expect(replies(slack, ts)).toEqual(["You said: are you there"]);
    expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
  });

  test("answers with a server error and pushes later: then the answer is marked as late", async () => {
    const scene = await setUp(
      async function* () {
        yield working();
        yield httpError(500);
      },
      { agent: { modes: { streaming: false, push: true } }, settings: { delivery: ["blocking"] } },
    );
    const ts = await mention(scene.slack, "hello");
    await expectNotice(scene, ts, /connection to the agent broke/);
    expect(await scene.agent.pushFor(scene.agent.tasks()[0]?.id ?? "", { state: "completed", text: "Still here." })).toBe(200);
    await until(() => replies(scene.slack, ts).length === 2);
    expect(replies(scene.slack, ts)[1]).toMatch(/Late answer[\s\S]*Still here\./);
  });
});
