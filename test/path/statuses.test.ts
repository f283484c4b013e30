import { connect } from "node:net";
import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, detach, output, wait, working } from "../../src/simulator/agents/steps.ts";
import { type Bystander, bystanderChannel, bystanderRoute, createBystanderAgent } from "../support/bystander.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";
import type { World } from "../support/world.ts";

const stage = createStage();
const megabyte = 1_048_576;

interface Scene {
  readonly world: World;
  readonly agent: SimulatedAgent;
  readonly bystander: Bystander;
  /** The thread of the pushing agent, and what stands there. */
  readonly ts: string;
  readonly gate: ReturnType<typeof createGate>;
  shown(): readonly string[];
}

interface Options {
  readonly delivery?: "push" | "blocking";
  readonly pushBodyMB?: number;
}

/** An agent that answers "Done." once the gate is open, and beside it a thread whose answer is half written. */
async function setUp({ delivery = "push", pushBodyMB = 16 }: Options = {}): Promise<Scene> {
  const gate = createGate();
  const steady = await createBystanderAgent(stage);
  const agent = await stage.agent({
    name: "pusher",
    script: async function* () {
      yield working();
      if (delivery === "push") yield detach();
      yield wait(gate.passed);
      yield output("a", "Done.");
      yield complete();
    },
  });
  const world = await stage.world({
    slack: { channels: [{ id: bystanderChannel }] },
    config: {
      agents: { pusher: { url: agent.url, delivery: [delivery], operations: { get: false } }, steady: { url: steady.agent.url } },
      routes: [bystanderRoute, { agent: "pusher" }],
      limits: { pushBodyMB },
    },
  });
  const bystander = await steady.begin(world);
  const ts = await mention(world.slack, "please");
  await until(() => agent.tasks().length === 1);
  return { world, agent, bystander, ts, gate, shown: () => replies(world.slack, ts) };
}

/** A push by hand, to the address that the bridge gave for this message. */
async function push(agent: SimulatedAgent, more: { body?: string; token?: string; url?: string } = {}): Promise<Response> {
  const { pushUrl = "", pushToken = "" } = agent.received[0] ?? {};
  const headers = { "content-type": "application/a2a+json", "x-a2a-notification-token": more.token ?? pushToken };
  return fetch(more.url ?? pushUrl, { method: "POST", headers, body: more.body ?? "{}" });
}

/** Sends the head of a request that promises a large body, and never the body. Resolves to the status line. */
async function sendHeadOnly(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = [
    `POST ${pathname} HTTP/1.1`,
    `host: ${hostname}:${port}`,
    "content-type: application/json",
    `content-length: ${10 * megabyte}`,
  ];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  try {
    return await new Promise((resolve, reject) => {
      socket.once("data", (data) => resolve(data.toString().split("\r\n", 1)[0] ?? ""));
      socket.once("error", reject);
    });
  } finally {
    socket.destroy();
  }
}

describe("Slack's door", () => {
  test("refuses what is not signed now by Slack, what is not JSON and what is too large, and other threads do not notice", async () => {
    const { world, agent, bystander, shown, gate } = await setUp();
    const { slack } = world;
    const event = { type: "app_mention", user: "UANN", text: "<@UBOT> let me in", ts: "1700000000.000100", channel: "C1", team: "T1" };
    const envelope = slack.envelope(event);
    const now = Math.floor(Date.now() / 1000);
    const status = async (...sent: Parameters<typeof slack.deliver>) => (await slack.deliver(...sent)).status;

    expect(await status(envelope, { signature: `v0=${"0".repeat(64)}` })).toBe(401);
    expect(await status(envelope, { signature: "" })).toBe(401);
    expect(await status(envelope, { timestamp: now - 301 })).toBe(401);
    expect(await status(envelope, { timestamp: now + 303 })).toBe(401);
    expect(await status(envelope, { timestamp: Number.NaN })).toBe(401);
    expect((await fetch(`${world.url}/slack/events`, { method: "POST", body: JSON.stringify(envelope) })).status).toBe(401);
    expect(await status("this is not JSON")).toBe(400);
    expect(await status("[1, 2]")).toBe(400);
    expect(await status(JSON.stringify({ ...envelope, padding: "x".repeat(megabyte) }))).toBe(413);
    expect(await status(envelope, { timestamp: now - 290 })).toBe(200);

    await until(() => agent.received.length === 2);
    expect(agent.received.map(({ text }) => text)).toEqual(["please", "let me in"]);
    gate.open();
    await until(() => shown().length === 1);
    await bystander.expectUndisturbed(world);
  });
});

