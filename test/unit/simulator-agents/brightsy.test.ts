import { afterEach, describe, expect, test } from "@jest/globals";
import { type BrightsyAgent, type BrightsyOptions, createBrightsyAgent } from "../../../src/simulator/agents/brightsy.ts";
import { complete, drop, fail, inputRequired, output, silent, working } from "../../../src/simulator/agents/steps.ts";
import { until } from "../../support/until.ts";
import { all, events, type Json, json, rest } from "./raw.ts";
import { closeAll, closing } from "./support.ts";

afterEach(closeAll);

async function start(script?: BrightsyOptions["script"]): Promise<BrightsyAgent> {
  const agent = await createBrightsyAgent(script ? { script } : {});
  closing(() => agent.stop());
  return agent;
}

const said = (text: string) => ({ message: { role: "user", content: [{ type: "text", text }] } });
const create = (agent: BrightsyAgent, text: string) => json(rest(agent, "POST", "", said(text)));
const poll = (agent: BrightsyAgent, id: string) => json(rest(agent, "GET", `/${id}`));
const stream = (agent: BrightsyAgent, id: string): Promise<Response> => rest(agent, "GET", `/${id}/stream`);
const texts = (task: Json): string[] => task.messages.map((one: Json) => `${one.role}: ${one.content[0].text}`);

