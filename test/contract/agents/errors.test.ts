import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { AgentConfig } from "../../../src/agents/config.ts";
import type { AgentErrorKind } from "../../../src/model/errors.ts";
import { all, clientFor, errorOf, type Listening, listen, never } from "./support.ts";

/** What the caller may do with the message after an error. `new task`: again, without the task's id. */
type Retry = "again" | "new task" | "never";

const retries: Readonly<Record<AgentErrorKind, Retry>> = {
  unreachable: "again",
  rateLimited: "again",
  taskGone: "new task",
  broken: "never",
  silent: "never",
  refused: "never",
  unauthorized: "never",
  unsupported: "never",
  protocol: "never",
};

interface Asked {
  readonly id?: unknown;
  readonly params?: { readonly message?: { readonly taskId?: string } };
}

interface Row {
  readonly what: string;
  readonly answer: (response: ServerResponse, asked: Asked) => void;
  readonly kind: AgentErrorKind;
  readonly says: RegExp;
  readonly retry: Retry;
  readonly code?: number;
  readonly retryAfterMs?: number;
  /** The message goes into a task. */
  readonly withTask?: boolean;
  readonly config?: Partial<AgentConfig>;
  /** The agent's answer makes sense for this way alone. */
  readonly only?: "stream" | "blocking";
}

const secret = "the agent's own words";
const page = `<html><body>${secret}</body></html>`;

const status =
  (code: number, headers: Record<string, string> = {}): Row["answer"] =>
  (response) =>
    void response.writeHead(code, { "content-type": "text/html", ...headers }).end(page);
const body =
  (type: string, text: string): Row["answer"] =>
  (response) =>
    void response.writeHead(200, { "content-type": type }).end(text);
const error =
  (code: number, http = 200, headers: Record<string, string> = {}): Row["answer"] =>
  (response, { id }) =>
    void response
      .writeHead(http, { "content-type": "application/json", ...headers })
      .end(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: secret, data: { type: "unknown", secret } } }));
const begun = { kind: "task", id: "t-1", contextId: "c-1", status: { state: "working" } };
const event = (id: unknown, result: unknown) => `data: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`;
const stream =
  (rest: (response: ServerResponse, id: unknown) => void): Row["answer"] =>
  (response, { id }) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(event(id, begun), () => rest(response, id));
  };
const inAMinute = () => new Date(Date.now() + 60_000).toUTCString();

