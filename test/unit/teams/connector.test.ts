import { beforeAll, describe, expect, test } from "@jest/globals";
import { teamsSchema } from "../../../adapters/teams/config.ts";
import { createConnector } from "../../../adapters/teams/connector.ts";
import { createTokens } from "../../../adapters/teams/credentials.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { createKeys, type Keys, type TokenFacts } from "../../../src/simulator/teams/keys.ts";

const appId = "aaaaaaaa-0000-4000-8000-000000000001";
const config = teamsSchema.parse({ appId, appPassword: "s", tenantId: "bbbbbbbb-0000-4000-8000-000000000001" });
const activity = { channelId: "msteams", serviceUrl: "https://smba.trafficmanager.net/amer/" };
const signal = new AbortController().signal;

let keys: Keys;
beforeAll(async () => {
  keys = await createKeys(systemClock);
});

/** The services of Microsoft, as far as they are asked here; every address that was called. */
function createServices(answers: Readonly<Record<string, () => Response>> = {}) {
  const called: string[] = [];
  const fetchFrom: typeof fetch = async (input) => {
    const url = String(input);
    called.push(url);
    const answer = Object.entries(answers).find(([part]) => url.includes(part));
    if (answer) return answer[1]();
    if (url.endsWith("/keys")) return Response.json(keys.published);
    if (url.endsWith("openidconfiguration")) return Response.json({ jwks_uri: "https://login.botframework.com/keys" });
    if (url.includes("/oauth2/v2.0/token"))
      return Response.json({ token_type: "Bearer", expires_in: 3600, access_token: `token-${called.length}` });
    throw new Error(`nobody asked for ${url}`);
  };
  const tokens = createTokens({ config, fetch: fetchFrom, clock: systemClock, signal });
  return { called, tokens, connector: createConnector({ config, fetch: fetchFrom, clock: systemClock, tokens, signal }) };
}

const now = () => Math.floor(Date.now() / 1000);
const token = async (change: Partial<TokenFacts> = {}) =>
  `Bearer ${await keys.sign({
    issuer: "https://api.botframework.com",
    audience: appId,
    issuedAt: now() - 60,
    expiresAt: now() + 600,
    claims: { serviceurl: activity.serviceUrl },
    ...change,
  })}`;

describe("who is taken for the service", () => {
  test("whoever has its token for this bot and service url", async () => {
    const { connector, called } = createServices();
    expect(await connector.isAuthentic(activity, await token())).toBe(true);
    expect(called).toEqual(["https://login.botframework.com/v1/.well-known/openidconfiguration", "https://login.botframework.com/keys"]);
  });

  test("nobody with a token that emulators or other bots get, and nobody else is asked about it", async () => {
    const { connector, called } = createServices();
    const microsoft = "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/";
    const emulator = { issuer: microsoft, claims: { ver: "1.0", appid: appId, serviceurl: activity.serviceUrl } };
    const skill = {
      issuer: microsoft,
      claims: { ver: "1.0", appid: "cccccccc-0000-4000-8000-000000000001", serviceurl: activity.serviceUrl },
    };
    const mixed = { claims: { ver: "2.0", azp: "cccccccc-0000-4000-8000-000000000001", serviceurl: activity.serviceUrl } };
    for (const change of [emulator, skill, mixed]) expect(await connector.isAuthentic(activity, await token(change))).toBe(false);
    expect(called.every((url) => url.startsWith("https://login.botframework.com/"))).toBe(true);
  });

  test.each(["", "Bearer", "Bearer a.b.c", "Basic x", "Bearer e30.e30.e30"])("nobody with %j", async (authorization) => {
    const { connector } = createServices();
    expect(await connector.isAuthentic(activity, authorization)).toBe(false);
  });

  test("two bots in one process do not share keys", async () => {
    const other = await createKeys(systemClock);
    const theirs = createServices({ "/keys": () => Response.json(other.published) });
    const ours = createServices();
    expect(await ours.connector.isAuthentic(activity, await token())).toBe(true);
    const told = console.error;
    console.error = () => undefined;
    try {
      expect(await theirs.connector.isAuthentic(activity, await token())).toBe(false);
    } finally {
      console.error = told;
    }
  });
});

describe("the bot's own token", () => {
  test("is fetched once, also for many at a time, from the tenant's own address", async () => {
    const { tokens, called } = createServices();
    const all = await Promise.all(Array.from({ length: 10 }, () => tokens.get()));
    expect(new Set(all).size).toBe(1);
    expect(called.map((url) => url.split("?")[0])).toEqual([`https://login.microsoftonline.com/${config.tenantId}/oauth2/v2.0/token`]);
  });

  test("is fetched anew once it was refused, and not for a refusal of an older one", async () => {
    const { tokens, called } = createServices();
    const first = await tokens.get();
    tokens.forget(first);
    const second = await tokens.get();
    tokens.forget(first);
    expect(await tokens.get()).toBe(second);
    expect(called).toHaveLength(2);
  });

  test.each([
    [
      "a wrong secret",
      () => Response.json({ error: "invalid_client", error_description: "AADSTS7000215: bad secret" }, { status: 401 }),
      "refused",
    ],
    ["an outage", () => Response.json({ error: "temporarily_unavailable" }, { status: 503 }), "unavailable"],
    ["a page in between", () => new Response("<html>", { status: 200 }), "unavailable"],
    ["a broken line", () => Response.error(), "unavailable"],
  ])("that cannot be had because of %s is told for what it is", async (_, answer, kind) => {
    const { tokens } = createServices({ "/token": answer });
    await expect(tokens.get()).rejects.toMatchObject({ kind });
  });
});
