import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { parseConfig } from "../../src/config.ts";
import { openLedgerReader } from "../../src/ledger/reader.ts";
import { silentLog } from "../../src/log.ts";
import { type Demo, startDemo } from "../../src/simulator/demo/demo.ts";
import { discordRooms, slackRooms, teamsRooms } from "../../src/simulator/demo/rooms.ts";
import { until } from "../support/until.ts";
import { createVisitor, type Visitor } from "./visitor.ts";

const start = (port = 0) => startDemo({ port, log: silentLog, env: process.env, openLedger: openLedgerReader });
const presets = ["spark", "brightsy", "inkeep", "sistava", "agentspace"];

/** What is said where, and what the agent there answers. Others may come before it: that the question was passed on, for one. */
const exchanges: readonly (readonly [platform: string, room: string, said: string, answer: RegExp])[] = [
  ["slack", "streaming", "stream a poem", /The wire/],
  ["slack", "slow-job", "job 1", /job is done/],
  ["slack", "spark", "thanks", /welcome/],
  ["slack", "brightsy", "anything", /You said to/],
  ["slack", "inkeep", "I want a refund", /Billing\*\* here/],
  ["slack", "sistava", "anything", /Nora Lind/],
  ["slack", "agentspace", "anything", /You said/],
  ["teams", "helpdesk", "thanks", /welcome/],
  ["teams", "slow-job", "job 1", /job is done/],
  ["teams", "questions", "stream a poem", /The wire/],
  ["teams", "Project Aurora", "I want a refund", /Billing\*\* here/],
  ["teams", "Agent Bridge", "stream a poem", /The wire/],
  ["discord", "streaming", "stream a poem", /The wire/],
  ["discord", "slow-job", "job 1", /job is done/],
  ["discord", "questions", "thanks", /welcome/],
  ["discord", "Agent Bridge", "stream a poem", /The wire/],
];

