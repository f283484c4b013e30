import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { AgentConfig } from "../../../src/agents/config.ts";
import type { AgentRequest } from "../../../src/model/agent.ts";
import { createV01Agent } from "../../../src/simulator/agents/v01.ts";
import { all, clientFor, errorOf, type Listening, listen, never, shown } from "./support.ts";

interface Seen {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly id?: unknown; readonly params?: Params } & Params;
}

interface Params {
  readonly id?: unknown;
  readonly tenant?: unknown;
  readonly message?: { readonly messageId?: string; readonly contextId?: string };
  readonly configuration?: { readonly blocking?: boolean; readonly pushNotificationConfig?: { readonly url?: string } };
}

type Answer = (asked: Seen, response: ServerResponse) => void;

let server: Listening;
let seen: Seen[];
let answer: Answer;
beforeEach(async () => {
  seen = [];
  server = await listen(() => async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString("utf8");
    const body = text === "" ? {} : JSON.parse(text);
    const entry = { path: request.url ?? "", method: String(body.method ?? request.method), headers: request.headers, body };
    seen.push(entry);
    answer(entry, response);
  });
});
afterEach(() => server.close());

const json = (response: ServerResponse, body: unknown, status = 200) =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const result =
  (value: unknown): Answer =>
  ({ body }, response) =>
    json(response, { jsonrpc: "2.0", id: body.id, result: value });
const refusal =
  (code: number): Answer =>
  ({ body }, response) =>
    json(response, { jsonrpc: "2.0", id: body.id, error: { code, message: "no" } });
const task = (state: string, artifacts: unknown[] = []) => ({ kind: "task", id: "t-1", contextId: "c-1", status: { state }, artifacts });
const done = task("completed", [{ artifactId: "a", parts: [{ kind: "text", text: "hi" }] }]);
const card03 = (capabilities: Record<string, boolean> = {}) => ({
  name: "x",
  url: `${server.origin}/a`,
  preferredTransport: "JSONRPC",
  protocolVersion: "0.3.0",
  capabilities,
});
const request: AgentRequest = { messageId: "m-1", text: "hello", metadata: {} };
const client = (more: Partial<AgentConfig>) => clientFor({ url: `${server.origin}/a`, ...more });
const methods = () => seen.map(({ method }) => method);

describe("an agent that refuses a version", () => {
  const interfaces = [
    { url: "/v1", protocolBinding: "JSONRPC", protocolVersion: "1.0" },
    { url: "/v03", protocolBinding: "JSONRPC", protocolVersion: "0.3" },
  ];

  test("is asked at its next interface, and there from then on", async () => {
    answer = (asked, response) => (asked.path === "/v1" ? refusal(-32009) : result(done))(asked, response);
    const agent = client({ card: { name: "x", supportedInterfaces: interfaces } });

    expect(shown(await all(agent.send(request, never)))).toBe("hi");
    expect(shown(await all(agent.send({ ...request, messageId: "m-2" }, never)))).toBe("hi");
    expect(seen.map(({ path, method }) => `${path} ${method}`)).toEqual(["/v1 SendMessage", "/v03 message/send", "/v03 message/send"]);
    expect((await agent.describe(never)).dialect).toBe("0.3 JSON-RPC");
  });

  test("over HTTP+JSON too, where it says so by its reason", async () => {
    const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "VERSION_NOT_SUPPORTED", domain: "a2a-protocol.org" }];
    answer = (asked, response) =>
      asked.path.startsWith("/v1")
        ? json(response, { error: { code: 400, message: "no", status: "X", details } }, 400)
        : result(done)(asked, response);
    const supportedInterfaces = interfaces.map((each) => (each.url === "/v1" ? { ...each, protocolBinding: "HTTP+JSON" } : each));
    const agent = client({ card: { name: "x", supportedInterfaces } });

    expect(shown(await all(agent.send(request, never)))).toBe("hi");
  });

  test("at its last interface says so", async () => {
    answer = refusal(-32009);
    const error = await errorOf(all(client({ card: { name: "x", supportedInterfaces: interfaces } }).send(request, never)));

    expect(error).toMatchObject({ kind: "refused", code: -32009, explanation: expect.stringMatching(/protocol version/) });
    expect(seen).toHaveLength(2);
  });

  test("of a card without a version is taken for an agent of 0.1", async () => {
    const old = await createV01Agent({ script: () => [{ kind: "status", state: "completed", content: "from the past" }] });
    const agent = clientFor({ url: old.url });
    expect(shown(await all(agent.send(request, never)))).toBe("from the past");
    expect((await agent.describe(never)).dialect).toBe("0.1 JSON-RPC");
    await old.stop();
  });
});

