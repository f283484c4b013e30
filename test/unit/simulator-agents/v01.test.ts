import { afterEach, describe, expect, test } from "@jest/globals";
import type { VendorAgent } from "../../../src/simulator/agents/kit.ts";
import { complete, inputRequired, output, silent, wait, working } from "../../../src/simulator/agents/steps.ts";
import { createV01Agent, type V01Options } from "../../../src/simulator/agents/v01.ts";
import { until } from "../../support/until.ts";
import { all, ask, call, events, json, message01 } from "./raw.ts";
import { closeAll, closing } from "./support.ts";

afterEach(closeAll);

async function start(options: V01Options = {}): Promise<VendorAgent> {
  const agent = await createV01Agent(options);
  closing(() => agent.stop());
  return agent;
}

const task = (id: string, text: string, more: object = {}) => ({ id, message: message01(text), ...more });

describe("the 0.1 agent", () => {
  test("shows the card of that time", async () => {
    const agent = await start({ bearer: "key" });
    const card = await json(fetch(agent.cardUrl));
    expect(card).toMatchObject({ url: agent.endpoint, authentication: { schemes: ["bearer"] }, capabilities: { streaming: true } });
    expect(card.protocolVersion).toBeUndefined();
    expect((await call(agent, "tasks/get", { id: "t" })).status).toBe(401);
  });

  test("answers under the caller's id, in the caller's session, with artifacts by index", async () => {
    const agent = await start({
      script: (turn) => [
        working("hm"),
        output("a", "Hello "),
        output("a", turn.text, { append: true }),
        output("b", "!"),
        complete("done"),
      ],
    });
    const { result } = await ask(agent, "tasks/send", task("t1", "world", { sessionId: "s1" }));
    expect(result).toMatchObject({
      id: "t1",
      sessionId: "s1",
      status: { state: "completed", message: { role: "agent", parts: [{ type: "text", text: "done" }] } },
      artifacts: [
        { index: 0, parts: [{ text: "Hello " }, { text: "world" }] },
        { index: 1, parts: [{ text: "!" }] },
      ],
    });
    expect(JSON.stringify(result)).not.toContain("kind");
    expect(agent.tasks()).toEqual([{ id: "t1", contextId: "s1", state: "completed", answer: "Hello world!" }]);
    expect(agent.violations).toEqual([]);
  });

  test("streams, with append and lastChunk inside the artifact and a final status", async () => {
    const agent = await start({
      script: () => [working("hm"), output("a", "Hello "), output("a", "world", { append: true, last: true }), complete()],
    });
    const results = (await all(call(agent, "tasks/sendSubscribe", task("t1", "go")))).map(({ result }) => result);
    expect(results).toMatchObject([
      { id: "t1", status: { state: "working" }, final: false },
      { id: "t1", artifact: { index: 0, append: false, lastChunk: false } },
      { id: "t1", artifact: { index: 0, append: true, lastChunk: true, parts: [{ type: "text", text: "world" }] } },
      { id: "t1", status: { state: "completed" }, final: true },
    ]);
  });

  test("asks back, and the same id answers; a session joins what was said", async () => {
    const agent = await start({
      script: (turn) =>
        turn.question === undefined ? [inputRequired("which?")] : [complete(`${turn.question} ${turn.text}, after ${turn.before.join()}`)],
    });
    const first = await ask(agent, "tasks/send", task("t1", "go", { sessionId: "s1" }));
    expect(first.result.status.state).toBe("input-required");
    const second = await ask(agent, "tasks/send", task("t1", "this", { sessionId: "s1" }));
    expect(second.result.status).toMatchObject({ state: "completed", message: { parts: [{ text: "which? this, after go" }] } });
    expect(agent.violations).toEqual([]);
  });

  test("gets, cancels and takes up again what is there, and nothing else", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await start({
      script: (turn) => (turn.text === "wait" ? [working(), silent()] : [working(), wait(gate.promise), complete("done")]),
    });
    const sent = ask(agent, "tasks/send", task("t1", "go"));
    await until(() => agent.tasks()[0]?.state === "working");
    expect((await ask(agent, "tasks/get", { id: "t1", historyLength: 1 })).result).toMatchObject({
      id: "t1",
      status: { state: "working" },
      history: [{ role: "user" }],
    });
    const again = events(await call(agent, "tasks/resubscribe", { id: "t1" }));
    expect((await again.next()).value.result).toMatchObject({ status: { state: "working" }, final: false });
    gate.resolve();
    expect((await again.next()).value.result).toMatchObject({ status: { state: "completed" }, final: true });
    expect((await sent).result.status.state).toBe("completed");

    const hanging = ask(agent, "tasks/send", task("t2", "wait"));
    await until(() => agent.tasks()[1]?.state === "working");
    expect((await ask(agent, "tasks/cancel", { id: "t2" })).result.status.state).toBe("canceled");
    expect((await hanging).result.status.state).toBe("canceled");
    expect((await ask(agent, "tasks/cancel", { id: "t2" })).error.code).toBe(-32002);
    for (const method of ["tasks/get", "tasks/cancel", "tasks/resubscribe"])
      expect((await ask(agent, method, { id: "no" })).error.code).toBe(-32001);
    expect(agent.violations).toEqual([]);
  });

  test("fails at any operation on demand, once", async () => {
    const agent = await start({ script: () => [complete("ok")] });
    await ask(agent, "tasks/send", task("t1", "go"));
    agent.failOn("tasks/get", { kind: "status", status: 500 }, { kind: "error", code: -32603, message: "broken" });
    expect((await call(agent, "tasks/get", { id: "t1" })).status).toBe(500);
    expect((await ask(agent, "tasks/get", { id: "t1" })).error).toEqual({ code: -32603, message: "broken" });
    expect((await ask(agent, "tasks/get", { id: "t1" })).result.status.state).toBe("completed");
  });

  test("refuses what is not of its time", async () => {
    const agent = await start({ streaming: false });
    const wrong = [
      { message: message01("hi") },
      { id: "t", message: { role: "user", parts: [{ kind: "text", text: "hi" }] } },
      { id: "t", message: { ...message01("hi"), messageId: "m" } },
    ];
    for (const params of wrong) expect((await ask(agent, "tasks/send", params)).error.code).toBe(-32602);
    expect((await ask(agent, "message/send", {})).error.code).toBe(-32601);
    expect((await ask(agent, "tasks/send", task("t", "hi", { pushNotification: { url: "http://x" } }))).error.code).toBe(-32003);
    expect((await ask(agent, "tasks/sendSubscribe", task("t", "hi"))).error.code).toBe(-32004);
    expect(agent.violations.length).toBeGreaterThanOrEqual(5);
    expect(agent.tasks()).toEqual([]);
  });
});
