import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { AgentConfig } from "../../../src/agents/config.ts";
import type { AgentClient, AgentRequest } from "../../../src/model/agent.ts";
import { until } from "../../support/until.ts";
import { all, clientFor, errorOf, type Listening, listen, never, shown } from "./support.ts";

const wires = [
  { version: "1.0", binding: "JSONRPC" },
  { version: "1.0", binding: "HTTP+JSON" },
  { version: "0.3", binding: "JSONRPC" },
  { version: "0.3", binding: "HTTP+JSON" },
];

interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

type Answer = (request: Seen, response: ServerResponse) => void;

describe.each(wires)("a call over $version $binding", ({ version, binding }) => {
  const rpc = binding === "JSONRPC";
  const seen: Seen[] = [];
  let answer: Answer;
  let server: Listening;

  beforeAll(async () => {
    server = await listen(() => async (request: IncomingMessage, response) => {
      const text = Buffer.concat(await request.toArray()).toString("utf8");
      const entry = { path: request.url ?? "", headers: request.headers, body: text === "" ? {} : JSON.parse(text) };
      seen.push(entry);
      answer(entry, response);
    });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    seen.length = 0;
  });

  const card = (streaming: boolean) => ({
    name: "raw",
    capabilities: { streaming, pushNotifications: true },
    ...(version === "1.0"
      ? { supportedInterfaces: [{ url: `${server.origin}/a`, protocolBinding: binding, protocolVersion: "1.0" }] }
      : { url: `${server.origin}/a`, preferredTransport: binding, protocolVersion: "0.3.0" }),
  });
  const client = (more: Partial<AgentConfig> = {}, streaming = false): AgentClient =>
    clientFor({ url: `${server.origin}/a`, card: card(streaming), ...more });
  const request: AgentRequest = { messageId: "m-1", text: "hello", metadata: {} };
  const send = (more: Partial<AgentConfig> = {}, streaming = false, extra: Partial<AgentRequest> = {}) =>
    all(client(more, streaming).send({ ...request, ...extra }, never));
  const params = (index = 0) => (rpc ? record(seen[index]?.body.params) : (seen[index]?.body ?? {}));
  const json =
    (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
    (_request, response) =>
      void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  /** A result as this wire puts it. */
  const result =
    (payload: Record<string, unknown>): Answer =>
    (asked, response) =>
      json(200, rpc ? { jsonrpc: "2.0", id: asked.body.id, result: payload } : payload)(asked, response);
  const done =
    version === "0.3" && rpc
      ? {
          kind: "task",
          id: "t-1",
          contextId: "c-1",
          status: { state: "completed" },
          artifacts: [{ artifactId: "a", parts: [{ kind: "text", text: "hi" }] }],
        }
      : {
          task: {
            id: "t-1",
            contextId: "c-1",
            status: { state: "TASK_STATE_COMPLETED" },
            artifacts: [{ artifactId: "a", parts: [{ text: "hi" }] }],
          },
        };

  test("carries identity and static metadata on the message, on the request, or on both", async () => {
    answer = result(done);
    const metadata = { userPrincipalName: "a@example.com" };
    for (const level of ["message", "request", "both"] as const)
      await send({ identity: { level }, metadata: { employee_id: "e-1", userPrincipalName: "somebody else" } }, false, { metadata });

    const expected = { employee_id: "e-1", userPrincipalName: "a@example.com" };
    expect([0, 1, 2].map((index) => record(params(index).message).metadata)).toEqual([expected, undefined, expected]);
    expect([0, 1, 2].map((index) => params(index).metadata)).toEqual([undefined, expected, expected]);
  });

  test("carries headers, the version and the credentials, which win", async () => {
    answer = result(done);
    await send({ headers: { "X-App": "app", Authorization: "from the headers" }, auth: { type: "bearer", token: "t0ken" } });
    await send({ auth: { type: "apiKey", in: "query", name: "key", value: "k&y" } });
    await send({ auth: { type: "basic", username: "u", password: "p" } });

    expect(seen[0]?.headers).toMatchObject({ "x-app": "app", authorization: "Bearer t0ken", "a2a-version": version });
    expect(seen[1]?.path).toContain("?key=k%26y");
    expect(seen[2]?.headers.authorization).toBe(`Basic ${Buffer.from("u:p").toString("base64")}`);
  });

  test("carries ids, and one push credential in the form that was configured", async () => {
    answer = result(done);
    const push = { url: "https://bridge.example/hook", token: "tok" };
    const ids = { taskId: "t-1", contextId: "c-1", push };
    for (const auth of ["token", "bearer", "basic", "none"] as const) await send({ push: { auth } }, false, ids);

    const name = version === "1.0" ? "taskPushNotificationConfig" : rpc ? "pushNotificationConfig" : "pushNotification";
    const configs = [0, 1, 2, 3].map((index) => record(record(params(index).configuration)[name]));
    expect(record(params().message)).toMatchObject({ messageId: "m-1", taskId: "t-1", contextId: "c-1" });
    expect(configs.map((config) => config.url)).toEqual([push.url, push.url, push.url, push.url]);
    expect(configs.map((config) => config.token)).toEqual(["tok", undefined, undefined, undefined]);
    const credentials = configs.map((config) => record(config.authentication).credentials);
    expect(credentials).toEqual([undefined, "tok", Buffer.from("bridge:tok").toString("base64"), undefined]);
  });

  test.each([
    [401, {}, "unauthorized", undefined],
    [403, {}, "unauthorized", undefined],
    [429, { "retry-after": "7" }, "rateLimited", 7000],
    [503, { "retry-after": "2" }, "rateLimited", 2000],
    [503, {}, "broken", undefined],
    [500, {}, "broken", undefined],
    [413, {}, "refused", undefined],
    [302, { location: "/elsewhere" }, "refused", undefined],
  ] as const)("answered with %i %j is %s", async (status, headers, kind, retryAfterMs) => {
    answer = (_request, response) => void response.writeHead(status, { "content-type": "text/html", ...headers }).end("<h1>no</h1>");
    for (const streaming of [false, true]) {
      const error = await errorOf(send({}, streaming));

      expect(error.kind).toBe(kind);
      expect(error.retryAfterMs).toBe(retryAfterMs);
    }
    expect(seen).toHaveLength(2);
  });

  test("never quotes what the agent answered: errors are logged", async () => {
    const canary = "the canary sings";
    const answers: readonly Answer[] = [
      (_request, response) => void response.writeHead(500).end(canary),
      (_request, response) => void response.writeHead(200).end(canary),
      refusal(-32602, "INVALID_PARAMS", canary),
      (_request, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${canary}\n\n`),
    ];
    for (const [index, each] of answers.entries()) {
      answer = each;
      for (const streaming of index === 3 ? [true] : [false, true]) {
        const failed = await all(client({}, streaming).send(request, never)).catch((thrown: unknown) => thrown);
        expect(inspect(failed, { depth: 10 })).not.toContain(canary);
      }
    }
  });

  test("answered with an error of the agent is refused, and nothing is sent again", async () => {
    answer = refusal(-32602, "INVALID_PARAMS", "no such employee");
    const error = await errorOf(send({}, true));

    expect(error.kind).toBe("refused");
    expect(seen).toHaveLength(1);
  });

  test.each([
    [-32001, "TASK_NOT_FOUND", "Task not found"],
    [-32004, "UNSUPPORTED_OPERATION", "Task t-1 is in a terminal state (3) and cannot be modified."],
    [-32600, "INVALID_PARAMS", "Task t-1 is in a terminal state (completed) and cannot be modified."],
  ])("answered with %i %s for a message into a task, the task is gone", async (code, reason, message) => {
    answer = refusal(code, reason, message);
    for (const streaming of [false, true])
      expect((await errorOf(send({}, streaming, { taskId: "t-1", contextId: "c-1" }))).kind).toBe("taskGone");
    expect(seen).toHaveLength(2);
  });

  test("falls back to a blocking call when the agent does not stream after all, and remembers it", async () => {
    answer = (asked, response) =>
      isStream(asked)
        ? refusal(-32004, "UNSUPPORTED_OPERATION", "streaming is not supported")(asked, response)
        : result(done)(asked, response);
    const agent = client({}, true);

    expect(shown(await all(agent.send(request, never)))).toBe("hi");
    expect(shown(await all(agent.send({ ...request, messageId: "m-2" }, never)))).toBe("hi");
    expect(seen.map(isStream)).toEqual([true, false, false]);
  });

  test("cut before the answer is broken, and nothing is sent again", async () => {
    answer = (_request, response) => void response.destroy();
    for (const streaming of [false, true]) expect((await errorOf(send({}, streaming))).kind).toBe("broken");
    expect(seen).toHaveLength(2);
  });

  test("cut in the middle of a stream is broken, after what was heard", async () => {
    answer = (asked, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(sse(asked, working(version, rpc)), () => response.destroy());
    };
    const events: string[] = [];
    const reading = (async () => {
      for await (const event of client({}, true).send(request, never)) events.push(event.kind);
    })();

    expect((await errorOf(reading)).kind).toBe("broken");
    expect(events).toEqual(["working"]);
  });

  test("an error in the middle of a stream is broken, for the agent has taken the message", async () => {
    answer = (asked, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const error = { code: -32603, message: "boom" };
      const last = rpc
        ? `data: ${JSON.stringify({ jsonrpc: "2.0", id: asked.body.id, error })}\n\n`
        : `event: error\ndata: ${JSON.stringify(version === "1.0" ? { error } : error)}\n\n`;
      response.end(sse(asked, working(version, rpc)) + last);
    };
    expect((await errorOf(send({}, true))).kind).toBe("broken");
  });

  test("a stream that ends without an end just ends", async () => {
    answer = (asked, response) =>
      void response.writeHead(200, { "content-type": "text/event-stream" }).end(sse(asked, working(version, rpc)));
    expect((await send({}, true)).map((event) => event.kind)).toEqual(["working"]);
  });

  test("comments and foreign lines in a stream do not lose the answer", async () => {
    answer = (asked, response) =>
      void response.writeHead(200, { "content-type": "text/event-stream" }).end(`: hi\n\n${sse(asked, done)}data: [DONE]\n\n`);
    expect(shown(await send({}, true))).toBe("hi");
  });

  test("an answer that is careless about its form is read all the same", async () => {
    const words = { role: "assistant", parts: [{ type: "text", text: "hi" }] };
    const careless = [
      { id: "t-1", status: { state: "completed", message: words } },
      { jsonrpc: "2.0", id: "not ours", result: { id: "t-1", status: { state: "COMPLETED" }, artifacts: [{ parts: [{ text: "hi" }] }] } },
      words,
    ];
    for (const body of careless) {
      answer = json(200, body);
      expect(shown(await send())).toBe("hi");
      answer = (_asked, response) =>
        void response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${JSON.stringify(body)}\n\n`);
      const events = await send({}, true);
      expect(shown(events)).toBe("hi");
      expect(events.at(-1)).toMatchObject({ kind: "ended", outcome: "completed" });
      expect(events.at(-1)).not.toHaveProperty("mark");
    }
  });

  test("a whole answer to a request for a stream is taken as one", async () => {
    answer = result(done);
    expect(shown(await send({}, true))).toBe("hi");
  });

  test.each([
    ["text/html", "<html>sign in</html>"],
    ["application/json", "[]"],
    ["application/json", '{"ok":true}'],
  ])("answered with %s %s is not A2A", async (type, body) => {
    answer = (_request, response) => void response.writeHead(200, { "content-type": type }).end(body);
    for (const streaming of [false, true]) expect((await errorOf(send({}, streaming))).kind).toBe("protocol");
  });

  test("silent for too long is given up, while bytes keep it alive", async () => {
    const limits = { silenceSeconds: 0.8 };
    answer = () => undefined;
    expect((await errorOf(send({ limits }))).kind).toBe("silent");
    answer = (_request, response) => void response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    expect((await errorOf(send({ limits }, true))).kind).toBe("silent");

    answer = (asked, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let beats = 0;
      const timer = setInterval(() => {
        response.write(": alive\n\n");
        beats += 1;
        if (beats < 10) return;
        clearInterval(timer);
        response.end(sse(asked, done));
      }, 100);
    };
    expect(shown(await send({ limits }, true))).toBe("hi");
  });

  test("leaving the loop, or aborting, closes the connection", async () => {
    let closed = 0;
    answer = (asked, response) => {
      response.on("close", () => {
        closed += 1;
      });
      response.writeHead(200, { "content-type": "text/event-stream" }).write(sse(asked, working(version, rpc)));
    };
    for await (const _ of client({}, true).send(request, never)) break;
    await until(() => closed === 1);

    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of client({}, true).send(request, stop.signal)) stop.abort();
    })();
    expect((await errorOf(reading)).kind).toBe("broken");
    await until(() => closed === 2);
  });

  function refusal(code: number, reason: string, message: string): Answer {
    return (asked, response) => {
      if (rpc) return json(200, { jsonrpc: "2.0", id: asked.body.id, error: { code, message } })(asked, response);
      const status = code === -32001 ? 404 : 400;
      const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "a2a-protocol.org" }];
      json(status, version === "1.0" ? { error: { code: status, status: "X", message, details } } : { code, message })(asked, response);
    };
  }

  function isStream(asked: Seen): boolean {
    return /stream/i.test(rpc ? String(asked.body.method) : asked.path);
  }

  function sse(asked: Seen, payload: unknown): string {
    return `data: ${JSON.stringify(rpc ? { jsonrpc: "2.0", id: asked.body.id, result: payload } : payload)}\n\n`;
  }
});