describe("the Brightsy-like agent", () => {
  test("shows its card to everybody, and nothing else to who has no key", async () => {
    const agent = await start();
    const card = await json(fetch(agent.cardUrl));
    expect(card).toMatchObject({ id: "agent-1", auth: { type: "bearer" }, skills: [{ name: "Talk", description: expect.any(String) }] });
    expect(card.capabilities).toEqual([
      { type: "streaming", supported: true },
      { type: "multi-turn", supported: true },
    ]);
    expect([card.url, card.defaultInputModes, card.version]).toEqual([undefined, undefined, undefined]);
    const stranger = { endpoint: agent.endpoint, apiKey: "wrong" };
    const refused = [
      rest(stranger, "POST", "", said("hi")),
      rest(stranger, "GET", "/x"),
      rest(stranger, "GET", "/x/stream"),
      rest(stranger, "DELETE", "/x"),
    ];
    expect((await Promise.all(refused)).map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(agent.received).toEqual([]);
  });

  test("keeps a task as a conversation that goes on after it has completed", async () => {
    const agent = await start((turn) => [complete(`answer to ${turn.text}`)]);
    const { id } = await create(agent, "one");
    expect(await all(stream(agent, id))).toHaveLength(1);
    expect((await json(rest(agent, "POST", `/${id}`, said("two")))).task_status).toBe("running");
    await until(async () => (await poll(agent, id)).task_status === "completed");
    expect(texts(await poll(agent, id))).toEqual(["user: one", "assistant: answer to one", "user: two", "assistant: answer to two"]);
    expect([...agent.countByText()]).toEqual([
      ["one", 1],
      ["two", 1],
    ]);
    expect(agent.calls.slice(0, 3).map(({ operation }) => operation)).toEqual(["create", "stream", "continue"]);
    expect(agent.violations).toEqual([]);
  });

  test("streams the whole task bare, with every word and at the end", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await start(async function* () {
      yield working("thinking");
      yield output("a", "Hello ");
      await gate.promise;
      yield output("a", "world", { append: true });
      yield complete();
    });
    const { id } = await create(agent, "go");
    const seen: Json[] = [];
    for await (const event of events(await stream(agent, id))) {
      seen.push(event);
      gate.resolve();
    }
    expect(seen.every((event) => Object.keys(event).join() === "result")).toBe(true);
    expect(seen.map(({ result }) => result.final).filter(Boolean)).toHaveLength(1);
    expect(seen.at(-1).result).toMatchObject({ final: true, task: { id, task_status: "completed" } });
    expect(texts(seen.at(-1).result.task)).toEqual(["user: go", "assistant: Hello world"]);
    expect(seen.slice(0, -1).every(({ result }) => result.task.task_status === "running")).toBe(true);
  });

  test("fails, asks and is canceled in the few words it has for that", async () => {
    const agent = await start((turn) =>
      turn.text === "ask" ? [inputRequired("which?")] : turn.text === "fail" ? [fail("no")] : [silent()],
    );
    const ended = async (text: string) => {
      const { id } = await create(agent, text);
      return (await all(stream(agent, id))).at(-1).result.task;
    };
    expect(await ended("fail")).toMatchObject({ task_status: "failed", messages: [{}, { role: "assistant", content: [{ text: "no" }] }] });
    expect(await ended("ask")).toMatchObject({ task_status: "completed", messages: [{}, { content: [{ text: "which?" }] }] });
    const { id } = await create(agent, "wait");
    const open = stream(agent, id);
    await until(() => agent.calls.at(-1)?.operation === "stream");
    expect(await json(rest(agent, "DELETE", `/${id}`))).toMatchObject({ id, task_status: "canceled" });
    expect((await all(open)).at(-1).result).toMatchObject({ final: true, task: { task_status: "canceled" } });
    expect(agent.tasks().map(({ state }) => state)).toEqual(["failed", "input-required", "canceled"]);
  });

  test("has forgotten a task that expired, which is nobody's fault", async () => {
    const agent = await start(() => [complete("done")]);
    const { id } = await create(agent, "one");
    agent.expire(id);
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/stream"],
      ["DELETE", ""],
    ] as const) {
      const response = await rest(agent, method, `/${id}${path}`);
      expect([response.status, await response.json()]).toEqual([404, { error: "Task not found" }]);
    }
    expect((await rest(agent, "POST", `/${id}`, said("two"))).status).toBe(404);
    expect(agent.countByText().get("two")).toBe(0);
    expect(agent.violations).toEqual([]);
    expect((await rest(agent, "GET", "/never-was")).status).toBe(404);
    expect(agent.violations).toEqual(["there never was a task never-was"]);
  });

  test("may clean a task up in the middle of its work, which ends its streams", async () => {
    const agent = await start(() => [working(), silent()]);
    const { id } = await create(agent, "one");
    const open = all(stream(agent, id));
    await until(() => agent.calls.at(-1)?.operation === "stream");
    agent.expire();
    expect((await open).some(({ result }) => result.final)).toBe(false);
    expect((await rest(agent, "GET", `/${id}`)).status).toBe(404);
  });

  test("holds a second message to a task at work, a foreign body and a wrong path against the caller", async () => {
    const agent = await start(() => [silent()]);
    const { id } = await create(agent, "one");
    expect((await rest(agent, "POST", `/${id}`, said("two"))).status).toBe(200);
    expect((await rest(agent, "POST", "", { message: { role: "user", parts: [{ kind: "text", text: "a2a" }] } })).status).toBe(400);
    expect((await rest(agent, "GET", `/${id}/subscribe`)).status).toBe(404);
    expect(agent.violations).toEqual([
      expect.stringContaining("at work"),
      expect.stringContaining("message.content"),
      expect.stringContaining("message"),
      expect.stringContaining("is not there"),
    ]);
  });

  test("is cut in the middle of a stream and goes on for whoever comes back", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await start(async function* () {
      yield output("a", "Hello ");
      await gate.promise;
      yield drop();
      yield output("a", "world", { append: true });
      yield complete();
    });
    const { id } = await create(agent, "go");
    const open = await stream(agent, id);
    gate.resolve();
    await expect(all(open)).rejects.toThrow();
    expect(texts((await all(stream(agent, id))).at(-1).result.task).at(-1)).toBe("assistant: Hello world");
  });

  test("plays along with people who try the demo", async () => {
    const agent = await start();
    const { id } = await create(agent, "good day");
    const [last] = (await all(stream(agent, id))).slice(-1);
    expect(texts(last.result.task).at(-1)).toContain("You said to **Brightsy**");
  });
});