const rows: readonly Row[] = [
  { what: "HTTP 400", answer: status(400), kind: "refused", says: /malformed \(400\)/, retry: "never", code: 400 },
  { what: "HTTP 401", answer: status(401), kind: "unauthorized", says: /credentials \(401\)/, retry: "never", code: 401 },
  { what: "HTTP 403", answer: status(403), kind: "unauthorized", says: /not allowed .*\(403\)/, retry: "never", code: 403 },
  { what: "HTTP 404", answer: status(404), kind: "refused", says: /no agent at its configured address/, retry: "never", code: 404 },
  { what: "HTTP 405", answer: status(405), kind: "refused", says: /does not take messages/, retry: "never", code: 405 },
  { what: "HTTP 408", answer: status(408), kind: "broken", says: /gave up waiting/, retry: "never", code: 408 },
  { what: "HTTP 413", answer: status(413), kind: "refused", says: /too large/, retry: "never", code: 413 },
  { what: "HTTP 418", answer: status(418), kind: "refused", says: /refused the request \(418\)/, retry: "never", code: 418 },
  { what: "HTTP 429", answer: status(429), kind: "rateLimited", says: /too much to do/, retry: "again", code: 429 },
  {
    what: "HTTP 429 with Retry-After in seconds",
    answer: status(429, { "retry-after": "7" }),
    kind: "rateLimited",
    says: /too much to do/,
    retry: "again",
    retryAfterMs: 7_000,
  },
  {
    what: "HTTP 429 with Retry-After as a date",
    answer: (response, asked) => status(429, { "retry-after": inAMinute() })(response, asked),
    kind: "rateLimited",
    says: /too much to do/,
    retry: "again",
    retryAfterMs: 60_000,
  },
  {
    what: "HTTP 503 with Retry-After",
    answer: status(503, { "retry-after": "2" }),
    kind: "rateLimited",
    says: /not available/,
    retry: "again",
    retryAfterMs: 2_000,
  },
  { what: "HTTP 503 without", answer: status(503), kind: "broken", says: /not available/, retry: "never", code: 503 },
  { what: "HTTP 500", answer: status(500), kind: "broken", says: /server failed \(500\)/, retry: "never", code: 500 },
  { what: "HTTP 502", answer: status(502), kind: "broken", says: /server failed \(502\)/, retry: "never", code: 502 },
  { what: "HTTP 504", answer: status(504), kind: "broken", says: /did not get an answer in time/, retry: "never", code: 504 },
  {
    what: "a redirect",
    answer: status(302, { location: "http://127.0.0.1:1/" }),
    kind: "refused",
    says: /redirects/,
    retry: "never",
    code: 302,
  },
  { what: "a web page", answer: body("text/html", page), kind: "protocol", says: /web page/, retry: "never", code: 200 },
  { what: "text", answer: body("text/plain", secret), kind: "protocol", says: /not A2A/, retry: "never", code: 200 },
  { what: "JSON that is not A2A", answer: body("application/json", '{"ok":true}'), kind: "protocol", says: /not A2A/, retry: "never" },
  { what: "nothing", answer: body("application/json", ""), kind: "protocol", says: /not A2A/, retry: "never" },
  {
    what: "a stream of what is not A2A",
    answer: body("text/event-stream", `data: ${secret}\n\ndata: [DONE]\n\n`),
    kind: "protocol",
    says: /not A2A/,
    retry: "never",
    only: "stream",
  },
  {
    what: "a cut before the answer",
    answer: (response) => void response.destroy(),
    kind: "broken",
    says: /broke before it answered/,
    retry: "never",
  },
  {
    what: "a cut within the answer",
    answer: (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"jsonrpc":', () => response.destroy());
    },
    kind: "broken",
    says: /broke while its answer came/,
    retry: "never",
  },
  {
    what: "a stream that is cut",
    answer: stream((response) => response.destroy()),
    kind: "broken",
    says: /broke while its answer came/,
    retry: "never",
    only: "stream",
  },
  {
    what: "an error within a stream",
    answer: stream((response, id) =>
      response.end(`data: ${JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32603, message: secret } })}\n\n`),
    ),
    kind: "broken",
    says: /gave up in the middle/,
    retry: "never",
    code: -32603,
    only: "stream",
  },
  {
    what: "silence",
    answer: () => undefined,
    kind: "silent",
    says: /Nothing was heard/,
    retry: "never",
    config: { limits: { silenceSeconds: 0.1 } },
  },
  {
    what: "silence within a stream",
    answer: stream(() => undefined),
    kind: "silent",
    says: /Nothing was heard/,
    retry: "never",
    only: "stream",
    config: { limits: { silenceSeconds: 0.1 } },
  },
  { what: "a parse error", answer: error(-32700), kind: "refused", says: /could not read/, retry: "never", code: -32700 },
  { what: "an invalid request", answer: error(-32600), kind: "refused", says: /invalid/, retry: "never", code: -32600 },
  {
    what: "an unknown method",
    answer: error(-32601),
    kind: "refused",
    says: /does not know the operation/,
    retry: "never",
    code: -32601,
    only: "blocking",
  },
  { what: "invalid params", answer: error(-32602), kind: "refused", says: /misses something/, retry: "never", code: -32602 },
  {
    what: "invalid params as HTTP 400",
    answer: error(-32602, 400),
    kind: "refused",
    says: /misses something/,
    retry: "never",
    code: -32602,
  },
  { what: "an internal error", answer: error(-32603), kind: "refused", says: /internal error/, retry: "never", code: -32603 },
  {
    what: "a task that is gone",
    answer: error(-32001),
    kind: "taskGone",
    says: /does not know the task/,
    retry: "new task",
    code: -32001,
    withTask: true,
  },
  {
    what: "a task that has ended (1.0)",
    answer: error(-32004),
    kind: "taskGone",
    says: /does not know the task/,
    retry: "new task",
    withTask: true,
    only: "blocking",
  },
  { what: "no push", answer: error(-32003), kind: "refused", says: /does not send push/, retry: "never", code: -32003 },
  {
    what: "an unsupported content type",
    answer: error(-32005),
    kind: "refused",
    says: /content of this kind/,
    retry: "never",
    code: -32005,
  },
  { what: "an invalid answer of its own", answer: error(-32006), kind: "refused", says: /makes no sense/, retry: "never", code: -32006 },
  { what: "a required extension", answer: error(-32008), kind: "refused", says: /requires an extension/, retry: "never", code: -32008 },
  { what: "a version refused", answer: error(-32009), kind: "refused", says: /protocol version/, retry: "never", code: -32009 },
  { what: "a code that nobody knows", answer: error(-32042), kind: "refused", says: /error -32042/, retry: "never", code: -32042 },
  {
    what: "Inkeep: an internal error",
    answer: error(-32603),
    kind: "refused",
    says: /Inkeep could not run/,
    retry: "never",
    config: { preset: "inkeep" },
    only: "blocking",
  },
  {
    what: "Sistava: no retrieval",
    answer: error(-32001),
    kind: "unsupported",
    says: /keeps no answers/,
    retry: "never",
    config: sistava(),
    withTask: true,
  },
  { what: "Sistava: no cancel", answer: error(-32002), kind: "unsupported", says: /cannot stop/, retry: "never", config: sistava() },
  { what: "Sistava: channel off", answer: error(-32010), kind: "unauthorized", says: /switched off/, retry: "never", config: sistava() },
  {
    what: "Sistava: e-mail not verified",
    answer: error(-32011),
    kind: "unauthorized",
    says: /not verified/,
    retry: "never",
    config: sistava(),
  },
  { what: "Sistava: rate limit", answer: error(-32012), kind: "rateLimited", says: /rate limit/, retry: "again", config: sistava() },
  {
    what: "Sistava: rate limit as HTTP 429",
    answer: error(-32012, 429, { "retry-after": "3" }),
    kind: "rateLimited",
    says: /rate limit/,
    retry: "again",
    retryAfterMs: 3_000,
    config: sistava(),
  },
  {
    what: "Sistava: no such employee",
    answer: error(-32602),
    kind: "refused",
    says: /does not know this employee/,
    retry: "never",
    config: sistava(),
  },
];

