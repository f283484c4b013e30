import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import type { SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, output } from "../../src/simulator/agents/steps.ts";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createStage, mention, replies, whispers } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

interface Scene {
  readonly slack: SlackSimulator;
  readonly agent: SimulatedAgent;
}

/** An agent that requires an identity unless the settings say otherwise, and people of all sorts in C1. */
async function setUp(settings: Readonly<Record<string, unknown>> = {}, identity: Readonly<Record<string, unknown>> = {}): Promise<Scene> {
  const agent = await stage.agent({
    script: async function* (turn) {
      yield output("a", `${turn.metadata.userPrincipalName ?? "somebody"} said: ${turn.text}`);
      yield complete();
    },
  });
  const { slack } = await stage.world({
    slack: {
      people: [
        { id: "UUNC", name: "Una Unconfirmed", emailConfirmed: false },
        { id: "UFOR", name: "Flo Foreign", email: "flo@elsewhere.test" },
        { id: "UGST", name: "Gus Guest", guest: "multi" },
        { id: "USIN", name: "Sia Single", guest: "single" },
        { id: "USTR", name: "Sam Stranger", team: "T2", email: "sam@acme.test" },
        { id: "UGONE", name: "Gil Gone", deactivated: true },
      ],
    },
    config: {
      agents: { helper: { url: agent.url, identity: { required: true }, ...settings } },
      routes: [{ agent: "helper", followUps: "thread" }],
      identity,
    },
  });
  return { slack, agent };
}

describe("a person whose identity is proven", () => {
  test.each([
    { level: "both", message: "ann@acme.test", request: "ann@acme.test" },
    { level: "message", message: "ann@acme.test", request: undefined },
    { level: "request", message: undefined, request: "ann@acme.test" },
  ])("is told to the agent at the level $level, as userPrincipalName alone", async ({ level, message, request }) => {
    const { slack, agent } = await setUp({ identity: { required: true, level } });
    const ts = await mention(slack, "hello");
    await until(() => replies(slack, ts).length === 1);

    expect(replies(slack, ts)).toEqual(["ann@acme.test said: hello"]);
    expect(agent.received[0]?.metadata).toEqual({
      message: message ? { userPrincipalName: message } : {},
      request: request ? { userPrincipalName: request } : {},
    });
  });

  test("is told with the fields that the configuration names, and no others", async () => {
    const fields = ["userPrincipalName", "platform", "workspaceId", "userId", "displayName"];
    const { slack, agent } = await setUp({ identity: { fields } });
    const ts = await mention(slack, "hello");
    await until(() => replies(slack, ts).length === 1);

    const told = { userPrincipalName: "ann@acme.test", platform: "slack", workspaceId: "T1", userId: "UANN", displayName: "Ann Archer" };
    expect(agent.received[0]?.metadata).toEqual({ message: told, request: told });
  });

  test("is not told to an agent that asks for none", async () => {
    const { slack, agent } = await setUp({ identity: {} });
    const ts = await mention(slack, "hello");
    await until(() => replies(slack, ts).length === 1);
    expect(replies(slack, ts)).toEqual(["somebody said: hello"]);
    expect(agent.received[0]?.metadata).toEqual({ message: {}, request: {} });
  });

  test("may be named by the admin instead, by workspace and id", async () => {
    const map = { "slack:T1:UUNC": "una@acme.test", "slack:T2:UANN": "nobody@acme.test" };
    const { slack } = await setUp({}, { map });
    const una = await mention(slack, "hello", { user: "UUNC" });
    const ann = await mention(slack, "hello");
    await until(() => replies(slack, una).length === 1 && replies(slack, ann).length === 1);
    expect(replies(slack, una)).toEqual(["una@acme.test said: hello"]);
    expect(replies(slack, ann)).toEqual(["ann@acme.test said: hello"]);
  });
});

test("the admin's file names people, and is believed again when it has changed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "identities-"));
  const mapFile = join(folder, "ids.csv");
  await writeFile(mapFile, "slack:T1:UUNC,una@acme.test\n");
  const { slack } = await setUp({}, { mapFile });
  const before = await mention(slack, "hello", { user: "UUNC" });
  await until(() => replies(slack, before).length === 1);
  expect(replies(slack, before)).toEqual(["una@acme.test said: hello"]);
  await writeFile(mapFile, "slack:*:UUNC,una.new@acme.test\n");
  await until(async () => {
    const after = await mention(slack, "hello", { user: "UUNC" });
    await until(() => replies(slack, after).length === 1);
    return replies(slack, after)[0] === "una.new@acme.test said: hello";
  });
  await rm(folder, { recursive: true });
});

