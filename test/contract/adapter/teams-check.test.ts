import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { teamsSchema } from "../../../adapters/teams/config.ts";
import { createTeamsAdapter } from "../../../adapters/teams/index.ts";
import { createGuardedFetch, type GuardedFetch } from "../../../src/http/fetch.ts";
import { silentLog } from "../../../src/log.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { createMemoryStores, createTeamsWorld, type TeamsWorld } from "./teams-world.ts";

const publicUrl = "https://bridge.example.test";
let world: TeamsWorld;
let outbound: GuardedFetch;
beforeEach(async () => {
  world = await createTeamsWorld();
  outbound = createGuardedFetch({ allowPrivateNetworks: true });
});
afterEach(async () => {
  await outbound.close();
  await world.stop();
});

/** What an adapter that was never started finds. Behind the bridge's public address is `behind`. */
async function check(config: Readonly<Record<string, unknown>> = {}, options: { url?: string | undefined; behind?: string } = {}) {
  const { url = publicUrl, behind = world.url } = options;
  const adapter = createTeamsAdapter({
    config: teamsSchema.parse({ ...world.teams.config, ...config }),
    fetch: (input, init) => outbound.fetch(String(input).replace(publicUrl, behind), init),
    clock: systemClock,
    log: silentLog,
    openStore: createMemoryStores(),
    loopback: true,
  });
  const findings = (await adapter.check?.("url" in options ? options.url : url, new AbortController().signal)) ?? [];
  await adapter.stop();
  return Object.fromEntries(findings.map(({ what, state, says }) => [what, `${state}: ${says}`]));
}

test("what is good is told with the app and the tenant that it is for, and without a secret", async () => {
  const { appId, tenantId, appPassword } = teamsSchema.parse(world.teams.config);
  const found = await check();
  expect(found).toEqual({
    credentials: "good: Microsoft Entra gives the bot a token",
    "app id": `good: ${appId}`,
    tenant: `good: ${tenantId}`,
    "keys of Teams": expect.stringMatching(/^good: /),
    "messaging endpoint": expect.stringMatching(/^good: https:\/\/bridge\.example\.test\/api\/messages is open/),
  });
  expect(JSON.stringify(found)).not.toContain(appPassword);
  expect(world.received).toEqual([]);
});

test("credentials that Microsoft refuses are told by their key", async () => {
  expect(await check({ appPassword: "an-id-in-place-of-a-value" })).toMatchObject({
    credentials: expect.stringMatching(/^bad: teams\.appPassword: /),
    "keys of Teams": expect.stringMatching(/^good/),
  });
});

test.each([
  ["a missing address", { url: undefined }, /^bad: publicUrl is missing/],
  ["plain http", { url: "http://bridge.example.test" }, /^bad: .* is not https/],
  ["nobody", { behind: "http://127.0.0.1:9" }, /^unknown: .*cannot be reached from here/],
] as const)("the endpoint with %s behind it is not called good", async (_, options, expected) => {
  expect((await check({}, options))["messaging endpoint"]).toMatch(expected);
});

test("a page in place of the bridge is told", async () => {
  expect((await check({}, { behind: `${world.url}/elsewhere` }))["messaging endpoint"]).toMatch(/^bad: .* 404/);
});

test("a bridge for local clients says what it is", async () => {
  const local = { appId: undefined, appPassword: undefined, tenantId: undefined, insecureLocal: true, endpoints: {} };
  expect(await check(local)).toEqual({ credentials: expect.stringMatching(/^bad: teams\.insecureLocal/) });
});

test("a managed identity has a way of its own to its tokens, and takes it for nothing else", async () => {
  const ways = { usual: [] as string[], identity: [] as string[] };
  const through =
    (seen: string[]): typeof fetch =>
    (input, init) => {
      seen.push(new URL(String(input)).pathname);
      return outbound.fetch(input, init);
    };
  const adapter = createTeamsAdapter({
    config: teamsSchema.parse({ ...world.teams.config, appPassword: undefined, managedIdentity: true }),
    fetch: through(ways.usual),
    identityFetch: through(ways.identity),
    clock: systemClock,
    log: silentLog,
    openStore: createMemoryStores(),
    loopback: true,
  });
  const findings = await adapter.check?.(undefined, new AbortController().signal);
  await adapter.stop();
  expect(findings?.[0]).toMatchObject({ what: "credentials", state: "good" });
  expect(ways.identity).toEqual(["/metadata/identity/oauth2/token"]);
  expect(ways.usual).toHaveLength(2);
  expect(ways.usual.join()).not.toContain("metadata/identity");
});