function sistava(): Partial<AgentConfig> {
  return { preset: "sistava", employee: "5b0f3c9e-6d5f-4a53-9a5c-0d9f6f1f2a11" };
}

describe.each(["stream", "blocking"] as const)("an agent that is asked by %s and answers", (mode) => {
  let server: Listening;
  let row: Row | undefined;
  let seen = 0;
  beforeAll(async () => {
    server = await listen(() => async (request, response) => {
      seen += 1;
      const asked: Asked = JSON.parse(Buffer.concat(await request.toArray()).toString("utf8"));
      row?.answer(response, asked);
    });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    seen = 0;
  });

  test.each(rows.filter(({ only }) => only === undefined || only === mode).map((each) => [each.what, each] as const))(
    "%s",
    async (_what, each) => {
      row = each;
      const card = {
        name: "x",
        url: server.origin,
        preferredTransport: "JSONRPC",
        protocolVersion: "0.3.0",
        capabilities: { streaming: true },
      };
      const client = clientFor({ url: server.origin, card, delivery: [mode], ...each.config });
      const ids = each.withTask ? { taskId: "t-1", contextId: "c-1" } : {};
      const failed = await errorOf(all(client.send({ messageId: "m-1", text: "hello", metadata: {}, ...ids }, never)));

      expect(failed.kind).toBe(each.kind);
      expect(failed.explanation).toMatch(each.says);
      expect(retries[failed.kind]).toBe(each.retry);
      if (each.code !== undefined) expect(failed.code).toBe(each.code);
      // A date has whole seconds.
      if (each.retryAfterMs !== undefined) expect(Math.abs((failed.retryAfterMs ?? Number.NaN) - each.retryAfterMs)).toBeLessThan(1_100);
      else expect(failed.retryAfterMs).toBeUndefined();
      // The client itself repeats nothing, and what the agent said reaches neither log nor thread.
      expect(seen).toBe(1);
      expect(inspect(failed, { depth: 10 })).not.toContain(secret);
    },
  );

  test("nobody where an agent should be", async () => {
    const gone = await listen(() => () => undefined);
    await gone.close();
    const card = {
      name: "x",
      url: gone.origin,
      preferredTransport: "JSONRPC",
      protocolVersion: "0.3.0",
      capabilities: { streaming: true },
    };
    const failed = await errorOf(
      all(clientFor({ url: gone.origin, card, delivery: [mode] }).send({ messageId: "m", text: "t", metadata: {} }, never)),
    );

    expect(failed).toMatchObject({ kind: "unreachable", explanation: expect.stringMatching(/Nobody answers/) });
    expect(retries[failed.kind]).toBe("again");
  });
});

test.each([
  ["ENOTFOUND", /name of the agent's server is not known/],
  ["EBLOCKED", /network that the bridge may not reach/],
  ["UND_ERR_CONNECT_TIMEOUT", /did not answer in time/],
  ["CERT_HAS_EXPIRED", /certificate .* is not trusted/],
  ["EHOSTUNREACH", /cannot be reached/],
] as const)("a connection that fails with %s says why", async (code, says) => {
  const failing = Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error(code), { code }) });
  const url = "https://agent.example";
  const client = clientFor({ url, card: { name: "x", url } }, { fetch: () => Promise.reject(failing) });
  const failed = await errorOf(all(client.send({ messageId: "m", text: "t", metadata: {} }, never)));

  expect(failed).toMatchObject({ kind: "unreachable", explanation: expect.stringMatching(says) });
});

test("a stream that ends without an end is no error: the task is open, and the caller decides", async () => {
  const server = await listen(() => async (request, response) => {
    const { id } = JSON.parse(Buffer.concat(await request.toArray()).toString("utf8"));
    response.writeHead(200, { "content-type": "text/event-stream" }).end(event(id, begun));
  });
  const card = {
    name: "x",
    url: server.origin,
    preferredTransport: "JSONRPC",
    protocolVersion: "0.3.0",
    capabilities: { streaming: true },
  };
  const events = await all(clientFor({ url: server.origin, card }).send({ messageId: "m", text: "t", metadata: {} }, never));

  expect(events).toEqual([{ kind: "working", taskId: "t-1", contextId: "c-1" }]);
  await server.close();
});
