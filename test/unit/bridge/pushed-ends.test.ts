import { afterEach, describe, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import { AgentError, type AgentErrorKind } from "../../../src/model/errors.ts";
import type { ReplyPart } from "../../../src/model/reply.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

const ids = { taskId: "t", contextId: "c" };
const words = (text: string): readonly ReplyPart[] => [{ kind: "text", text }];
const working: AgentEvent = { kind: "working", ...ids };
const output: AgentEvent = { kind: "output", ...ids, artifact: "a", append: false, parts: words("The report.") };
const completed: AgentEvent = { kind: "ended", ...ids, outcome: "completed", parts: [], mark: "9" };
const closing: AgentEvent = { ...completed, parts: words("I am done.") };
const question: AgentEvent = { kind: "inputRequired", ...ids, parts: words("Which size?"), mark: "9" };
const error = (kind: AgentErrorKind) => new AgentError(kind, "of the test");

let bench: TaskBench;
afterEach(() => bench.close());

/** A turn that waits for a push. */
async function setUp(config: Readonly<Record<string, unknown>> = {}) {
  const agent = createFakeAgent(config, { push: true, get: !("operations" in config) });
  bench = await createTaskBench({ agent });
  agent.onSend([working]);
  const turn = await bench.say("the report");
  await bench.work();
  return { agent, turn };
}

const outcome = async (turn: string) => (await bench.task(turn)).turns[0]?.outcome;

describe("a pushed end without the answer", () => {
  test("has the task read, and what that brings is posted once", async () => {
    const { agent, turn } = await setUp();
    agent.onLook([output, closing]);
    await bench.push(closing);
    await bench.work();
    expect(agent.looked).toEqual([ids]);
    expect(await bench.posts()).toEqual(["The report.\n\nI am done."]);
    expect(await outcome(turn)).toBe("completed");
    expect(await bench.work()).toBe(false);
  });

  test("is the end at once where the push brought the answer, or the task cannot be had", async () => {
    const { agent } = await setUp();
    await bench.push(output, completed);
    await bench.work();
    expect(agent.looked).toEqual([]);
    expect(await bench.posts()).toEqual(["The report."]);
    await bench.close();

    const { agent: other } = await setUp({ operations: { get: false } });
    await bench.push(closing);
    await bench.work();
    expect(other.looked).toEqual([]);
    expect(await bench.posts()).toEqual(["I am done."]);
  });

  test.each(["unreachable", "rateLimited", "broken", "silent"] as const)("stays open while the reading fails (%s)", async (kind) => {
    const { agent, turn } = await setUp();
    agent.onLook(error(kind), error(kind), [output, completed]);
    await bench.push(completed);
    await bench.work();
    expect(await outcome(turn)).toBeUndefined();
    expect(await bench.posts()).toEqual([]);
    bench.clock.advance(60_000);
    expect(await bench.work()).toBe(true);
    expect(await bench.posts()).toEqual(["The report."]);
    expect(await outcome(turn)).toBe("completed");
    expect(agent.looked).toHaveLength(3);
  });

  test("that is pushed again, and read half at first, is posted once", async () => {
    const { agent } = await setUp();
    agent.onLook(
      async function* () {
        yield output;
        throw error("broken");
      },
      error("broken"),
      [output, completed],
    );
    await bench.push(completed);
    await bench.work();
    await bench.push(completed);
    await bench.work();
    expect(await bench.posts()).toEqual(["The report."]);
    expect(await bench.work()).toBe(false);
  });

  test.each(["taskGone", "unsupported"] as const)("is the end with what is known where nothing can be read (%s)", async (kind) => {
    const { agent, turn } = await setUp();
    agent.onLook(error(kind));
    await bench.push(closing);
    await bench.work();
    expect(await bench.posts()).toEqual(["I am done."]);
    expect(await outcome(turn)).toBe("completed");
  });

  test.each(["taskGone", "unsupported"] as const)("is so also where the reading failed for a while before (%s)", async (kind) => {
    const { agent, turn } = await setUp();
    agent.onLook(error("broken"), error(kind));
    await bench.push(closing);
    await bench.work();
    expect(await bench.posts()).toEqual(["I am done."]);
    expect(await outcome(turn)).toBe("completed");
  });

  test("is what is known where the reading fails for too long, or until the time is up", async () => {
    const { agent, turn } = await setUp();
    agent.onLook(error("unauthorized"), error("unauthorized"), error("unauthorized"));
    await bench.push(question);
    await bench.work();
    bench.clock.advance(700_000);
    await bench.work();
    expect(await bench.posts()).toEqual(["Which size?"]);
    expect(await outcome(turn)).toBe("inputRequired");
    await bench.close();

    const { agent: other, turn: second } = await setUp({ limits: { answerMinutes: 1 } });
    other.onLook(error("broken"), error("broken"));
    await bench.push(closing);
    await bench.work();
    bench.clock.advance(60_000);
    await bench.work();
    expect(await bench.posts()).toEqual(["I am done."]);
    expect(await outcome(second)).toBe("completed");
  });

  test("does not outlive what is read later", async () => {
    const { agent, turn } = await setUp();
    agent.onLook(error("broken"), [working], [output, { ...completed, outcome: "failed", parts: words("Out of paper.") }]);
    await bench.push(question);
    await bench.work();
    bench.clock.advance(60_000);
    await bench.work();
    expect(await outcome(turn)).toBe("failed");
    expect(await bench.posts()).toEqual(["The report.", expect.stringContaining("Out of paper.")]);
  });

  test("waits a moment for an answer that it has overtaken, where nothing can be read", async () => {
    await setUp({ operations: { get: false } });
    await bench.push(completed);
    await bench.work();
    expect(await bench.posts()).toEqual([]);
    await bench.push(output);
    await bench.work();
    bench.clock.advance(2_000);
    await bench.work();
    expect(await bench.posts()).toEqual(["The report."]);
  });

  test("ends the turn a moment later where nothing else comes, and nothing can be read", async () => {
    const { turn } = await setUp({ operations: { get: false } });
    await bench.push(completed);
    await bench.work();
    bench.clock.advance(2_000);
    await bench.work();
    expect(await bench.posts()).toEqual([expect.stringContaining("Reference")]);
    expect(await outcome(turn)).toBe("completed");
  });
});
