import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { complete, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import { createGate, createStage } from "../../support/stage.ts";
import { run } from "./bench.ts";

const stage = createStage();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const call = z.object({ id: z.unknown(), method: z.string(), params: z.looseObject({ id: z.string().optional() }) });

/** An agent of 0.3 that answers each method with what the table gives for it. */
async function liar(answers: Readonly<Record<string, (params: z.infer<typeof call>["params"]) => object | undefined>>, streaming = false) {
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    response.setHeader("content-type", "application/json");
    if (request.method === "GET") return response.end(JSON.stringify(card));
    const { id, method, params } = call.parse(JSON.parse(Buffer.concat(chunks).toString()));
    const result = answers[method]?.(params);
    response.end(
      JSON.stringify(
        result === undefined ? { jsonrpc: "2.0", id, error: { code: -32601, message: "no" } } : { jsonrpc: "2.0", id, result },
      ),
    );
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const card = {
    ...{ protocolVersion: "0.3.0", name: "Liar", description: "lies", url, version: "1", preferredTransport: "JSONRPC" },
    ...{ capabilities: { streaming }, defaultInputModes: ["text"], defaultOutputModes: ["text"], skills: [] },
  };
  return url;
}

const task = (id: string, text: string, state = "completed") => ({
  ...{ kind: "task", id, contextId: "c1", status: { state } },
  artifacts: [{ artifactId: "a", parts: [{ kind: "text", text }] }],
});

const reportSchema = z.object({
  findings: z.array(z.object({ ability: z.string(), real: z.string(), seen: z.string() })),
  answered: z.boolean(),
  policy: z.unknown().optional(),
  yaml: z.string().optional(),
});

async function check(url: string) {
  const { out, code } = await run({ kind: "agents", verb: "check", target: url, json: true, send: true }, { patienceMs: 1_500 });
  const report = reportSchema.parse(JSON.parse(out));
  return { ...report, code, of: (ability: string) => report.findings.find((finding) => finding.ability === ability) };
}

describe("an operation is real only if its effect was seen:", () => {
  test("tasks/get that tells a canned success is none", async () => {
    const url = await liar({
      "message/send": () => task("t1", "an honest answer"),
      "tasks/get": ({ id = "" }) => task(id, "Task completed successfully"),
    });
    const report = await check(url);

    expect(report.of("blocking")).toMatchObject({ real: "yes" });
    expect(report.of("get")).toMatchObject({ real: "no", seen: "it told another answer than the one that was given" });
  });

  test("tasks/get that knows every task there could be is none", async () => {
    const url = await liar({ "message/send": () => task("t1", "always this"), "tasks/get": ({ id = "" }) => task(id, "always this") });

    expect((await check(url)).of("get")).toMatchObject({ real: "no", seen: "it knows tasks that never were" });
  });

  test("a stream that is no stream, although the card declares it and it answers", async () => {
    const url = await liar({ "message/send": () => task("t1", "whole"), "message/stream": () => task("t1", "whole") }, true);
    const report = await check(url);

    expect(report.of("stream")).toMatchObject({ real: "no", seen: "the answer came whole, not as a stream" });
    expect(report.policy).toMatchObject({ delivery: ["blocking"] });
  });

  test("tasks/cancel that says canceled while the work goes on is none", async () => {
    const url = await liar({
      "message/send": () => task("t1", "still at it", "working"),
      "tasks/get": ({ id = "" }) => (id === "t1" ? task(id, "done all the same") : undefined),
      "tasks/cancel": ({ id = "" }) => task(id, "", "canceled"),
    });
    const report = await check(url);

    expect(report.of("cancel")).toMatchObject({ real: "no", seen: "it went on to the end all the same" });
    expect(report.of("get")).toMatchObject({ real: "yes" });
    expect(report.policy).toMatchObject({ delivery: ["poll"], operations: { cancel: false } });
  });

  test("the same context twice is likely a memory, and no more", async () => {
    const report = await check(await liar({ "message/send": () => task("t1", "what was it again?") }));

    expect(report.of("memory")).toMatchObject({ real: "likely" });
  });

  test("push that the card declares and that never comes is none", async () => {
    const agent = await stage.agent({ script: () => [working(), output("a", "an answer"), complete()] });
    agent.hold();

    const report = await check(agent.url);

    expect(report.of("push")).toMatchObject({ real: "no", seen: "no push came here within 1.5 s" });
    expect(report.policy).toMatchObject({ operations: { push: false } });
  });
});

describe("an agent that does not answer", () => {
  test("is told as such, with exit code 4 and no policy", async () => {
    const report = await check(await liar({}));

    expect(report).toMatchObject({ code: 4, answered: false });
    expect(report.yaml).toBeUndefined();
    expect(report.of("memory")).toMatchObject({ real: "untried" });
  });

  test("that is not there, or has no card, ends with exit code 3", async () => {
    const url = await liar({});
    for (const server of servers.splice(0)) server.close();
    const { code, out } = await run({ kind: "agents", verb: "check", target: url, json: false, send: true });

    expect(code).toBe(3);
    expect(out).toContain("agent: ");
    expect(out).not.toMatch(/undefined|\s{4}at /);
  });

  test("that is silent is waited for no longer than told, and Ctrl+C ends the check at once", async () => {
    const gate = createGate();
    const agent = await stage.agent({
      script: async function* () {
        yield working();
        await gate.passed;
        yield wait(1);
        yield complete();
      },
    });
    const stopping = new AbortController();
    const checking = run({ kind: "agents", verb: "check", target: agent.url, json: false, send: true }, { signal: stopping.signal });
    while (agent.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stopping.abort();

    expect(await checking).toMatchObject({ code: 1, err: expect.stringContaining("stopped") });
    gate.open();
  });
});

test("without leave nothing is sent: the card alone is looked at", async () => {
  const agent = await stage.agent();
  const { out, code } = await run({ kind: "agents", verb: "check", target: agent.url, json: false, send: false });

  expect(code).toBe(0);
  expect(agent.received).toEqual([]);
  expect(out).toContain("No message was sent. Allow a harmless one with --yes");
  expect(out).toMatch(/stream +yes +\? +nothing was sent/);
});

test("an agent's own words cannot write over the table", async () => {
  const agent = await stage.agent({ name: "\u001b[2Jhelper\r\n\u202eevil" });
  const { out } = await run({ kind: "agents", verb: "check", target: agent.url, json: false, send: false });

  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
