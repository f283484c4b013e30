import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createAgentspaceAgent } from "../../../src/simulator/agents/agentspace.ts";
import { createBrightsyAgent } from "../../../src/simulator/agents/brightsy.ts";
import { createInkeepAgent } from "../../../src/simulator/agents/inkeep.ts";
import type { VendorAgent, VendorOptions } from "../../../src/simulator/agents/kit.ts";
import { createSistavaAgent } from "../../../src/simulator/agents/sistava.ts";
import { complete, holdPushes, silent, working } from "../../../src/simulator/agents/steps.ts";
import { createV01Agent } from "../../../src/simulator/agents/v01.ts";
import { createV02Agent } from "../../../src/simulator/agents/v02.ts";
import { hangUp, raw } from "../../../src/simulator/agents/vendor-steps.ts";
import { until } from "../../support/until.ts";
import { all, call, type Json, message, message01, rest } from "./raw.ts";
import { closeAll, closing } from "./support.ts";

afterEach(closeAll);

interface Kind {
  readonly name: string;
  readonly create: (options: VendorOptions) => Promise<VendorAgent & { readonly apiKey?: string }>;
  /** Says something; the answer as it is streamed. */
  readonly say: (agent: VendorAgent & { readonly apiKey?: string }, text: string) => Promise<Response>;
}

const stream01 = (agent: VendorAgent, text: string) =>
  call(agent, "tasks/sendSubscribe", {
    id: randomUUID(),
    message: message01(text),
    metadata: { employee_id: "5b0f3c9e-6d5f-4a53-9a5c-0d9f6f1f2a11" },
  });
const stream03 = (agent: VendorAgent, text: string, contextId?: string) =>
  call(
    agent,
    "message/stream",
    { message: message(text, contextId === undefined ? {} : { contextId }), configuration: { blocking: true, acceptedOutputModes: [] } },
    { accept: "text/event-stream", "cache-control": "no-store" },
  );

const rpcKinds: readonly Kind[] = [
  { name: "Inkeep", create: createInkeepAgent, say: (agent, text) => stream03(agent, text, "c1") },
  { name: "Sistava", create: createSistavaAgent, say: stream01 },
  { name: "Agentspace", create: createAgentspaceAgent, say: (agent, text) => stream03(agent, text, "c1") },
  { name: "0.1", create: createV01Agent, say: stream01 },
  { name: "0.2", create: createV02Agent, say: (agent, text) => stream03(agent, text) },
];
const said = (text: string) => ({ message: { role: "user", content: [{ type: "text", text }] } });
const brightsy: Kind = {
  name: "Brightsy",
  create: createBrightsyAgent,
  async say(agent, text) {
    const response = await rest(agent, "POST", "", said(text));
    if (!response.ok) return response;
    const { id }: Json = await response.json();
    return rest(agent, "GET", `/${id}/stream`);
  },
};

async function start(kind: Kind, options: VendorOptions = {}) {
  const agent = await kind.create({ script: (turn) => [working("on it"), complete(`answer to ${turn.text}`)], ...options });
  closing(() => agent.stop());
  return agent;
}
const heard = async (response: Promise<Response>) => JSON.stringify(await all(response));

