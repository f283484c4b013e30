import { describe, expect, test } from "@jest/globals";
import { type CardTrick, createHostileAgent, type HostileOptions } from "../../src/simulator/agents/hostile.ts";
import type { Trick } from "../../src/simulator/agents/hostile-tricks.ts";
import { bystanderChannel, bystanderRoute, createBystanderAgent } from "../support/bystander.ts";
import { createStage } from "../support/stage.ts";
import { createChat } from "../support/systems/chat.ts";
import { measure } from "../support/systems/measure.ts";
import { until } from "../support/until.ts";

/**
 * Whatever an agent does with its card or its answers: its thread is told soon, in words and with a reference; another thread, whose
 * answer is half written then, does not notice; and the process grows by no more than a bound.
 */

const stage = createStage();
const megabyte = 1_048_576;
const lost = /there is no way to ask it what became of your message/;

/** With the agent's own memory, and what other tests left to be collected: both are in this process too. */
const boundMB = 384;
/** Of one turn of the event loop: leases and signs of all other threads wait as long. */
const stuckMs = 2_000;

/** An agent that means harm, and beside it a thread whose answer is half written. */
async function setUp(options: HostileOptions, settings: Readonly<Record<string, unknown>> = {}) {
  const steady = await createBystanderAgent(stage);
  const agent = await createHostileAgent(options);
  stage.owns(() => agent.stop());
  const world = await stage.world({
    slack: { channels: [{ id: bystanderChannel }] },
    config: {
      agents: { evil: { url: agent.url, ...settings }, steady: { url: steady.agent.url } },
      routes: [bystanderRoute, { agent: "evil" }],
    },
  });
  const bystander = await steady.begin(world);
  return { agent, world, bystander, chat: createChat(world.slack) };
}

/** One message to the agent, and what becomes of everybody. */
async function expectHarmless(options: HostileOptions, settings: Readonly<Record<string, unknown>>, words: RegExp) {
  const { agent, world, bystander, chat } = await setUp(options, settings);
  const used = await measure(async () => {
    await chat.say("hello");
    await until(() => /Reference `\w+`\.$/.test(chat.replies().at(-1) ?? ""), 30_000, "a word with a reference");
  });
  expect(chat.replies().at(-1)).toMatch(words);
  expect(chat.replies().length).toBeLessThanOrEqual(25);
  expect(used.grownMB).toBeLessThan(boundMB);
  expect(used.stuckMs).toBeLessThan(stuckMs);
  await bystander.expectUndisturbed(world);
  await until(() => agent.open === 0);
  return agent;
}

describe("a stream", () => {
  test.each([
    ["of 50 MB", "hugeStream", /longer than the 32 MB/],
    ["without an end", "endlessStream", /longer than the 32 MB/],
    ["of comments without an end", "endlessComments", /longer than the 32 MB/],
    ["of 200,000 events", "eventFlood", /too many pieces/],
    ["with an event of 50 MB", "hugeEvent", /larger than the bridge takes \(4 MB\)/],
    ["with an event without an end", "endlessEvent", /larger than the bridge takes \(4 MB\)/],
    ["with an event of 100,000 arrays in each other", "deepEvent", /too complex/],
    ["of what is no JSON", "garbageStream", /not A2A/],
    ["that is a web page", "wrongType", /web page/],
    ["that leads elsewhere", "redirect", /redirects elsewhere/],
  ] as const satisfies readonly (readonly [string, Trick, RegExp])[])("%s", async (_what, trick, words) => {
    const agent = await expectHarmless({ trick }, { delivery: ["stream"] }, words);
    expect(agent.written).toBeLessThan(40 * megabyte);
    expect(agent.calls).not.toContain("trap");
  });

  test("that drips a byte now and then is ended by the person's stop", async () => {
    const { agent, world, bystander, chat } = await setUp({ trick: "drip" }, { delivery: ["stream"] });
    await chat.say("hello");
    await until(() => agent.calls.includes("SendStreamingMessage"));
    await chat.say("stop");
    await until(() => chat.replies().at(-1)?.startsWith("Stopped. Reference"));
    await bystander.expectUndisturbed(world);
    await until(() => agent.open === 0);
  });

  test("that is silent is given up after the time for it", async () => {
    await expectHarmless({ trick: "silent" }, { delivery: ["stream"], limits: { silenceSeconds: 0.3 } }, /Nothing was heard/);
  });
});

describe("an answer", () => {
  test.each([
    ["of 50 MB", "hugeAnswer", /longer than the 32 MB/],
    ["without an end", "endlessAnswer", /longer than the 32 MB/],
    ["of 50 MB that is small on the wire", "bomb", /longer than the 32 MB/],
    ["of 100,000 arrays in each other", "deepAnswer", /too complex/],
    ["that is a web page called JSON", "garbage", /not A2A/],
    ["that leads elsewhere", "redirect", /redirects elsewhere/],
  ] as const satisfies readonly (readonly [string, Trick, RegExp])[])("%s", async (_what, trick, words) => {
    const agent = await expectHarmless({ trick, protocol: "0.3" }, { delivery: ["blocking"] }, words);
    expect(agent.written).toBeLessThan(40 * megabyte);
    expect(agent.calls).not.toContain("trap");
  });

  test("that is long but within the limits is shown as far as anybody reads, and says that it was cut", async () => {
    const { world, bystander, chat } = await setUp({ trick: "hugeStream", bytes: 5 * megabyte }, { delivery: ["stream"] });
    await chat.say("hello");
    await until(() => chat.replies().at(-1)?.includes("too long to be shown here"), 15_000);
    expect(chat.replies().join("").length).toBeLessThan(210_000);
    expect(chat.replies().length).toBeLessThanOrEqual(25);
    expect(lost.test(chat.replies().join(""))).toBe(false);
    await bystander.expectUndisturbed(world);
  });
});

describe("a card", () => {
  test.each([
    ["of 50 MB", "huge", /too large/],
    ["without an end", "endless", /too large/],
    ["of 50 MB that is small on the wire", "bomb", /too large/],
    ["of 100,000 arrays in each other", "deep", /too complex/],
    ["that is no card", "garbage", /card was not found/],
    ["that is a web page", "wrongType", /card was not found/],
    ["that leads elsewhere", "redirect", /card was not found/],
    ["that does not come", "silent", /did not come in time/],
  ] as const satisfies readonly (readonly [string, CardTrick, RegExp])[])("%s", async (_what, cardTrick, words) => {
    const agent = await expectHarmless({ cardTrick }, { limits: { connectSeconds: 0.3 } }, words);
    expect(agent.written).toBeLessThan(8 * megabyte);
    expect(new Set(agent.calls)).toEqual(new Set(["card"]));
  });
});
