import { describe, expect, test } from "@jest/globals";
import { complete, output, working } from "../../src/simulator/agents/steps.ts";
import { home } from "../../src/simulator/discord/realm.ts";
import type { DiscordSimulator } from "../../src/simulator/discord/simulator.ts";
import { createDiscordBridge, said, saidIn } from "../support/discord/bridge.ts";
import { createStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

/** What people write while the bridge does not listen: no event tells of it, and each message is answered once all the same. */

const stage = createStage();

/** A message may also be told that it has to wait. */
const isAnswer = (text: string) => text.startsWith("Answer to");

async function setUp(settings: Readonly<Record<string, unknown>> = {}) {
  const agent = await stage.agent({
    script: (turn) => [working(), output("a", `Answer to ${turn.text}`, { last: true }), complete()],
  });
  const bridge = await createDiscordBridge(stage, {
    config: { agents: { helper: { url: agent.url, whileRunning: "queue" } } },
    settings,
    discord: { people: [{ id: "cem" }] },
  });
  const { discord } = bridge;
  const thread = discord.say({ channel: home.help, user: "ann", text: "before", mention: true }).id;
  const post = discord.post({ user: "ben", forum: home.forum, title: "Printer", text: "before", mention: true }).id;
  discord.say({ user: "cem", text: "before" });
  const answers = () => ({
    thread: saidIn(discord, home.help, thread).filter(isAnswer),
    post: saidIn(discord, home.forum, post).filter(isAnswer),
    direct: said(discord.direct("cem").messages).filter(isAnswer),
  });
  await until(() => Object.values(answers()).every((texts) => texts.length === 1));
  return { agent, ...bridge, thread, post, answers };
}

/** In every kind of place: a thread, a post, a direct message, and a channel in which nobody spoke to the bot before. */
function speak(discord: DiscordSimulator, { thread, post }: { readonly thread: string; readonly post: string }) {
  for (const text of ["first", "second"]) {
    discord.say({ channel: thread, user: "ann", text });
    discord.say({ channel: post, user: "ben", text });
    discord.say({ user: "cem", text });
  }
  discord.say({ channel: home.random, user: "ann", text: "nothing for the bot" });
  return discord.say({ channel: home.random, user: "ann", text: "hello", mention: true }).id;
}

const expected = ["before", "first", "second"].map((text) => `Answer to ${text}`);
const everywhere = { thread: expected, post: expected, direct: expected };

describe("what was written while", () => {
  test("the bridge was down is answered once and in order when it is back", async () => {
    const { agent, discord, world, answers, ...places } = await setUp();
    await world.stopBridge();
    const begun = speak(discord, places);
    await world.startBridge();
    await until(
      () => saidIn(discord, home.random, begun).length === 1 && Object.values(answers()).every((texts) => texts.length >= 3),
      20_000,
    );
    await world.restart();
    await until(async () => (await world.app.ledger.stats()).every(({ state }) => state === "done"));
    expect(answers()).toEqual(everywhere);
    expect(saidIn(discord, home.random, begun)).toEqual(["Answer to hello"]);
    expect([...agent.countByMessageId().values()].every((count) => count === 1)).toBe(true);
    expect(agent.received.map(({ text }) => text).toSorted()).toHaveLength(10);
  });

  test("the session was lost is answered once and in order in the next one", async () => {
    const { agent, discord, answers, ...places } = await setUp();
    discord.gateway.pause("events");
    const begun = speak(discord, places);
    discord.gateway.invalidate();
    discord.gateway.resume();
    await until(
      () => saidIn(discord, home.random, begun).length === 1 && Object.values(answers()).every((texts) => texts.length >= 3),
      25_000,
    );
    expect(answers()).toEqual(everywhere);
    expect(agent.received.map(({ text }) => text).toSorted()).toHaveLength(10);
    expect(discord.counters().identifies).toBe(2);
  }, 40_000);

  test("the connection was cut is replayed by the resumed session, once and in order", async () => {
    const { agent, discord, answers, ...places } = await setUp();
    discord.gateway.disconnect();
    const begun = speak(discord, places);
    await until(
      () => saidIn(discord, home.random, begun).length === 1 && Object.values(answers()).every((texts) => texts.length >= 3),
      25_000,
    );
    expect(answers()).toEqual(everywhere);
    expect(agent.received.map(({ text }) => text).toSorted()).toHaveLength(10);
    expect(discord.counters()).toMatchObject({ identifies: 1, resumes: 1 });
  }, 40_000);

  test("and a page of the history is not enough: all of it is answered", async () => {
    const { discord, world, thread } = await setUp();
    await world.stopBridge();
    for (let number = 1; number <= 120; number += 1) discord.say({ channel: home.help, user: "ben", text: `chat ${number}` });
    const last = discord.say({ channel: home.help, user: "ann", text: "at last", mention: true }).id;
    await world.startBridge();
    await until(() => saidIn(discord, home.help, last).length === 1, 20_000);
    expect(discord.threads(home.help).map(({ id }) => id)).toEqual([thread, last]);
  });
});

test("what was written long ago is left alone, and so is what was written before the bridge ran for the first time", async () => {
  const agent = await stage.agent({ script: (turn) => [output("a", `Answer to ${turn.text}`, { last: true }), complete()] });
  const hour = 3_600_000;
  const { discord, world } = await createDiscordBridge(stage, { config: { agents: { helper: { url: agent.url } } } });
  const first = discord.say({ channel: home.help, user: "ann", text: "one", mention: true }).id;
  await until(() => saidIn(discord, home.help, first).length === 1);
  await world.stopBridge();
  discord.say({ channel: home.random, user: "ann", text: "long ago", mention: true, at: Date.now() - 2 * hour });
  const recent = discord.say({ channel: home.random, user: "ann", text: "just now", mention: true }).id;
  await world.startBridge();
  await until(() => saidIn(discord, home.random, recent).length === 1);
  expect(agent.received.map(({ text }) => text)).toEqual(["one", "just now"]);
});
