import { describe, expect, test } from "@jest/globals";
import { createAuthenticate } from "../../../src/agents/auth.ts";
import { silentLog } from "../../../src/log.ts";
import { AgentError } from "../../../src/model/errors.ts";
import { fakeClock, memoryStore } from "./fakes.ts";

const auth = { type: "oauth2", tokenUrl: "https://login.example/token", clientId: "id:1", clientSecret: "s&t", scope: "a b" } as const;

/** A token endpoint and an agent that takes only the tokens in `valid`. */
function world(options: { readonly answer?: () => Response; readonly store?: ReturnType<typeof memoryStore> } = {}) {
  const clock = fakeClock();
  const store = options.store ?? memoryStore();
  const requests: { readonly body: string; readonly authorization: string | null }[] = [];
  const calls: (string | null)[] = [];
  const valid = new Set<string>();
  const endpoint: typeof fetch = async (_url, init) => {
    requests.push({ body: String(init?.body), authorization: new Headers(init?.headers).get("authorization") });
    if (options.answer) return options.answer();
    valid.add(`token-${requests.length}`);
    return Response.json({ access_token: `token-${requests.length}`, token_type: "Bearer", expires_in: 3600 });
  };
  const agent: typeof fetch = async (_url, init) => {
    const header = new Headers(init?.headers).get("authorization");
    calls.push(header);
    return new Response(null, { status: valid.has(header?.replace("Bearer ", "") ?? "") ? 200 : 401 });
  };
  const call = createAuthenticate({ auth, fetch: endpoint, clock, log: silentLog, store, timeoutMs: 10_000 })(agent);
  return { clock, store, requests, calls, valid, call: () => call("https://agent.example/", { method: "POST", body: "x" }) };
}

describe("OAuth2 client credentials", () => {
  test("one token serves many calls, also calls at the same time", async () => {
    const { call, calls, requests } = world();
    const answers = await Promise.all(Array.from({ length: 10 }, call));
    await call();

    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(calls).toHaveLength(11);
    expect(requests).toEqual([
      { body: "grant_type=client_credentials&scope=a+b", authorization: `Basic ${Buffer.from("id%3A1:s%26t").toString("base64")}` },
    ]);
  });

  test("a token is renewed half a minute before it ends", async () => {
    const { call, clock, requests } = world();
    await call();
    clock.advance(3_569_000);
    await call();
    expect(requests).toHaveLength(1);
    clock.advance(2_000);
    await call();
    expect(requests).toHaveLength(2);
  });

  test("a token that lives shorter than that is used for half of its time", async () => {
    const { call, clock, requests } = world({ answer: () => Response.json({ access_token: "short", expires_in: 20 }) });
    await call();
    requests.length = 0;
    clock.advance(9_000);
    await call();
    expect(requests).toHaveLength(1);
    clock.advance(11_000);
    await call();
    expect(requests.length).toBeGreaterThan(1);
  });

  test("a caller who leaves does not wait for the token, and ends it for nobody else", async () => {
    const gate = Promise.withResolvers<Response>();
    const { clock, store } = world();
    const authenticate = createAuthenticate({ auth, fetch: () => gate.promise, clock, log: silentLog, store, timeoutMs: 10_000 });
    const call = authenticate(async (_url, init) => new Response(new Headers(init?.headers).get("authorization")));
    const leaving = new AbortController();
    const left = call("https://agent.example/", { signal: leaving.signal }).catch((error: unknown) => error);
    const staying = call("https://agent.example/");
    leaving.abort();

    expect(await left).toMatchObject({ name: "AgentError", kind: "unreachable" });
    gate.resolve(Response.json({ access_token: "late" }));
    expect(await (await staying).text()).toBe("Bearer late");
  });

  test("a refused token is renewed once for all who had it, and each call is repeated once", async () => {
    const { call, calls, requests, valid } = world();
    await call();
    valid.clear();
    const answers = await Promise.all(Array.from({ length: 5 }, call));

    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(requests).toHaveLength(2);
    expect(calls).toHaveLength(1 + 10);
  });

  test("a call that is refused with a new token too is not repeated again", async () => {
    const { call, calls } = world({ answer: () => Response.json({ access_token: crypto.randomUUID() }) });
    expect((await call()).status).toBe(401);
    expect(calls).toHaveLength(2);
  });

  test("a token outlives the process", async () => {
    const store = memoryStore();
    const before = world({ store });
    await before.call();
    const after = world({ store });
    for (const token of before.valid) after.valid.add(token);
    await after.call();
    expect(after.requests).toHaveLength(0);
  });

  test("a store that fails costs a token request, nothing else", async () => {
    const broken = () => Promise.reject(new Error("down"));
    const store = { ...memoryStore(), get: broken, set: broken };
    const { call, requests } = world({ store });
    expect((await call()).ok).toBe(true);
    expect(requests).toHaveLength(1);
  });

  test.each([
    [() => new Response(null, { status: 400 }), "unauthorized"],
    [() => new Response("<html>", { status: 200 }), "unauthorized"],
    [() => new Response(null, { status: 500 }), "unreachable"],
    [() => new Response(null, { status: 429, headers: { "retry-after": "3" } }), "rateLimited"],
    [() => Response.error(), "unauthorized"],
  ] as const)("without a token nothing goes to the agent (%#)", async (answer, kind) => {
    const { call, calls } = world({ answer });
    const error = await call().catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(AgentError);
    expect(error).toMatchObject({ kind });
    expect(calls).toHaveLength(0);
  });
});
