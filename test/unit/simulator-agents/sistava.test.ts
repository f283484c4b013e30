import { afterEach, describe, expect, test } from "@jest/globals";
import { createSistavaAgent, type SistavaAgent, type SistavaOptions } from "../../../src/simulator/agents/sistava.ts";
import { sistavaErrors } from "../../../src/simulator/agents/sistava-words.ts";
import { complete, fail, output, working } from "../../../src/simulator/agents/steps.ts";
import { all, ask, call, json, message01 } from "./raw.ts";
import { closeAll, closing } from "./support.ts";

afterEach(closeAll);

async function start(options: SistavaOptions = {}): Promise<SistavaAgent> {
  const agent = await createSistavaAgent(options);
  closing(() => agent.stop());
  return agent;
}

const nora = "5b0f3c9e-6d5f-4a53-9a5c-0d9f6f1f2a11";
const to = (employee_id: unknown, text = "hi") => ({ message: message01(text), metadata: { employee_id } });
const echo: SistavaOptions["script"] = (turn) => [working(), complete(`${turn.agent} heard ${turn.text}, after ${turn.before.length}`)];

describe("the Sistava-like agent", () => {
  test("shows its card, with a person for each skill, to who has a key", async () => {
    const agent = await start();
    expect((await fetch(agent.cardUrl)).status).toBe(401);
    const card = await json(fetch(agent.cardUrl, { headers: { authorization: `Bearer ${agent.apiKey}` } }));
    expect(card).toMatchObject({
      url: agent.endpoint,
      authentication: { schemes: ["bearer"] },
      capabilities: { streaming: true, pushNotifications: false },
    });
    expect(card.skills[0]).toEqual({ id: nora, name: "Nora Lind", description: expect.any(String), tags: ["employee"] });
    expect(card.protocolVersion).toBeUndefined();
    expect(agent.endpoint).toMatch(/\/api\/a2a\/$/);
  });

  test("says an answer twice, under an id of its own, and remembers nothing", async () => {
    const agent = await start({ script: echo });
    const results = [
      await ask(agent, "tasks/send", { id: "mine", ...to(nora) }),
      await ask(agent, "tasks/send", { id: "mine", ...to(nora) }),
    ].map(({ result }) => result);
    const parts = [{ type: "text", text: "Nora Lind heard hi, after 0" }];
    for (const result of results) {
      expect(result).toEqual({
        id: expect.any(String),
        status: { state: "completed", message: { role: "agent", parts } },
        artifacts: [{ parts, index: 0 }],
      });
    }
    expect(new Set(["mine", ...results.map(({ id }) => id)]).size).toBe(3);
    expect(agent.countByText().get("hi")).toBe(2);
    expect(agent.violations).toEqual([]);
  });

  test("streams three states, and the words only with the last", async () => {
    const agent = await start({ script: () => [working(), output("a", "Hello "), output("a", "world", { append: true }), complete()] });
    const results = (await all(call(agent, "tasks/sendSubscribe", to(nora)))).map(({ result }) => result);
    expect(results.map(({ status }) => status.state)).toEqual(["submitted", "working", "completed"]);
    expect(results[2].status.message.parts).toEqual([{ type: "text", text: "Hello world" }]);
    expect(results.some((result) => "final" in result || "artifacts" in result)).toBe(false);
  });

  test("says why it failed with the state", async () => {
    const agent = await start({ script: () => [fail("out of paper")] });
    const { result } = await ask(agent, "tasks/send", to(nora));
    expect(result.status).toMatchObject({ state: "failed", message: { parts: [{ text: "out of paper" }] } });
  });

  test("needs an employee, by UUID and of its own", async () => {
    const agent = await start({ script: echo });
    const wrong = [
      { message: message01("hi") },
      to("nora"),
      to("00000000-0000-4000-8000-000000000000"),
      { ...to(nora), message: { ...message01("hi"), metadata: { employee_id: nora } }, metadata: {} },
    ];
    for (const params of wrong) expect((await ask(agent, "tasks/send", params)).error.code).toBe(-32602);
    expect(agent.violations).toHaveLength(4);
    expect(agent.countByText().get("hi")).toBe(0);
  });

  test("has codes of its own for what it lacks and for its moods", async () => {
    const agent = await start({ script: echo });
    expect((await ask(agent, "tasks/get", { id: "t" })).error).toEqual(sistavaErrors.noRetrieval);
    expect((await ask(agent, "tasks/cancel", { id: "t" })).error).toEqual(sistavaErrors.noCancel);
    expect((await ask(agent, "tasks/resubscribe", { id: "t" })).error.code).toBe(-32601);
    agent.failNext({ kind: "error", ...sistavaErrors.channelOff }, { kind: "error", ...sistavaErrors.rateLimited });
    expect((await ask(agent, "tasks/send", to(nora))).error).toEqual(sistavaErrors.channelOff);
    expect((await ask(agent, "tasks/sendSubscribe", to(nora))).error).toEqual(sistavaErrors.rateLimited);
    expect((await ask(agent, "tasks/send", to(nora))).result.status.state).toBe("completed");
    expect(agent.received.map(({ taken }) => taken)).toEqual([false, false, true]);
    expect(agent.violations).toEqual(["tasks/resubscribe is not there"]);
  });

  test("takes only text, its own parts and its own path", async () => {
    const agent = await start({ script: echo });
    const file = { role: "user", parts: [{ type: "file", file: { name: "a" } }] };
    expect((await ask(agent, "tasks/send", { ...to(nora), message: file })).error.code).toBe(-32602);
    const later = { role: "user", parts: [{ kind: "text", text: "hi" }] };
    expect((await ask(agent, "tasks/send", { ...to(nora), message: later })).error.code).toBe(-32602);
    expect((await call({ ...agent, endpoint: agent.endpoint.slice(0, -1) }, "tasks/send", to(nora))).status).toBe(404);
    expect((await ask(agent, "message/send", to(nora))).error.code).toBe(-32601);
    expect(agent.violations).toHaveLength(4);
  });

  test("cannot read what is no JSON, or too much of it", async () => {
    const agent = await start({ script: echo });
    const post = (body: string) => {
      const headers = { "content-type": "application/json", authorization: `Bearer ${agent.apiKey}` };
      return json(fetch(agent.endpoint, { method: "POST", headers, body }));
    };
    expect((await post("{")).error.code).toBe(-32700);
    expect((await post(JSON.stringify({ jsonrpc: "1.0", id: 1, method: "tasks/send" }))).error.code).toBe(-32600);
    expect(
      (await post(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tasks/send", params: to(nora, "x".repeat(2 ** 21)) }))).error.code,
    ).toBe(-32700);
    expect(agent.violations).toHaveLength(3);
  });

  test("lets its employees speak to people who try the demo", async () => {
    const agent = await start();
    const { result } = await ask(agent, "tasks/send", to(agent.employees[1]?.id));
    expect(result.artifacts[0].parts[0].text).toContain("**Omar Diaz** here");
  });
});