/** Lets somebody else be answered, so that what was said before is surely through. */
async function letAnnBeAnswered({ slack, agent }: Scene): Promise<void> {
  const ts = await mention(slack, "all fine?");
  await until(() => replies(slack, ts).length === 1);
  expect(agent.received.map(({ text }) => text)).toEqual(["all fine?"]);
}

describe("an agent that requires an identity never hears", () => {
  test.each([
    { who: "somebody with an unconfirmed e-mail address", user: "UUNC", rules: {} },
    { who: "a member with an address of a foreign domain", user: "UFOR", rules: { emailDomains: ["acme.test"] } },
    { who: "a member whose domain only ends like ours", user: "UFOR", rules: { emailDomains: ["acme.test", "where.test"] } },
  ])("$who; the thread is told why, with a reference", async ({ user, rules }) => {
    const scene = await setUp({}, rules);
    const ts = await mention(scene.slack, "open the safe", { user });
    await until(() => replies(scene.slack, ts).length === 1);

    expect(replies(scene.slack, ts)[0]).toMatch(/could not be verified.*Nothing was passed on.*Reference `\w+/s);
    expect(replies(scene.slack, ts)[0]).toContain(
      `a confirmed e-mail address of your organisation, or an admin who vouches for your account here: give them \`slack:T1:${user}\``,
    );
    expect(scene.slack.deliveries().size).toBe(1);
    await letAnnBeAnswered(scene);
  });

  test.each([
    { who: "a guest of several channels", user: "UGST", word: /own organisation only/ },
    { who: "a guest of one channel", user: "USIN", word: /own organisation only/ },
    { who: "a stranger of Slack Connect, though the address looks like ours", user: "USTR", word: /own organisation only/ },
    { who: "a deactivated user", user: "UGONE", word: /deactivated/ },
  ])("$who; only they are told", async ({ user, word }) => {
    const scene = await setUp();
    const ts = await mention(scene.slack, "open the safe", { user });
    await until(() => whispers(scene.slack, user, ts).length === 1);

    expect(whispers(scene.slack, user, ts)[0]).toMatch(word);
    expect(replies(scene.slack, ts)).toEqual([]);
    await letAnnBeAnswered(scene);
  });

  test("a guest or stranger whom the admin lets in, for nobody vouches for them", async () => {
    const scene = await setUp({}, { external: "allow" });
    const ts = await mention(scene.slack, "open the safe", { user: "USTR" });
    await until(() => replies(scene.slack, ts).length === 1);
    expect(replies(scene.slack, ts)[0]).toMatch(/could not be verified: it answers members of the organisation only/);
    await letAnnBeAnswered(scene);
  });
});

describe("an agent that requires no identity", () => {
  test("does not hear strangers either, unless the admin lets them in; then without a name", async () => {
    const fields = ["userPrincipalName", "userId"];
    const refusing = await setUp({ identity: { fields } });
    const refused = await mention(refusing.slack, "hello", { user: "USTR" });
    await until(() => whispers(refusing.slack, "USTR", refused).length === 1);
    expect(refusing.agent.received).toHaveLength(0);

    const allowing = await setUp({ identity: { fields } }, { external: "allow" });
    const allowed = await mention(allowing.slack, "hello", { user: "USTR" });
    await until(() => replies(allowing.slack, allowed).length === 1);
    expect(allowing.agent.received[0]?.metadata.message).toEqual({ userId: "USTR" });
  });

  test("hears members whose address is not confirmed, without the address", async () => {
    const { slack, agent } = await setUp({ identity: { fields: ["userPrincipalName", "displayName"] } });
    const ts = await mention(slack, "hello", { user: "UUNC" });
    await until(() => replies(slack, ts).length === 1);
    expect(agent.received[0]?.metadata.message).toEqual({ displayName: "Una Unconfirmed" });
  });
});

test("while Slack cannot say who it is nothing is passed on; afterwards the message is answered once", async () => {
  const { slack, agent } = await setUp();
  slack.fault({ kind: "500", method: "users.info" });
  const ts = await mention(slack, "hello");
  await until(() => slack.calls("users.info").length === 1);
  expect(agent.received).toHaveLength(0);
  await until(() => replies(slack, ts).length === 1);
  expect(replies(slack, ts)).toEqual(["ann@acme.test said: hello"]);
});

test("when Slack refuses to say who it is the thread is told, and nothing is passed on", async () => {
  const { slack, agent } = await setUp();
  slack.workspace.app.scopes.delete("users:read");
  const ts = await mention(slack, "hello");
  await until(() => replies(slack, ts).length === 1);
  expect(replies(slack, ts)[0]).toMatch(/could not be found out who you are.*Reference `/s);
  expect(agent.received).toHaveLength(0);
});