describe.each([...rpcKinds, brightsy])("the switches of the agent of $name", (kind) => {
  test("answers the next message with a status, then is itself again, and counts what it took", async () => {
    const agent = await start(kind);
    agent.failNext({ kind: "status", status: 503, headers: { "retry-after": "3" } }, { kind: "drop" });
    const first = await kind.say(agent, "one");
    expect([first.status, first.headers.get("retry-after")]).toEqual([503, "3"]);
    await expect(kind.say(agent, "one")).rejects.toThrow();
    expect(await heard(kind.say(agent, "one"))).toContain("answer to one");
    expect(agent.received.map(({ text, taken }) => [text, taken])).toEqual([
      ["one", false],
      ["one", false],
      ["one", true],
    ]);
    expect(agent.countByText().get("one")).toBe(1);
    expect(agent.violations).toEqual([]);
  });

  test("takes a message and loses the line before a word of answer", async () => {
    const agent = await start(kind);
    agent.failNext({ kind: "lose" });
    await expect(kind.say(agent, "one")).rejects.toThrow();
    await until(() => agent.tasks()[0]?.state === "completed");
    expect(agent.countByText().get("one")).toBe(1);
  });

  test("holds answers back and lets them go one by one", async () => {
    const agent = await start(kind);
    agent.hold();
    const [one, two] = [heard(kind.say(agent, "one")), heard(kind.say(agent, "two"))];
    await until(() => agent.waiting === 2);
    agent.release(1);
    const first = await Promise.race([one, two]);
    expect(first).toMatch(/answer to (one|two)/);
    expect(agent.waiting).toBe(1);
    agent.release();
    expect(`${await one}${await two}`).toMatch(/answer to one.*answer to two/);
    expect(await heard(kind.say(agent, "three"))).toContain("answer to three");
  });

  test("dies with its calls and comes back at the same place with what it knew", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await start(kind, { script: () => [working("on it"), { kind: "wait", until: gate.promise }, complete("done")] });
    const open = kind.say(agent, "one").then(all);
    await until(() => agent.tasks()[0]?.state === "working");
    await agent.kill();
    await expect(open).rejects.toThrow();
    await expect(kind.say(agent, "two")).rejects.toThrow();
    gate.resolve();
    await until(() => agent.tasks()[0]?.state === "completed");
    await agent.revive();
    expect(await heard(kind.say(agent, "three"))).toContain("done");
    expect([...agent.countByText().keys()]).toEqual(["one", "three"]);
  });

  test("may hang up in good order, or write rubbish, in the middle of a stream", async () => {
    const gate = Promise.withResolvers<void>();
    const script: VendorOptions["script"] = async function* () {
      yield working("on it");
      await gate.promise;
      yield raw("data: rubbish\n\n");
      yield hangUp();
      yield complete("too late for the line");
    };
    const agent = await start(kind, { script });
    const response = await kind.say(agent, "one");
    gate.resolve();
    expect(await all(response)).toContain("rubbish");
    await until(() => agent.tasks()[0]?.state === "completed");
    expect(agent.violations).toEqual([]);
  });

  test("is silent for as long as it is wanted, and ends for all that", async () => {
    const agent = await start(kind, { script: () => [working("on it"), silent()] });
    const open = kind.say(agent, "one").then(all);
    await until(() => agent.tasks()[0]?.state === "working");
    await agent.stop();
    await expect(open).rejects.toThrow();
  });

  test("fails at its card on demand", async () => {
    const agent = await start(kind);
    agent.failOn("card", { kind: "status", status: 500, body: "<html>" });
    expect((await fetch(agent.cardUrl)).status).toBe(500);
    expect((await fetch(agent.cardUrl)).status).not.toBe(500);
    expect(agent.calls.map(({ operation }) => operation)).toEqual(["card", "card"]);
  });

  test("holds a script's own mistake against the script", async () => {
    const agent = await start(kind, { script: () => [working("on it"), holdPushes()] });
    await all(kind.say(agent, "one"));
    expect(agent.violations).toEqual([expect.stringContaining("no webhooks")]);
    expect(agent.tasks()[0]?.state).toBe("failed");
  });
});

describe.each(rpcKinds)("the stream of the agent of $name", (kind) => {
  test("is cut after so many events, and what the agent does goes on", async () => {
    const agent = await start(kind);
    agent.failNext({ kind: "cut", after: 1 });
    await expect(all(kind.say(agent, "one"))).rejects.toThrow();
    await until(() => agent.tasks()[0]?.state === "completed");
  });

  test("is an error of the wire if a test wants it", async () => {
    const agent = await start(kind);
    agent.failNext({ kind: "error", code: -32099, message: "not today" });
    const { error }: Json = await (await kind.say(agent, "one")).json();
    expect(error).toEqual({ code: -32099, message: "not today" });
    expect(agent.countByText().get("one")).toBe(0);
  });
});

test("Brightsy's stream and poll fail on demand, apart from its messages", async () => {
  const agent = await createBrightsyAgent({ script: () => [complete("done")] });
  closing(() => agent.stop());
  agent.failOn("stream", { kind: "cut", after: 1 }, { kind: "error", code: 502, message: "bad gateway" });
  agent.failOn("poll", { kind: "status", status: 429 });
  agent.hold();
  const { id }: Json = await (await rest(agent, "POST", "", said("one"))).json();
  await expect(all(rest(agent, "GET", `/${id}/stream`))).rejects.toThrow();
  expect((await rest(agent, "GET", `/${id}/stream`)).status).toBe(502);
  expect((await rest(agent, "GET", `/${id}`)).status).toBe(429);
  agent.release();
  expect(await heard(rest(agent, "GET", `/${id}/stream`))).toContain("done");
});