describe("an agent that cannot be reached", () => {
  test("where nobody listens, or at a name that nobody has: nothing has left", async () => {
    const closed = await listen(() => () => undefined);
    await closed.close();
    for (const url of [`${closed.origin}/a`, "http://nowhere.invalid/a"]) {
      const card = { name: "x", url, preferredTransport: "JSONRPC", protocolVersion: "0.3" };
      for (const agent of [clientFor({ url, card }), clientFor({ url })])
        expect((await errorOf(all(agent.send({ messageId: "m", text: "t", metadata: {} }, never)))).kind).toBe("unreachable");
    }
  });

  test("at a blocked address: nothing has left", async () => {
    const blocked = Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error("blocked"), { code: "EBLOCKED" }) });
    const agent = clientFor(
      { url: "http://10.0.0.1/a", card: { name: "x", url: "http://10.0.0.1/a" } },
      { fetch: () => Promise.reject(blocked) },
    );
    expect((await errorOf(all(agent.send({ messageId: "m", text: "t", metadata: {} }, never)))).kind).toBe("unreachable");
  });
});

function working(version: string, rpc: boolean): unknown {
  const ids = { taskId: "t-1", contextId: "c-1" };
  if (version === "0.3" && rpc) return { kind: "status-update", ...ids, status: { state: "working" }, final: false };
  return { statusUpdate: { ...ids, status: { state: "TASK_STATE_WORKING" } } };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
