import { describe, expect, test } from "@jest/globals";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { askForToken, createRig, type Rig, tokenForm } from "./rig.ts";

async function checkAsBot({ teams }: Rig, header: string | undefined) {
  const metadata = Object(await (await fetch(teams.config.endpoints.openId)).json());
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  return jwtVerify((header ?? "").replace("Bearer ", ""), keys, { issuer: "https://api.botframework.com", audience: teams.config.appId });
}

describe("the token of an activity", () => {
  test("can be checked with the published metadata and keys, and names the service URL", async () => {
    await using rig = await createRig();
    await (await rig.teams.say({ user: "ann", text: "hello" })).delivered;
    const { payload, protectedHeader } = await checkAsBot(rig, rig.received[0]?.headers.authorization);
    expect(payload.serviceurl).toBe(rig.teams.serviceUrl);
    expect(rig.received[0]?.activity.serviceUrl).toBe(rig.teams.serviceUrl);
    const { keys } = Object(await (await fetch(Object(await (await fetch(rig.teams.config.endpoints.openId)).json()).jwks_uri)).json());
    expect(keys).toMatchObject([{ kid: protectedHeader.kid, endorsements: ["msteams"] }]);
  });

  const hostile = [
    "wrongIssuer",
    "wrongAudience",
    "expired",
    "notYetValid",
    "unknownKey",
    "forged",
    "unsigned",
    "garbage",
    "none",
  ] as const;
  test.each(hostile)("fails the check when it is %s", async (token) => {
    await using rig = await createRig();
    await rig.teams.deliver({ type: "message" }, { token });
    await expect(checkAsBot(rig, rig.received[0]?.headers.authorization)).rejects.toThrow();
  });

  test("names another service URL on demand, and is good otherwise", async () => {
    await using rig = await createRig();
    await rig.teams.deliver({ type: "message" }, { token: "wrongServiceUrl" });
    await rig.teams.deliver({ type: "message" }, { serviceUrl: "http://127.0.0.1:1/" });
    const claims = await Promise.all(
      rig.received.map(async ({ headers }) => (await checkAsBot(rig, headers.authorization)).payload.serviceurl),
    );
    expect(claims).toEqual(["https://smba.trafficmanager.test/amer/", "http://127.0.0.1:1/"]);
  });

  test("two simulators have metadata at different addresses, for clients keep keys by address", async () => {
    await using one = await createRig();
    await using another = await createRig();
    const path = ({ teams }: Rig) => new URL(teams.config.endpoints.openId).pathname;
    expect(path(one)).not.toBe(path(another));
  });
});

describe("the token endpoint", () => {
  const wrong = [
    ["grant_type", "password", 400, "unsupported_grant_type"],
    ["client_id", "somebody", 400, "unauthorized_client"],
    ["client_secret", "guessed", 401, "invalid_client"],
    ["scope", "https://api.botframework.com", 400, "invalid_scope"],
  ] as const;
  test.each(wrong)("refuses a wrong %s", async (key, value, status, error) => {
    await using rig = await createRig();
    const answer = await askForToken(rig.teams, { ...tokenForm(rig.teams), [key]: value });
    expect(answer).toMatchObject({ status, body: { error } });
  });

  test("refuses another tenant", async () => {
    await using rig = await createRig();
    expect((await askForToken(rig.teams, tokenForm(rig.teams), "common")).status).toBe(400);
  });

  test("gives a managed identity its token when it asks as one must", async () => {
    await using rig = await createRig();
    const { appId, endpoints } = rig.teams.config;
    const url = `${endpoints.managedIdentity}/metadata/identity/oauth2/token?resource=https://api.botframework.com&client_id=${appId}`;
    expect((await fetch(url)).status).toBe(400);
    const granted = Object(await (await fetch(url, { headers: { metadata: "true" } })).json());
    const authorization = `Bearer ${granted.access_token}`;
    expect((await rig.call("GET", `v3/conversations/${rig.teams.personal("ann")}/members`, undefined, { authorization })).status).toBe(200);
  });

  test("speaks for the US government's cloud when it is told to", async () => {
    await using rig = await createRig({ cloud: "usGovernment" });
    expect((await rig.post(rig.teams.personal("ann"), "hello")).status).toBe(201);
    const elsewhere = await askForToken(rig.teams, { ...tokenForm(rig.teams), scope: "https://api.botframework.com/.default" });
    const authorization = `Bearer ${elsewhere.body.access_token}`;
    expect((await rig.call("GET", "v3/conversations/x/members", undefined, { authorization })).status).toBe(401);
  });
});

describe("the Bot Connector's door", () => {
  test("is closed to calls without a token, and to tokens for somebody else", async () => {
    await using rig = await createRig();
    const graph = await askForToken(rig.teams, { ...tokenForm(rig.teams), scope: "https://graph.microsoft.com/.default" });
    await (await rig.teams.say({ user: "ann", text: "hello" })).delivered;
    const headers = ["", "Bearer x", `Bearer ${graph.body.access_token}`, rig.received[0]?.headers.authorization ?? ""];
    for (const authorization of headers) {
      const answer = await rig.call("POST", "v3/conversations/a%3A1ann/activities", { type: "message", text: "hi" }, { authorization });
      expect(answer.status).toBe(401);
    }
    expect(rig.teams.violations).toHaveLength(4);
    expect(rig.teams.chat("a:1ann").messages.map(({ text }) => text)).toEqual(["hello"]);
  });
});