describe("the demo", () => {
  let demo: Demo;
  let visitor: Visitor;
  beforeAll(async () => {
    demo = await start();
    visitor = await createVisitor(demo.url);
  });
  afterAll(() => demo.stop());

  test("gives the bridge a configuration with an agent for every room", () => {
    const config = parseConfig(demo.config, {});

    expect(Object.keys(config.agents)).toEqual(["poet", "worker", ...presets]);
    expect(presets.map((name) => config.agents[name]?.preset)).toEqual(presets);
    for (const { agent } of [...slackRooms, ...teamsRooms, ...discordRooms]) expect(Object.keys(config.agents)).toContain(agent);
    expect(config.teams?.insecureLocal).toBe(false);
  });

  test("tells in each room what is special there and what to try", async () => {
    const { platforms } = await visitor.view({});

    expect(platforms.map(({ id }) => id)).toEqual(["slack", "teams", "discord"]);
    for (const { rooms } of platforms) {
      expect(new Set(rooms.map(({ hint }) => hint.hint)).size).toBe(rooms.length);
      for (const { hint } of rooms) {
        expect(hint.hint).not.toMatch(/\n/);
        expect(hint.tries.length).toBeGreaterThan(1);
      }
    }
  });

  test("lets every agent answer in its room, with the bridge in between", async () => {
    const answered = exchanges.map(async ([platform, room, said, answer]) => {
      const place = await visitor.say({ platform, room, text: `@Agent Bridge ${said}` });
      const shown = async () =>
        (await visitor.messages(place)).some(({ author, streaming, text }) => author.app && !streaming && answer.test(text));
      return until(shown, 60_000, `an answer in ${room} of ${platform}`);
    });

    expect(await Promise.all(answered)).toHaveLength(exchanges.length);
  }, 90_000);

  test("shows the ledger's rows without anything that was said", async () => {
    const place = await visitor.say({ platform: "slack", room: "sistava", text: "@Agent Bridge a most secret word" });
    const story = await until(async () => {
      const { story: hops } = await visitor.backstage(place);
      return hops?.some(({ kind, state }) => kind === "post" && state === "done") ? hops : undefined;
    }, 60_000);

    expect(story.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["event", "turn", "post"]));
    expect(JSON.stringify(story)).not.toMatch(/secret/);
    expect(story.every(({ reference }) => reference.length >= 8)).toBe(true);
  }, 90_000);

  test.each([
    ["limits", "cannot post while the chats answer 429, and posts what waited"],
    ["store", "acknowledges nothing while the store is locked, and answers what was sent again"],
    ["pushes", "waits for pushes that are late"],
  ])(
    "%s: %s",
    async (id) => {
      await visitor.flip(id, true);
      const place = await visitor.say({ platform: "slack", room: "slow-job", text: "@Agent Bridge job 1" });
      const answers = async () => (await visitor.messages(place)).filter(({ author, text }) => author.app && /job is done/.test(text));
      const story = async () => (await visitor.backstage(place)).story ?? [];
      if (id === "limits")
        await until(async () => (await story()).some(({ kind, state }) => kind === "post" && state === "waiting"), 60_000);
      if (id === "pushes") await until(() => demo.agents.worker.waiting > 0, 60_000, "a push that is held back");
      if (id === "store") expect(() => writeInto(demo.config)).toThrow(/locked/);
      if (id === "store") expect(await story()).toEqual([]);
      expect(await answers()).toEqual([]);

      await visitor.flip(id, false);

      await until(async () => (await answers()).length === 1, 60_000, "the answer after it");
    },
    90_000,
  );

  test("agents: says that an agent cannot be reached, and reaches it again", async () => {
    await visitor.flip("agents", true);
    const place = await visitor.say({ platform: "slack", room: "sistava", text: "@Agent Bridge anybody?" });
    const seen = async (words: RegExp) => (await visitor.messages(place)).some(({ author, text }) => author.app && words.test(text));
    await until(() => seen(/cannot be reached/), 120_000, "the notice");

    await visitor.flip("agents", false);
    await visitor.say({ ...place, platform: "slack", room: "sistava", text: "and now?" });

    await until(() => seen(/Nora Lind/), 60_000, "an answer");
  }, 200_000);

  test("kills the bridge and starts it again where it was", async () => {
    const { bridge: before } = await visitor.backstage({});
    await visitor.flip("bridge", true);
    expect((await visitor.backstage({})).bridge).toMatchObject({ state: "killed", kills: 1 });
    expect(() => process.kill(before.pid ?? 0, 0)).toThrow();

    await visitor.flip("bridge", false);

    const { bridge: after } = await visitor.backstage({});
    expect(after.state).toBe("running");
    expect(after.pid).not.toBe(before.pid);
  }, 90_000);
});

/** As another program would. */
function writeInto(config: unknown): void {
  const { store } = z.object({ store: z.object({ url: z.string() }) }).parse(config);
  const database = new DatabaseSync(store.url.replace("sqlite:", ""));
  try {
    database.exec("pragma busy_timeout = 0; begin immediate");
  } finally {
    database.close();
  }
}

test("leaves nothing behind, and no process", async () => {
  const demo = await start();
  const config = z.object({ store: z.object({ url: z.string() }) }).parse(demo.config);
  const folder = dirname(config.store.url.replace("sqlite:", ""));
  const { bridge } = await (await createVisitor(demo.url)).backstage({});
  expect(existsSync(folder)).toBe(true);

  await demo.stop();

  expect(existsSync(folder)).toBe(false);
  expect(() => process.kill(bridge.pid ?? 0, 0)).toThrow();
  await expect(fetch(demo.url)).rejects.toThrow();
}, 90_000);

test("says when the page's port is taken, with nothing left running", async () => {
  const demo = await start();

  await expect(start(Number(new URL(demo.url).port))).rejects.toMatchObject({ code: "EADDRINUSE" });

  await demo.stop();
}, 90_000);