test("the dialect of the configuration wins over the card", async () => {
  answer = result(done);
  const agent = client({
    dialect: "a2a-0.3-jsonrpc",
    card: { name: "x", supportedInterfaces: [{ url: "/v1", protocolBinding: "JSONRPC", protocolVersion: "1.0" }] },
  });

  expect(shown(await all(agent.send(request, never)))).toBe("hi");
  expect(seen.map(({ path, method }) => `${path} ${method}`)).toEqual(["/v1 message/send"]);
});

test("the tenant of the chosen interface goes along, in the path too over HTTP+JSON", async () => {
  answer = (asked, response) =>
    json(response, asked.method === "SendMessage" ? { jsonrpc: "2.0", id: asked.body.id, result: { task: done } } : { task: done });
  for (const protocolBinding of ["JSONRPC", "HTTP+JSON"]) {
    const supportedInterfaces = [{ url: "/v1", protocolBinding, protocolVersion: "1.0", tenant: "acme" }];
    await all(client({ card: { name: "x", supportedInterfaces } }).send(request, never));
  }
  expect(seen[0]?.body.params?.tenant).toBe("acme");
  expect(seen[1]?.path).toBe("/v1/acme/message:send");
});

describe("an agent that does not stream", () => {
  const looks: Answer = (asked, response) => {
    const open = seen.filter(({ method }) => method === "tasks/get").length < 2;
    return result(asked.method === "tasks/get" && !open ? done : task("working"))(asked, response);
  };

  test("is not waited for in silence: it answers at once and is looked at", async () => {
    answer = looks;
    const events = await all(client({ card: card03() }).send(request, never));

    expect(shown(events)).toBe("hi");
    expect(seen[0]?.body.params?.configuration?.blocking).toBe(false);
    expect(methods()).toEqual(["message/send", "tasks/get", "tasks/get"]);
  });

  test("is left with an open task after some seconds", async () => {
    answer = result(task("working"));
    const clock = { now: () => 0, sleep: async () => undefined, after: () => () => undefined };
    const events = await all(clientFor({ url: `${server.origin}/a`, card: card03() }, { clock }).send(request, never));

    expect(events.every(({ kind }) => kind === "working")).toBe(true);
    expect(methods()).toEqual(["message/send", "tasks/get", "tasks/get", "tasks/get", "tasks/get"]);
  });

  test("is asked to push where it can", async () => {
    answer = result(task("working"));
    const push = { url: "https://bridge.example/hook", token: "t" };
    await all(client({ card: card03({ pushNotifications: true }) }).send({ ...request, push }, never));

    expect(seen[0]?.body.params?.configuration).toMatchObject({ blocking: false, pushNotificationConfig: { url: push.url } });
    expect(methods()).toEqual(["message/send"]);
  });

  test("and whose tasks cannot be got is waited for", async () => {
    answer = result(done);
    await all(client({ card: card03(), operations: { get: false } }).send(request, never));
    expect(seen[0]?.body.params?.configuration?.blocking).toBe(true);
  });

  test("and refuses to answer at once is waited for, and from then on", async () => {
    answer = (asked, response) => (asked.body.params?.configuration?.blocking === false ? refusal(-32004) : result(done))(asked, response);
    const agent = client({ card: card03() });

    expect(shown(await all(agent.send(request, never)))).toBe("hi");
    expect(shown(await all(agent.send({ ...request, messageId: "m-2" }, never)))).toBe("hi");
    expect(seen.map(({ body }) => body.params?.configuration?.blocking)).toEqual([false, true, true]);
  });
});

test("an agent that declares push and refuses it is asked without", async () => {
  answer = (asked, response) =>
    (asked.body.params?.configuration?.pushNotificationConfig ? refusal(-32003) : result(done))(asked, response);
  const agent = client({ card: card03({ pushNotifications: true }) });
  const push = { url: "https://bridge.example/hook", token: "t" };

  expect(shown(await all(agent.send({ ...request, push }, never)))).toBe("hi");
  expect(seen).toHaveLength(2);
});

test("where only push is configured and there is no address for it, nothing is sent", async () => {
  const error = await errorOf(all(client({ card: card03({ pushNotifications: true }), delivery: ["push"] }).send(request, never)));
  expect(error).toMatchObject({ kind: "unsupported", explanation: expect.stringMatching(/publicUrl/) });
  expect(seen).toEqual([]);
});

test("whoever is asked by stream alone is asked so, whatever its card says", async () => {
  answer = ({ body }, response) =>
    void response
      .writeHead(200, { "content-type": "text/event-stream" })
      .end(`data: ${JSON.stringify({ jsonrpc: "2.0", id: body.id, result: done })}\n\n`);
  expect(shown(await all(client({ card: card03(), delivery: ["stream"] }).send(request, never)))).toBe("hi");
  expect(methods()).toEqual(["message/stream"]);
});

