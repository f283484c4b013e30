import { describe, expect, test } from "@jest/globals";
import { authRequired, complete, detach, inputRequired, output, type Step, wait, working } from "../../src/simulator/agents/steps.ts";
import type { AgentTurn } from "../../src/simulator/agents/turn.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { forgedTask, post, tokenHeader } from "../support/systems/pushes.ts";
import { until } from "../support/until.ts";

const stage = createStage();

async function setUp(
  script: (turn: AgentTurn) => AsyncGenerator<Step>,
  settings: Readonly<Record<string, unknown>>,
  modes: { readonly streaming: boolean; readonly push: boolean } = { streaming: false, push: true },
) {
  const agent = await stage.agent({ modes, script });
  const world = await stage.world({ config: { agents: { helper: { url: agent.url, ...settings } } } });
  const { slack } = world;
  const goOn = async (ts: string, text: string) =>
    void (await (
      await slack.say({ channel: "C1", user: "UANN", text, threadTs: ts })
    ).delivered);
  return { agent, world, slack, goOn, here: (ts: string) => replies(slack, ts) };
}

test("a question that comes after the waiting was given up is answered in its own task", async () => {
  const gate = createGate();
  const { agent, slack, goOn, here } = await setUp(
    async function* (turn) {
      if (turn.text !== "order a laptop") return yield complete(`You chose ${turn.text}.`);
      yield working();
      yield detach();
      yield wait(gate.passed);
      yield inputRequired("Which size?");
    },
    { delivery: ["push"], operations: { get: false, resubscribe: false, list: false }, limits: { answerMinutes: 0.01 } },
  );
  const ts = await mention(slack, "order a laptop");
  await until(() => here(ts).some((text) => text.startsWith("No answer came in time")));
  gate.open();
  await until(() => here(ts).some((text) => text.includes("Which size?")));
  await goOn(ts, "fourteen inches");
  await until(() => here(ts).at(-1)?.includes("You chose fourteen inches."));
  expect(agent.received[1]?.taskId).toBe(agent.tasks()[0]?.id);
  expect(agent.violations).toEqual([]);
});

test("a push is taken at once while a call is open, though a message that joins came before it", async () => {
  const gate = createGate();
  const { agent, slack, goOn, here } = await setUp(
    async function* (turn) {
      yield working();
      if (turn.text === "the report") yield wait(gate.passed);
      yield complete();
    },
    { delivery: ["stream"] },
    { streaming: true, push: true },
  );
  stage.owns(async () => gate.open());
  const ts = await mention(slack, "the report");
  await until(() => agent.tasks().length === 1);
  await goOn(ts, "with a chart");
  await until(() => here(ts).some((text) => /waits/.test(text)));
  const [{ pushUrl = "", pushToken = "" } = {}] = agent.received;
  const [{ id = "", contextId = "" } = {}] = agent.tasks();
  const pushed = forgedTask({ id, contextId }, "COMPLETED", [{ text: "The report, by push." }]);
  expect(await post(pushUrl, pushed, tokenHeader(pushToken))).toBe(200);
  await until(() => here(ts).includes("The report, by push."), 5_000);
});

test("a message that joins a task which was looked at often has its tries all the same", async () => {
  const gate = createGate();
  const { agent, slack, goOn, here } = await setUp(
    async function* (turn) {
      yield working();
      if (turn.text === "the report") yield wait(gate.passed);
      yield complete("Both done.");
    },
    { delivery: ["poll"], limits: { pollSeconds: 0.05 } },
    { streaming: false, push: false },
  );
  const ts = await mention(slack, "the report");
  await until(() => agent.calls.filter(({ operation }) => operation === "GetTask").length >= 4);
  agent.failNext({ kind: "status", status: 429, headers: { "retry-after": "0" } });
  await goOn(ts, "with a chart");
  await until(() => agent.received.filter(({ taken }) => taken).length === 2);
  gate.open();
  await until(() => here(ts).includes("Both done."));
  expect(here(ts).some((text) => text.includes("cannot be reached"))).toBe(false);
});

