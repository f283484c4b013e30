import { createServer, type Server } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { complete, drop, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import { createStage } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { createAgentspace, createBrightsy, createInkeep, createSistava, createSpark } from "../../support/systems/systems.ts";
import { until } from "../../support/until.ts";

/** A message that may have reached the agent goes out once, whatever becomes of the call. What the agent saw is counted. */

const stage = createStage();
const lost = /^The connection to the agent broke, and there is no way to ask it.*Reference `\w+`\.$/s;

const vendors = { brightsy: createBrightsy, inkeep: createInkeep, sistava: createSistava, agentspace: createAgentspace };
type Vendor = keyof typeof vendors;
const names: readonly Vendor[] = ["brightsy", "inkeep", "sistava", "agentspace"];

async function setUp(name: Vendor, more: Readonly<Record<string, unknown>> = {}) {
  const { agent, config } = await vendors[name]();
  stage.owns(() => agent.stop());
  const { slack } = await stage.world({ config: { agents: { [name]: { ...config, ...more } } } });
  return { agent, chat: createChat(slack) };
}

describe.each(names)("%s", (name) => {
  test.each([
    ["takes the message and the connection is lost before a byte of the answer", { kind: "lose" }, 1],
    ["cuts the connection with the message still unread", { kind: "drop" }, 0],
    ["fails behind a gateway that may have passed the message on", { kind: "status", status: 502 }, 0],
    [
      "answers with a page of a proxy",
      { kind: "status", status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" },
      0,
    ],
  ] as const)("%s: it is not asked again, and the person is told", async (_what, fault, taken) => {
    const { agent, chat } = await setUp(name);
    agent.failNext(fault);
    await chat.say("one");
    await until(() => lost.test(chat.replies().at(-1) ?? ""));

    expect(chat.replies()).toHaveLength(1);
    expect(agent.received.map(({ text }) => text)).toEqual(["one"]);
    expect(agent.countByText().get("one") ?? 0).toBe(taken);
    expect(await chat.ask("two")).toMatch(/^You said two/);
    expect(agent.received.map(({ text }) => text)).toEqual(["one", "two"]);
    expect(agent.violations).toEqual([]);
  });

  test("is down when the message is to go: the person is told that it was not delivered, and it is not sent later", async () => {
    const { agent, chat } = await setUp(name);
    await chat.ask("one");
    await agent.kill();
    expect(await chat.ask("two")).toMatch(/cannot be reached right now\. Your message was not delivered/);
    await agent.revive();
    expect(await chat.ask("three")).toMatch(/^You said three/);
    expect([agent.countByText().get("two") ?? 0, agent.countByText().get("three")]).toEqual([0, 1]);
  });
});

describe("Spark", () => {
  test.each([
    [{ kind: "drop" }, /^No answer came in time/],
    [{ kind: "status", status: 502 }, /no way to ask it.*server failed \(502\)/s],
  ] as const)("%j: it is not asked again, and the person is told", async (fault, words) => {
    const { agent, config } = await createSpark({ reply: ({ text }) => `Answer to ${text}` });
    stage.owns(() => agent.stop());
    const world = await stage.world({ config: { agents: { spark: { ...config, limits: { answerMinutes: 0.01 } } } } });
    agent.webhook(`${world.url}/a2a/push/spark`);
    const chat = createChat(world.slack);
    agent.failNext(fault);
    expect(await chat.ask("one")).toMatch(words);
    expect(await chat.ask("two")).toBe("Answer to two");
    expect(agent.received.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test("takes the message and its answer to the call is lost: the message counts once, and the push cannot be matched", async () => {
    const { agent, config } = await createSpark({ reply: ({ text }) => `Answer to ${text}` });
    const front = await createLossyFront(agent.port);
    stage.owns(() => Promise.all([agent.stop(), front.stop()]));
    const url = agent.url.replace(String(agent.port), String(front.port));
    const world = await stage.world({ config: { agents: { spark: { ...config, url, limits: { answerMinutes: 0.02 } } } } });
    agent.webhook(`${world.url}/a2a/push/spark`);
    const chat = createChat(world.slack);
    front.loseNext();
    expect(await chat.ask("one")).toMatch(/^No answer came in time/);
    expect([...agent.countByMessageId().values()]).toEqual([1]);
    expect(await chat.ask("two")).toBe("Answer to two");
    expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
  });
});

test("any other agent that dies with the message in hand is looked at and not asked again", async () => {
  const agent = await stage.agent({
    script: async function* () {
      yield working();
      yield drop();
      yield wait(50);
      yield output("a", "Done.");
      yield complete();
    },
  });
  const { slack } = await stage.world({ config: { agents: { helper: { url: agent.url } } } });
  const chat = createChat(slack);
  expect(await chat.ask("one")).toBe("Done.");
  expect([...agent.countByMessageId().values()]).toEqual([1]);
});

/** Passes everything on to a port of this machine; of a call that it is to lose, the answer. */
async function createLossyFront(target: number) {
  let losing = false;
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const loses = losing && request.method === "POST" && request.url?.endsWith("message:send") === true;
    const { host: _host, connection: _connection, "content-length": _length, "transfer-encoding": _coding, ...headers } = request.headers;
    const answer = await fetch(`http://127.0.0.1:${target}${request.url}`, {
      method: request.method ?? "GET",
      headers: Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
      ...(request.method === "POST" ? { body: Buffer.concat(chunks) } : {}),
    });
    const body = await answer.text();
    if (loses) losing = false;
    if (loses) response.destroy();
    else response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    loseNext() {
      losing = true;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