describe("a context of the bridge's making", () => {
  const config = () => ({ card: card03(), contextId: "client" as const, delivery: ["blocking" as const] });

  test("is made where there is none, and told with every event", async () => {
    answer = result({ ...done, contextId: "the agent's own" });
    const events = await all(client(config()).send(request, never));
    const sent = seen[0]?.body.params?.message?.contextId;

    expect(sent).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(events.map(({ contextId }) => contextId))).toEqual(new Set([sent]));
  });

  test("is sent as it is, and another one in the answer changes nothing", async () => {
    answer = result({ ...done, contextId: "the agent's own" });
    const events = await all(client(config()).send({ ...request, contextId: "mine" }, never));

    expect(seen[0]?.body.params?.message?.contextId).toBe("mine");
    expect(new Set(events.map(({ contextId }) => contextId))).toEqual(new Set(["mine"]));
  });
});

test("request ids are strings where the agent wants them so", async () => {
  answer = result(done);
  expect(shown(await all(client({ card: card03(), requestIds: "string" }).send(request, never)))).toBe("hi");
  expect(seen[0]?.body.id).toMatch(/^[0-9a-f-]{36}$/);
});

test("a push config is taken back by its id", async () => {
  answer = result(null);
  await client({ card: card03({ pushNotifications: true }) }).forgetPush?.({ taskId: "t-1" }, never);
  expect(seen[0]).toMatchObject({
    method: "tasks/pushNotificationConfig/delete",
    body: { params: { id: "t-1", pushNotificationConfigId: "a2a-chat-bridge" } },
  });

  answer = refusal(-32003);
  expect((await errorOf(Promise.resolve(client({ card: card03() }).forgetPush?.({ taskId: "t-1" }, never)))).kind).toBe("unsupported");
});

test("files keep their names over 0.3 HTTP+JSON, in an answer, in a stream and in a task that is got", async () => {
  const file = { file: { fileWithUri: "https://files.example/1", mimeType: "application/pdf", name: "report.pdf" } };
  const artifact = { artifactId: "a", parts: [file, { file: { fileWithBytes: "aGk=", mimeType: "text/plain", filename: "hi.txt" } }] };
  const whole = { id: "t-1", contextId: "c-1", status: { state: "TASK_STATE_COMPLETED" }, artifacts: [artifact] };
  answer = ({ path }, response) => {
    if (!path.endsWith(":stream")) return json(response, path.includes("/tasks/") ? whole : { task: whole });
    response
      .writeHead(200, { "content-type": "text/event-stream" })
      .end(`data: ${JSON.stringify({ artifactUpdate: { taskId: "t-1", contextId: "c-1", artifact } })}\n\n`);
  };
  const card = {
    name: "x",
    url: `${server.origin}/a`,
    preferredTransport: "HTTP+JSON",
    protocolVersion: "0.3",
    capabilities: { streaming: true },
  };
  const blocking = await all(client({ card, delivery: ["blocking"] }).send(request, never));
  const streamed = await all(client({ card, delivery: ["stream"] }).send(request, never));
  const got = await all(client({ card, operations: { resubscribe: false } }).resume({ taskId: "t-1" }, never));

  for (const events of [blocking, streamed, got])
    expect(events[0]).toMatchObject({
      parts: [
        { kind: "file", name: "report.pdf", mediaType: "application/pdf", url: "https://files.example/1" },
        { kind: "file", name: "hi.txt", mediaType: "text/plain", bytes: "aGk=" },
      ],
    });
});

test.each(["completed", "input-required"])(
  "a piece that passes before a task is subscribed to again is told with its end (%s)",
  async (state) => {
    const said = (text: string) => ({ artifactId: "a", parts: [{ kind: "text", text }] });
    const ids = { taskId: "t-1", contextId: "c-1" };
    answer = (asked, response) => {
      const subscribed = methods().includes("tasks/resubscribe");
      if (asked.method === "tasks/get")
        return result(subscribed ? task(state, [said("One, two, three.")]) : task("working", [said("One, ")]))(asked, response);
      const results = [
        { kind: "artifact-update", ...ids, append: true, artifact: said("three.") },
        { kind: "status-update", ...ids, status: { state }, final: true },
      ];
      const lines = results.map((one) => `data: ${JSON.stringify({ jsonrpc: "2.0", id: asked.body.id, result: one })}\n\n`);
      response.writeHead(200, { "content-type": "text/event-stream" }).end(lines.join(""));
    };
    const events = await all(client({ card: card03({ streaming: true }) }).resume({ taskId: "t-1" }, never));

    expect(shown(events)).toBe("One, two, three.");
    expect(events.at(-1)?.kind).toBe(state === "completed" ? "ended" : "inputRequired");
  },
);
