import { describe, expect, test } from "@jest/globals";
import { agentSchema } from "../../../src/agents/config.ts";
import { toPolicy, toPush, toWire } from "../../../src/agents/policy.ts";

const url = "https://agent.example/a2a";
const policy = (more: object = {}) => toPolicy(agentSchema.parse({ url, ...more }));

describe("the policy of an agent", () => {
  test("has defaults", () => {
    expect(policy()).toEqual({
      contextId: "server",
      taskId: "spec",
      delivery: ["stream", "push", "poll", "blocking"],
      operations: { get: true, cancel: true, resubscribe: true, list: true, push: true },
      identity: { required: false, fields: [], level: "both" },
      threadIdentity: "shared",
      whileRunning: "join",
      onUnknown: "notice",
      transcript: 0,
      files: { as: "bytes", inlineMB: 5 },
      limits: { silenceSeconds: 300, answerMinutes: 1440, contextIdleHours: 12, pollSeconds: 5 },
    });
  });

  test("of Spark pushes, keeps its ids, and knows who asks", () => {
    expect(policy({ preset: "spark" })).toMatchObject({
      contextId: "server",
      taskId: "always",
      delivery: ["push"],
      operations: { get: false, cancel: false, resubscribe: false, list: false, push: true },
      identity: { required: true, fields: ["userPrincipalName"], level: "both" },
      threadIdentity: "owner-only",
    });
  });

  test.each([
    [
      "brightsy",
      {
        contextId: "none",
        taskId: "always",
        delivery: ["stream", "poll"],
        operations: { get: true, cancel: true, resubscribe: true, list: false, push: false },
        whileRunning: "queue",
      },
    ],
    ["inkeep", { contextId: "client", taskId: "never", delivery: ["blocking", "stream"], identity: { required: false, level: "message" } }],
    ["sistava", { contextId: "none", taskId: "never", delivery: ["stream", "blocking"], transcript: 0 }],
    ["agentspace", { contextId: "client", taskId: "never", delivery: ["stream"] }],
  ])("of %s is a table of its own", (preset, table) => {
    expect(policy({ preset })).toMatchObject({ threadIdentity: "shared", ...table });
    if (preset !== "brightsy")
      expect(policy({ preset }).operations).toEqual({ get: false, cancel: false, resubscribe: false, list: false, push: false });
  });

  test("has traits of the wire, overridden key by key too", () => {
    const wire = (more: object) => toWire(agentSchema.parse({ url, ...more }));
    expect(wire({})).toEqual({ dialect: undefined, streamEnd: "open", transfers: 0, requestIds: "number", headers: {} });
    expect(wire({ preset: "agentspace" })).toEqual({
      dialect: "a2a-0.3-jsonrpc",
      streamEnd: "completed",
      transfers: 0,
      requestIds: "string",
      headers: { "Cache-Control": "no-store" },
    });
    const own = {
      preset: "agentspace",
      dialect: "a2a-1.0-jsonrpc",
      streamEnd: "open",
      requestIds: "number",
      headers: { "cache-control": "max-age=1", X: "y" },
    };
    expect(wire(own)).toMatchObject({
      dialect: "a2a-1.0-jsonrpc",
      streamEnd: "open",
      requestIds: "number",
      headers: { "cache-control": "max-age=1", X: "y" },
    });
    expect(Object.keys(wire(own).headers)).toHaveLength(2);
    expect(wire({ preset: "inkeep", transfers: 0 }).transfers).toBe(0);
  });

  test("is overridden key by key", () => {
    const own = policy({
      preset: "spark",
      taskId: "spec",
      operations: { get: true },
      identity: { level: "request" },
      limits: { pollSeconds: 1 },
    });

    expect(own).toMatchObject({ taskId: "spec", contextId: "server", delivery: ["push"] });
    expect(own.operations).toEqual({ get: true, cancel: false, resubscribe: false, list: false, push: true });
    expect(own.identity).toEqual({ required: true, fields: ["userPrincipalName"], level: "request" });
    expect(own.limits).toEqual({ silenceSeconds: 300, answerMinutes: 1440, contextIdleHours: 12, pollSeconds: 1 });
  });

  test("that requires identity has a field for it, and threads of one owner", () => {
    expect(policy({ identity: { required: true } })).toMatchObject({
      identity: { fields: ["userPrincipalName"] },
      threadIdentity: "owner-only",
    });
    expect(policy({ identity: { required: true }, threadIdentity: "shared" }).threadIdentity).toBe("shared");
  });

  test("guards pushes by a token unless something else is said", () => {
    expect(toPush(agentSchema.parse({ url })).auth).toBe("token");
    expect(toPush(agentSchema.parse({ url, push: { auth: "none", path: "/spark" } }))).toEqual({ auth: "none", path: "/spark" });
  });
});

test("client credentials have a long name and a short one", () => {
  const auth = { tokenUrl: "https://login.example/token", clientId: "i", clientSecret: "s" };
  for (const type of ["oauth2ClientCredentials", "oauth2"])
    expect(agentSchema.parse({ url, auth: { type, ...auth } }).auth).toMatchObject({ type });
});

describe("a configuration that cannot be used", () => {
  test.each([
    [{ url: "agent.example" }, "url", /https:\/\//],
    [{ url: "ftp://agent.example" }, "url", /https:\/\//],
    [{ url, preset: "sprak" }, "preset", /use one of spark/],
    [{ url, delivery: [] }, "delivery", /at least one/],
    [{ url, auth: { type: "magic" } }, "auth.type", /"none", "bearer"/],
    [{ url, auth: { type: "bearer", token: "" } }, "auth.token", /put the token/],
    [{ url, auth: { type: "bearer", token: "a\nb" } }, "auth.token", /line break/],
    [{ url, auth: { type: "oauth2", tokenUrl: "x", clientId: "i", clientSecret: "s" } }, "auth.tokenUrl", /https:\/\//],
    [{ url, headers: { "a b": "c" } }, "headers.a b", /header name/],
    [{ url, limits: { silenceSeconds: 0 } }, "limits.silenceSeconds", /more than 0/],
    [{ url, push: { path: "spark" } }, "push.path", /slash/],
    [{ url, dialect: "a2a-0.4" }, "dialect", /use one of a2a-1.0-jsonrpc/],
    [{ url, streamEnd: "maybe" }, "streamEnd", /"open" or "completed"/],
    [{ url, transfers: 11 }, "transfers", /more than 10/],
    [{ url, transcript: -1 }, "transcript", /less than 0/],
    [{ url, requestIds: "uuid" }, "requestIds", /"number" or "string"/],
    [{ url, employee: "" }, "employee", /name or the id/],
    [{ url, limits: { maxAnswerBytes: 1 } }, "limits.maxAnswerBytes", /at least 1024/],
    [{ url, adress: 1 }, "", /adress/],
  ])("such as %j names %s and the remedy", (config, path, message) => {
    const issues = agentSchema.safeParse(config).error?.issues ?? [];

    expect(issues.map((issue) => issue.path.join("."))).toContain(path);
    expect(issues.map((issue) => issue.message).join()).toMatch(message);
  });
});
