import { afterEach, describe, expect, test } from "@jest/globals";
import type { AgentAuth } from "../../../src/simulator/agents/auth.ts";
import { complete } from "../../../src/simulator/agents/steps.ts";
import { closeAll, connect, say, startAgent, wires } from "./support.ts";

afterEach(closeAll);

const [rpc10, , rpc03, rest03] = wires;
const oauth = { clientId: "bridge", clientSecret: "s3cret", seconds: 60 };

const showing =
  (headers: Record<string, string>): typeof fetch =>
  (url, init) =>
    fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), ...headers } });

describe("the door of a simulated agent", () => {
  test.each<[string, AgentAuth, Record<string, string>]>([
    ["a bearer token", { bearer: "b1" }, { authorization: "Bearer b1" }],
    ["an API key", { apiKey: { header: "x-api-key", value: "k1" } }, { "x-api-key": "k1" }],
  ])("opens to %s and to nothing else", async (_what, auth, headers) => {
    const agent = await startAgent(rpc10, () => [complete("in")], { auth });
    await expect((await connect(agent)).sendMessage(say("go"))).rejects.toThrow(/401/);
    expect(agent.received).toEqual([]);
    await (await connect(agent, showing(headers))).sendMessage(say("go"));
    expect(agent.received).toHaveLength(1);
  });

  test("gives tokens to who knows the secret, until their time is over or they are revoked", async () => {
    let now = 0;
    const clock = { now: () => now, sleep: async () => undefined, after: () => () => undefined };
    const agent = await startAgent(rest03, () => [complete("in")], { auth: { oauth }, clock });
    const get = async (form: Record<string, string>) => {
      const response = await fetch(`${agent.url}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
      return { status: response.status, body: Object(await response.json()) };
    };
    const secret = { client_id: "bridge", client_secret: "s3cret" };
    expect((await get({ grant_type: "client_credentials", client_id: "bridge", client_secret: "no" })).status).toBe(401);
    expect((await get({ grant_type: "password", ...secret })).status).toBe(400);
    const { body } = await get({ grant_type: "client_credentials", ...secret });
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 60 });
    const client = await connect(agent, showing({ authorization: `Bearer ${body.access_token}` }));
    await client.sendMessage(say("go"));
    now = 60_000;
    await expect(client.sendMessage(say("go"))).rejects.toThrow();
    expect(agent.auth.issued).toBe(1);
    expect(agent.received).toHaveLength(1);
  });

  test("is written on the card, in the words of each protocol", async () => {
    const agent10 = await startAgent(rpc10, () => [complete()], { auth: { oauth } });
    const agent03 = await startAgent(rpc03, () => [complete()], { auth: { oauth } });
    const card = async (url: string) => Object(await (await fetch(url)).json());
    expect(await card(agent10.cardUrl)).toMatchObject({
      supportedInterfaces: [{ url: agent10.endpoint, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
      securitySchemes: { caller: { oauth2SecurityScheme: { flows: { clientCredentials: { tokenUrl: `${agent10.url}/oauth/token` } } } } },
    });
    const old = await card(agent03.cardUrl);
    expect(old).toMatchObject({
      protocolVersion: "0.3.0",
      url: agent03.endpoint,
      preferredTransport: "JSONRPC",
      securitySchemes: { caller: { type: "oauth2", flows: { clientCredentials: { tokenUrl: `${agent03.url}/oauth/token` } } } },
    });
    expect(old.supportedInterfaces).toBeUndefined();
  });
});
