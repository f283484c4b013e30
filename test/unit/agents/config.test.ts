import { describe, expect, test } from "@jest/globals";
import { agentSchema } from "../../../src/agents/config.ts";
import { toPolicy, toPush } from "../../../src/agents/policy.ts";

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
    [{ url, adress: 1 }, "", /adress/],
  ])("such as %j names %s and the remedy", (config, path, message) => {
    const issues = agentSchema.safeParse(config).error?.issues ?? [];

    expect(issues.map((issue) => issue.path.join("."))).toContain(path);
    expect(issues.map((issue) => issue.message).join()).toMatch(message);
  });
});
