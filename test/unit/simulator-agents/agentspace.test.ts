import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "@jest/globals";
import { type AgentspaceOptions, createAgentspaceAgent } from "../../../src/simulator/agents/agentspace.ts";
import type { VendorAgent } from "../../../src/simulator/agents/kit.ts";
import { complete, fail, output, working } from "../../../src/simulator/agents/steps.ts";
import { rpcError } from "../../../src/simulator/agents/vendor-steps.ts";
import { all, ask, call, json, message } from "./raw.ts";
import { closeAll, closing } from "./support.ts";

afterEach(closeAll);

async function start(options: AgentspaceOptions = {}): Promise<VendorAgent> {
  const agent = await createAgentspaceAgent(options);
  closing(() => agent.stop());
  return agent;
}

const asDocumented = { accept: "text/event-stream", "cache-control": "no-store" };
const params = (text: string, more: object = {}) => ({
  message: message(text, { contextId: "c1", ...more }),
  configuration: { blocking: true, acceptedOutputModes: [] },
});
const stream = (agent: VendorAgent, text: string) => all(call(agent, "message/stream", params(text), asDocumented));

describe("the Agentspace-like agent", () => {
  test("streams bare events: it thinks aloud as an assistant, answers in an artifact, and never says that it is done", async () => {
    const agent = await start({ script: () => [working("hm"), output("a", "Hello "), output("a", "world", { append: true }), complete()] });
    const seen = await stream(agent, "hi");
    expect(seen.map(({ kind }) => kind)).toEqual(["status-update", "artifact-update", "artifact-update"]);
    expect(seen[0]).toMatchObject({
      contextId: "c1",
      final: false,
      status: { state: "working", message: { role: "assistant", parts: [{ text: "hm" }] } },
    });
    expect(seen[1].artifact).toMatchObject({ name: "agent_response", parts: [{ kind: "text", text: "Hello " }] });
    expect(seen[2]).toMatchObject({ append: true, artifact: { artifactId: seen[1].artifact.artifactId } });
    expect(seen.some((event) => "jsonrpc" in event || event.status?.state === "completed")).toBe(false);
    expect(agent.violations).toEqual([]);
  });

  test("may say its events in envelopes, and that it is done", async () => {
    const agent = await start({ enveloped: true, done: true, script: () => [complete("hi")] });
    const [event, end] = await stream(agent, "hi");
    expect(event).toMatchObject({ jsonrpc: "2.0", id: expect.any(String), result: { kind: "artifact-update" } });
    expect(end).toBe("[DONE]");
  });

  test("shows a card under its own path, with skills that have neither id nor tags", async () => {
    const agent = await start({ agentId: "a-7" });
    expect(agent.cardUrl).toMatch(/\/discovery\/a-7\/\.well-known\/agent\.json$/);
    const card = await json(fetch(agent.cardUrl));
    expect(card).toMatchObject({
      protocolVersion: "0.3.0",
      url: agent.endpoint,
      capabilities: { streaming: true, pushNotifications: false },
    });
    expect(Object.keys(card.skills[0])).toEqual(["name", "description", "examples"]);
    expect(agent.endpoint).toMatch(/\/agent\/a-7$/);
  });

  test("remembers what was said in the caller's context", async () => {
    const agent = await start({ script: (turn) => [complete(turn.before.join())] });
    await stream(agent, "one");
    const [second] = await stream(agent, "two");
    expect(second.artifact.parts[0].text).toBe("one");
  });

  test("refuses a message without contextId or without saying whether it waits", async () => {
    const agent = await start();
    const lacking = [{ ...params("x", { contextId: undefined }) }, { message: params("x").message }];
    for (const one of lacking) expect((await ask(agent, "message/stream", one, asDocumented)).error.code).toBe(-32602);
    expect(agent.violations).toEqual(["message.contextId is required", "configuration is required"]);
    expect(agent.countByText().get("x")).toBe(0);
  });

  test("knows streaming only", async () => {
    const agent = await start();
    for (const method of ["message/send", "tasks/get", "tasks/cancel", "tasks/resubscribe"])
      expect((await ask(agent, method, {})).error.code).toBe(-32601);
    expect(agent.violations).toHaveLength(4);
  });

  test("holds ids that are no UUID, a task and missing headers against the caller, and refuses such ids if it is strict", async () => {
    const odd = params("x", { messageId: "m1", taskId: randomUUID() });
    const lenient = await start({ script: () => [complete("ok")] });
    expect(await all(call(lenient, "message/stream", odd))).toHaveLength(1);
    expect(lenient.violations).toEqual([
      "messageId is not a UUID",
      expect.stringContaining("names a task"),
      "accept is not text/event-stream",
      "cache-control is not no-store",
    ]);
    const strict = await start({ strictIds: true });
    expect((await ask(strict, "message/stream", odd, asDocumented)).error.message).toBe("messageId is not a UUID");
  });

  test("fails with a status, or with an error that has an envelope", async () => {
    const agent = await start({ script: (turn) => (turn.text === "fail" ? [fail("no")] : [rpcError(-32603, "broken")]) });
    expect(await stream(agent, "fail")).toMatchObject([
      { kind: "status-update", status: { state: "failed", message: { parts: [{ text: "no" }] } } },
    ]);
    expect(await stream(agent, "other")).toMatchObject([{ jsonrpc: "2.0", error: { code: -32603, message: "broken" } }]);
  });

  test("thinks aloud for people who try the demo", async () => {
    const seen = await stream(await start(), "good day");
    expect(seen.map(({ kind }) => kind)).toEqual(["status-update", "status-update", "artifact-update"]);
  });
});
