import type { IncomingHttpHeaders } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { AgentConfig } from "../../../src/agents/config.ts";
import { all, clientFor, errorOf, type Listening, listen, never } from "./support.ts";

interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

const seen: Seen[] = [];
let server: Listening;

/** As its documentation has it: one operation, a task in answer, nothing else. */
beforeAll(async () => {
  server = await listen(() => async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString("utf8");
    if (request.url === "/token") return void response.end('{"access_token":"t0ken","expires_in":"3600"}');
    if (!request.url?.endsWith("message:send")) return void response.writeHead(404).end();
    seen.push({ path: request.url, headers: request.headers, body: JSON.parse(text) });
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"task":{"id":"nx-t1","contextId":"nx-c1","status":{"state":"TASK_STATE_SUBMITTED"}}}');
  });
});
afterAll(() => server.close());

const spark = (more: Partial<AgentConfig> = {}) =>
  clientFor({
    url: `${server.origin}/api/spark/a2a`,
    preset: "spark",
    auth: { type: "oauth2", tokenUrl: `${server.origin}/token`, clientId: "id", clientSecret: "secret" },
    push: { auth: "none", path: "/spark" },
    ...more,
  });
const request = { messageId: "m-1", text: "my laptop is slow", metadata: { userPrincipalName: "a@example.com" } };
const push = { url: "https://bridge.example/spark", token: "" };

test("Spark gets who asks at both levels, the fixed address, and both ids again", async () => {
  const client = spark();
  const first = await all(client.send({ ...request, push }, never));
  await all(client.send({ ...request, messageId: "m-2", contextId: "nx-c1", taskId: "nx-t1", push }, never));

  expect(first).toEqual([{ kind: "working", taskId: "nx-t1", contextId: "nx-c1" }]);
  expect(seen.map((entry) => entry.path)).toEqual(["/api/spark/a2a/v1/message:send", "/api/spark/a2a/v1/message:send"]);
  expect(seen[0]?.headers).toMatchObject({ authorization: "Bearer t0ken", "content-type": "application/json" });
  expect(seen[0]?.body).toEqual({
    message: {
      messageId: "m-1",
      role: "ROLE_USER",
      content: [{ text: "my laptop is slow" }],
      metadata: { userPrincipalName: "a@example.com" },
    },
    configuration: { pushNotification: { url: "https://bridge.example/spark" } },
    metadata: { userPrincipalName: "a@example.com" },
  });
  expect(seen[1]?.body).toMatchObject({ message: { messageId: "m-2", contextId: "nx-c1", taskId: "nx-t1" } });
});

test.each([
  ["message:send", "/api/spark/a2a/message:send"],
  ["v2/message:send", "/api/spark/a2a/v2/message:send"],
  ["/elsewhere/message:send", "/elsewhere/message:send"],
])("its path can be set to %s", async (path, expected) => {
  await all(spark({ paths: { send: path } }).send({ ...request, push }, never));
  expect(seen.at(-1)?.path).toBe(expected);
});

test("without an address to push to it cannot answer, so it is not asked", async () => {
  const before = seen.length;
  expect((await errorOf(all(spark().send(request, never)))).kind).toBe("unsupported");
  expect(seen).toHaveLength(before);
});

test("can do nothing but push", async () => {
  const client = spark();
  expect(await client.abilities(never)).toEqual({
    push: true,
    get: false,
    resubscribe: false,
    list: false,
    cancel: false,
    inputModes: ["text/plain"],
  });
  expect((await errorOf(all(client.resume({ taskId: "nx-t1" }, never)))).kind).toBe("unsupported");
  expect((await errorOf(client.cancel({ taskId: "nx-t1" }, never))).kind).toBe("unsupported");
});
