import { SendMessageRequest } from "@a2a-js/sdk";
import { LegacyJsonRpcTransport } from "@a2a-js/sdk/compat/v0_3/client";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createInkeepAgent, type InkeepAgent, type InkeepOptions } from "../../../src/simulator/agents/inkeep.ts";
import { complete, fail, httpError, output, working } from "../../../src/simulator/agents/steps.ts";
import { rpcError, transfer } from "../../../src/simulator/agents/vendor-steps.ts";
import { all, ask, call, json, message } from "./raw.ts";
import { closeAll, closing, collect } from "./support.ts";

afterEach(closeAll);

async function start(options: InkeepOptions = {}): Promise<InkeepAgent> {
  const agent = await createInkeepAgent(options);
  closing(() => agent.stop());
  return agent;
}

const echo: InkeepOptions["script"] = (turn) => [
  working("thinking"),
  output("a", `${turn.agent} heard ${turn.text} of ${turn.metadata.userId ?? "nobody"}`),
  complete(),
];
const inContext = (text: string, more: object = {}) => message(text, { contextId: "c1", ...more });

describe("the Inkeep-like agent", () => {
  test("answers a send with a message, and with a finished task where nobody wanted to wait", async () => {
    const agent = await start({ script: echo });
    const first = await ask(agent, "message/send", { message: inContext("one", { metadata: { userId: "U1" } }) });
    expect(first.result).toMatchObject({
      kind: "message",
      role: "agent",
      contextId: "c1",
      parts: [{ kind: "text", text: "Inkeep heard one of U1" }],
    });
    const second = await ask(agent, "message/send", { message: inContext("two"), configuration: { blocking: false } });
    expect(second.result).toMatchObject({ kind: "task", contextId: "c1", status: { state: "completed" }, artifacts: [{}] });
    expect(second.result.id).not.toBe(first.result.taskId);
    expect(agent.violations).toEqual([]);
  });

  test("streams a task at work, a message and the task with the same words, and drops who asks", async () => {
    const agent = await start({ script: echo });
    const response = await call(agent, "message/stream", { message: inContext("one", { metadata: { userId: "U1" } }) });
    const results = (await all(response)).map(({ result }) => result);
    expect(results.map(({ kind }) => kind)).toEqual(["task", "message", "task"]);
    expect(results.map(({ status }) => status?.state)).toEqual(["working", undefined, "completed"]);
    expect(results[0].artifacts).toEqual([]);
    expect(results[1].parts[0].text).toBe("Inkeep heard one of nobody");
    expect(results[2].artifacts[0].parts).toEqual(results[1].parts);
    expect(agent.received[0]).toMatchObject({ operation: "stream", metadata: { message: { userId: "U1" } } });
  });

  test("lets whoever has no contextId share one conversation, and holds it against them", async () => {
    const agent = await start({ script: (turn) => [complete(`before: ${turn.before.join()}`)] });
    await ask(agent, "message/send", { message: message("a secret") });
    const other = await ask(agent, "message/send", { message: message("hello") });
    expect(other.result.parts[0].text).toBe("before: a secret");
    expect(agent.violations).toEqual([expect.stringContaining("no contextId"), expect.stringContaining("no contextId")]);
  });

  test("answers for tasks with made-up successes", async () => {
    const agent = await start();
    expect((await ask(agent, "tasks/get", { id: "nobody" })).result).toMatchObject({
      kind: "task",
      id: "nobody",
      status: { state: "completed" },
      artifacts: [{ parts: [{ text: "Task nobody completed successfully" }] }],
    });
    expect((await ask(agent, "tasks/cancel", { id: "nobody" })).result).toEqual({ success: true });
    const [event] = await all(call(agent, "tasks/resubscribe", { id: "nobody" }));
    expect(event.result).toMatchObject({ kind: "task", status: { state: "completed" }, artifacts: [] });
    expect(event.result.id).toBeUndefined();
    expect((await ask(agent, "tasks/list", {})).error.code).toBe(-32601);
  });

  test("hands a conversation over, in both ways, and the next message goes to who has it", async () => {
    const agent = await start({
      script: (turn) => (turn.text === "billing" ? [transfer("billing", "about money")] : [complete(`${turn.agent} here`)]),
    });
    const blocking = await ask(agent, "message/send", { message: inContext("billing") });
    expect(blocking.result).toMatchObject({ kind: "task", contextId: "c1", status: { state: "completed" } });
    expect(blocking.result.artifacts[0].parts).toEqual([
      { kind: "data", data: { type: "transfer", targetSubAgentId: "billing" } },
      { kind: "text", text: "about money" },
    ]);
    const streamed = await all(call(agent, "message/stream", { message: inContext("billing", { contextId: "c2" }) }));
    expect(streamed.map(({ result }) => result.kind ?? result.type)).toEqual(["task", "transfer"]);
    expect(streamed[1].result).toMatchObject({ target: "billing", reason: "about money", task_id: streamed[0].result.id });
    const next = await ask(agent, "message/send", { message: inContext("hello") });
    expect(next.result.parts[0].text).toBe("billing here");
    expect([...agent.subAgents().keys()]).toEqual(["c1", "c2"]);
  });

  test("says failures as errors of JSON-RPC, in answers and on streams", async () => {
    const agent = await start({
      script: (turn) => (turn.text === "fail" ? [fail("no luck")] : [rpcError(-32050, "odd", { type: "odd" })]),
    });
    const error = { code: -32603, message: "no luck", data: { type: "unknown" } };
    expect((await ask(agent, "message/send", { message: inContext("fail") })).error).toEqual(error);
    const streamed = await all(call(agent, "message/stream", { message: inContext("fail") }));
    expect(streamed.at(-1).error).toEqual(error);
    expect((await ask(agent, "message/send", { message: inContext("other") })).error).toEqual({
      code: -32050,
      message: "odd",
      data: { type: "odd" },
    });
  });

  test("does not stream where its card says so, and may stand under another path", async () => {
    const agent = await start({ streaming: false, mount: "/run", script: echo });
    expect(agent.cardUrl).toMatch(/\/run\/agents\/\.well-known\/agent\.json$/);
    const card = await json(fetch(agent.cardUrl));
    expect(card).toMatchObject({ url: agent.endpoint, capabilities: { streaming: false } });
    expect((await ask(agent, "message/stream", { message: inContext("one") })).error.code).toBe(-32604);
    expect([...agent.countByMessageId().values()]).toEqual([0]);
  });

  test("asks for its key and sees what does not belong in a message", async () => {
    const agent = await start({ script: echo });
    expect((await call({ endpoint: agent.endpoint }, "message/send", { message: inContext("one") })).status).toBe(401);
    await ask(agent, "message/send", { message: inContext("two", { taskId: "t", role: "user" }) }, { "x-inkeep-sub-agent-id": "billing" });
    expect(agent.violations).toEqual([expect.stringContaining("names a task"), expect.stringContaining("x-inkeep-sub-agent-id")]);
  });

  test("is what the SDK's client can talk to", async () => {
    const agent = await start({ script: echo });
    const authed: typeof fetch = (url, init) =>
      fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization: `Bearer ${agent.apiKey}` } });
    const transport = new LegacyJsonRpcTransport({ endpoint: agent.endpoint, fetchImpl: authed });
    const request = (messageId: string) =>
      SendMessageRequest.fromJSON({ message: { messageId, contextId: "c1", role: "ROLE_USER", parts: [{ text: "hi" }] } });
    expect(await transport.sendMessage(request("m1"))).toMatchObject({ contextId: "c1" });
    const events = await collect(transport.sendMessageStream(request("m2")));
    expect(events.map(({ payload }) => payload?.$case)).toEqual(["task", "message", "task"]);
    expect(agent.violations).toEqual([]);
  });

  test("answers with a status if a script wants it, and has then not taken the message", async () => {
    const agent = await start({ script: () => [httpError(429, { headers: { "retry-after": "7" } })] });
    const response = await call(agent, "message/send", { message: inContext("one") });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "7"]);
    expect(agent.countByText().get("one")).toBe(0);
    expect(agent.tasks()).toEqual([]);
  });
});
