import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { complete, fail, output, working } from "../../src/simulator/agents/steps.ts";
import { createStage } from "../support/stage.ts";
import { createTeamsBridge, help, said } from "../support/teams/bridge.ts";
import { createLocalClient, type LocalClientOptions } from "../support/teams/client.ts";
import { until } from "../support/until.ts";

/** Without an app id and on this machine alone, an ordinary Bot Framework client talks to the bridge. */

const stage = createStage();
const local = { appId: undefined, appPassword: undefined, tenantId: undefined, endpoints: {}, insecureLocal: true };

const agentOf = () =>
  stage.agent({
    script: (turn) =>
      turn.text === "break"
        ? [working(), fail("It broke.")]
        : [working(), output("a", `You said: ${[...turn.before, turn.text].join(", ")}`, { last: true }), complete()],
  });

async function setUp(options: Partial<LocalClientOptions> = {}) {
  const agent = await agentOf();
  const world = await stage.world({
    config: {
      teams: { insecureLocal: true, welcome: "" },
      agents: { helper: { url: agent.url } },
      routes: [{ agent: "helper", followUps: "thread" }],
    },
  });
  const client = await createLocalClient(() => world.url, { deletion: 501, ids: true, ...options });
  stage.owns(() => client.stop());
  return { agent, world, client };
}

/** What a conversation shows in the end, when nothing is under way in it. */
const answers = (texts: readonly string[]) => texts.filter((text) => !["Working on it…", "Writing…", "_Done._", "thinking"].includes(text));

const personal = { id: "chat-1" };
const thread = { id: "19:room@thread.tacv2;messageid=17", isGroup: true } as const;

describe("a client that is written by hand", () => {
  test("talks in a personal chat, which remembers", async () => {
    const { client, agent } = await setUp();
    expect(await client.say(personal, "one")).toBe(200);
    await until(() => answers(client.shows(personal.id)).length === 1);
    expect(await client.say(personal, "two")).toBe(200);
    await until(() => answers(client.shows(personal.id)).length === 2);
    expect(answers(client.shows(personal.id))).toEqual(["You said: one", "You said: one, two"]);
    expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
  });

  test("talks in a channel thread by a mention, and goes on in it without one; another thread is another conversation", async () => {
    const { client } = await setUp();
    const mention = { text: "<at>Bot</at> one", entities: [{ type: "mention", text: "<at>Bot</at>", mentioned: { id: "bot" } }] };
    const other = { ...thread, id: "19:room@thread.tacv2;messageid=18" };
    expect(await client.say(thread, "", mention)).toBe(200);
    await until(() => answers(client.shows(thread.id)).length === 1);
    expect(await client.say(thread, "two")).toBe(200);
    await until(() => answers(client.shows(thread.id)).length === 2);
    expect(await client.say(other, "", mention)).toBe(200);
    await until(() => answers(client.shows(other.id)).length === 1);
    expect(answers(client.shows(thread.id))).toEqual(["You said: one", "You said: one, two"]);
    expect(answers(client.shows(other.id))).toEqual(["You said: one"]);
    const written = client.heard.filter(({ method }) => method !== "GET").map(({ conversation }) => conversation);
    expect(new Set(written)).toEqual(new Set([thread.id, other.id]));
  });

  test.each([404, 405, 501] as const)("may answer a deletion with %i: the sign then says that the work is over", async (deletion) => {
    const { client, world } = await setUp({ deletion });
    const mention = { text: "<at>Bot</at> break", entities: [{ type: "mention", text: "<at>Bot</at>", mentioned: { id: "bot" } }] };
    expect(await client.say(thread, "", mention)).toBe(200);
    await until(() => client.shows(thread.id).some((text) => text.includes("could not finish")));
    await until(() => client.heard.some(({ method }) => method === "DELETE"));
    await until(() => !client.shows(thread.id).includes("Working on it…"));
    expect(client.shows(thread.id)).toEqual(["_Done._", expect.stringContaining("It broke.")]);
    expect((await world.app.ledger.stats()).filter(({ state }) => state !== "done")).toEqual([]);
  });

  test("need not say which id a message got", async () => {
    const { client } = await setUp({ ids: false });
    expect(await client.say(personal, "one")).toBe(200);
    await until(() => answers(client.shows(personal.id)).length === 1);
    expect(answers(client.shows(personal.id))).toEqual(["You said: one"]);
  });

  test("has to be reached on this machine: another service url, and a web page, are refused", async () => {
    const { client, agent, world } = await setUp();
    for (const serviceUrl of ["https://smba.trafficmanager.net/amer/", "http://10.0.0.7:3978", "http://127.0.0.1.evil.test"])
      expect(await client.say(personal, "one", { serviceUrl })).toBe(403);
    const body = JSON.stringify({ type: "message", serviceUrl: client.serviceUrl, conversation: personal, text: "one", from: { id: "u" } });
    const headers = { "content-type": "application/json", origin: "https://evil.test" };
    expect((await fetch(`${world.url}/api/messages`, { method: "POST", headers, body })).status).toBe(403);
    expect(await world.app.ledger.stats()).toEqual([]);
    expect(agent.received).toEqual([]);
  });
});

test("the simulator as such a client is served in a personal chat and in a channel thread, and is never sent a token", async () => {
  const agent = await agentOf();
  const { teams } = await createTeamsBridge(stage, {
    teams: { plain: true },
    settings: local,
    config: { agents: { helper: { url: agent.url } } },
  });
  const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "in the thread", mention: true });
  await teams.say({ user: "ben", text: "in the chat" });
  await until(() => said(teams.thread(help, threadId).replies).length > 0 && said(teams.chat(teams.personal("ben")).messages).length > 0);
  expect(said(teams.thread(help, threadId).replies)).toEqual(["You said: in the thread"]);
  expect(said(teams.chat(teams.personal("ben")).messages)).toEqual(["You said: in the chat"]);
  expect(teams.calls("token")).toEqual([]);
  expect(teams.violations).toEqual([]);
});

test.each([["0.0.0.0"], ["::"]])("a bridge that listens on %s does not start without an app id", async (host) => {
  const folder = await mkdtemp(join(tmpdir(), "teams-local-"));
  try {
    const config = [
      `listen: { host: "${host}", port: 0 }`,
      `store: { url: "sqlite:${join(folder, "bridge.db")}" }`,
      "teams: { insecureLocal: true }",
      `agents: { helper: { url: "http://127.0.0.1:9" } }`,
      "outbound: { allowPrivateNetworks: true }",
    ];
    await writeFile(join(folder, "bridge.yaml"), config.join("\n"));
    const start = fileURLToPath(new URL("../../src/start.js", import.meta.url));
    const child = spawn(process.execPath, [start, "start", "--config", join(folder, "bridge.yaml")], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: "" },
    });
    stage.owns(async () => void child.kill("SIGKILL"));
    let told = "";
    child.stderr.on("data", (chunk) => {
      told += String(chunk);
    });
    const [code] = await once(child, "close");
    expect(code).toBe(1);
    expect(told).toContain("teams.insecureLocal");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