describe("turns that share one task", () => {
  test("wait as long as the newest of them", async () => {
    const gate = createGate();
    const { agent, slack, goOn, here } = await setUp(
      async function* () {
        yield working();
        yield detach();
        yield wait(gate.passed);
        yield output("a", "Both done.", { last: true });
        yield complete();
      },
      { delivery: ["push"], operations: { get: false, resubscribe: false, list: false }, limits: { answerMinutes: 0.05 } },
    );
    const ts = await mention(slack, "the report");
    await until(() => agent.received.length === 1);
    const [first] = agent.received;
    const joinAt = Date.now() + 2_000;
    await until(() => Date.now() > joinAt);
    await goOn(ts, "with a chart");
    await until(() => agent.received.length === 2);
    expect(agent.received[1]?.taskId).toBe(agent.tasks()[0]?.id);
    // The first alone would be given up by now.
    const over = joinAt + 1_600;
    await until(() => Date.now() > over);
    expect(here(ts).filter((text) => text.startsWith("No answer came in time"))).toEqual([]);
    gate.open();
    await until(() => here(ts).includes("Both done."));
    expect(first?.taken).toBe(true);
  });
});

test("a pushed end whose task cannot be read for now is not the end: the task is read again", async () => {
  const gate = createGate();
  const { agent, world, slack, here } = await setUp(
    async function* () {
      yield working();
      yield detach();
      yield wait(gate.passed);
      yield output("a", "The answer itself.", { last: true });
      yield complete();
    },
    { delivery: ["push"], limits: { pollSeconds: 20 } },
  );
  const ts = await mention(slack, "the report");
  await until(() => agent.tasks()[0]?.state === "working");
  const [{ pushUrl = "", pushToken = "" } = {}] = agent.received;
  const [{ id = "", contextId = "" } = {}] = agent.tasks();
  // The push that closes a task of A2A 1.0 carries no artifacts; those before it are lost here, and the agent is away for a moment.
  agent.hold();
  gate.open();
  await until(() => agent.tasks()[0]?.state === "completed");
  await agent.kill();
  const status = { state: "TASK_STATE_COMPLETED", timestamp: "2031-01-01T00:00:00Z" };
  expect(await post(pushUrl, { statusUpdate: { taskId: id, contextId, status } }, tokenHeader(pushToken))).toBe(200);
  await until(async () => {
    const [row] = (await world.app.ledger.trace(`slack:T1:C1:${ts}`)).filter(({ queue }) => queue === "task");
    return row?.settledAt !== undefined || JSON.stringify(row?.facts).includes('"lookAt"');
  });
  await agent.revive();
  await until(() => here(ts).length > 0);
  expect(here(ts)).toEqual(["The answer itself."]);
});

test.each([
  ["in its place", "a", "The second half\n\nBoth done."],
  ["beside it", "b", "The first half\n\nThe second half\n\nBoth done."],
])("turns that share one task, and whose second text comes %s, leave no message behind that grows", async (_, second, answer) => {
  const gate = createGate();
  const { agent, slack, goOn, here } = await setUp(
    async function* (turn) {
      yield working();
      const isFirst = turn.text === "the report";
      yield output(isFirst ? "a" : second, isFirst ? "The first half" : "The second half", { last: true });
      yield wait(1_500);
      if (isFirst) yield detach();
      yield wait(gate.passed);
      yield complete("Both done.");
    },
    { delivery: ["stream"], operations: { get: false, resubscribe: false, list: false } },
    { streaming: true, push: true },
  );
  const shown = (ts: string) => slack.thread("C1", ts).replies.filter(({ user }) => user === "UBOT");
  const ts = await mention(slack, "the report");
  await until(() => shown(ts).some(({ text, streaming }) => streaming && text === "The first half"));
  await goOn(ts, "with a chart");
  await until(() => shown(ts).some(({ text, streaming }) => streaming && text.endsWith("The second half")));
  gate.open();
  await until(() => shown(ts).every(({ streaming }) => !streaming), 5_000);
  expect([here(ts).at(0), here(ts).at(-1)]).toEqual(["_The answer stands below._", answer]);
  expect(agent.received).toHaveLength(2);
});

test("an answer that was shown before, and grows once more, leaves no message behind that grows", async () => {
  const { slack, here } = await setUp(
    async function* () {
      yield authRequired("Open https://sign.test");
      yield working();
      yield output("a", "Open https://sign.test", { last: true });
      yield wait(1_500);
      yield complete();
    },
    { delivery: ["stream"] },
    { streaming: true, push: false },
  );
  const ts = await mention(slack, "hello");
  const shown = () => slack.thread("C1", ts).replies.filter(({ user }) => user === "UBOT");
  await until(() => shown().some(({ streaming, text }) => streaming && text !== ""));
  await until(() => shown().every(({ streaming }) => !streaming), 5_000);
  expect(here(ts)).toEqual(["Open https://sign.test", "Open https://sign.test"]);
});