describe("the door for pushes", () => {
  test("an unknown id or a wrong credential is a 404 before a byte of the body is read", async () => {
    const { world, agent, bystander, shown, gate } = await setUp();
    const { pushUrl = "", pushToken = "" } = agent.received[0] ?? {};
    const token = { "x-a2a-notification-token": pushToken };
    const elsewhere = pushUrl.replace(/[^/]+$/, "no-such-id");
    const otherAgent = pushUrl.replace("/pusher/", "/steady/");

    expect(await sendHeadOnly(elsewhere, token)).toMatch(/ 404 /);
    expect(await sendHeadOnly(otherAgent, token)).toMatch(/ 404 /);
    expect(await sendHeadOnly(pushUrl, {})).toMatch(/ 404 /);
    expect(await sendHeadOnly(pushUrl, { "x-a2a-notification-token": `${pushToken}x` })).toMatch(/ 404 /);
    expect(await sendHeadOnly(pushUrl, { authorization: "Bearer wrong" })).toMatch(/ 404 /);
    const forged = JSON.stringify({ task: { id: agent.tasks()[0]?.id, status: { state: "TASK_STATE_COMPLETED" }, artifacts: [] } });
    expect((await push(agent, { token: "wrong", body: forged })).status).toBe(404);

    gate.open();
    await until(() => shown().length > 0);
    expect(shown()).toEqual(["Done."]);
    await bystander.expectUndisturbed(world);
  });

  test("what is not JSON, or nothing that A2A knows, is a 400, and the answer still comes", async () => {
    const { world, agent, bystander, shown, gate } = await setUp();

    expect((await push(agent, { body: "this is not JSON" })).status).toBe(400);
    expect((await push(agent, { body: "" })).status).toBe(400);
    expect((await push(agent, { body: "[]" })).status).toBe(400);
    expect((await push(agent, { body: JSON.stringify({ hello: "world" }) })).status).toBe(400);

    gate.open();
    await until(() => shown().length > 0);
    expect(shown()).toEqual(["Done."]);
    await bystander.expectUndisturbed(world);
  });

  test.each(["in one piece", "in chunks of unknown number"])(
    "a body over the limit, sent %s, is a 413, and the thread is told once",
    async (how) => {
      const { world, agent, bystander, shown, gate } = await setUp({ pushBodyMB: 0.01 });
      const { pushUrl = "", pushToken = "" } = agent.received[0] ?? {};
      const large = Buffer.alloc(0.02 * megabyte, "x");
      const body = how === "in one piece" ? large : new Blob([large]).stream();
      const send = () => fetch(pushUrl, { method: "POST", headers: { "x-a2a-notification-token": pushToken }, body, duplex: "half" });

      expect((await send()).status).toBe(413);
      if (how === "in one piece") expect((await send()).status).toBe(413);

      await until(() => shown().length === 1);
      expect(shown()[0]).toMatch(/too large.*Reference `\w/s);
      gate.open();
      await until(() => shown().length === 2);
      expect(shown()[1]).toBe("Done.");
      await bystander.expectUndisturbed(world);
    },
  );

  test("a large body with a wrong credential tells the thread nothing", async () => {
    const { agent, shown, gate } = await setUp({ pushBodyMB: 0.01 });
    expect((await push(agent, { token: "wrong", body: "x".repeat(0.02 * megabyte) })).status).toBe(404);
    gate.open();
    await until(() => shown().length > 0);
    expect(shown()).toEqual(["Done."]);
  });

  test("a push that is sent three times posts once", async () => {
    const { world, agent, bystander, shown, gate, ts } = await setUp();
    gate.open();
    await until(() => shown().length === 1);

    expect(await agent.pushAgain(2)).toEqual([200, 200]);
    await world.slack.say({ channel: "C1", user: "UANN", text: "again please", threadTs: ts });
    await until(() => agent.received.length === 2);
    await until(() => shown().length === 2);

    expect(shown()).toEqual(["Done.", "Done."]);
    await bystander.expectUndisturbed(world);
  });

  test("three equal pushes at the same moment post once", async () => {
    const { agent, shown, gate } = await setUp();
    const id = agent.tasks()[0]?.id ?? "";
    const statuses = await Promise.all([1, 2, 3].map(() => agent.pushFor(id, { state: "completed", text: "Done by hand." })));
    expect(statuses).toEqual([200, 200, 200]);
    gate.open();
    await until(() => shown().length === 1 && agent.waiting === 0);
    await until(async () => agent.pushes.length >= 5);
    expect(shown()).toEqual(["Done by hand."]);
  });

  test("a push that is earlier than the answer to its message is taken", async () => {
    const { agent, shown, gate, world, bystander } = await setUp({ delivery: "blocking" });
    expect(await agent.pushFor(agent.tasks()[0]?.id ?? "", { state: "completed", text: "Done." })).toBe(200);
    await until(() => shown().length === 1);

    gate.open();
    await bystander.expectUndisturbed(world);
    expect(agent.pushes.map(({ status }) => status)).toEqual(agent.pushes.map(() => 200));
    expect(shown()).toEqual(["Done."]);
  });
});
