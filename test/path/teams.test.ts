import { afterEach, describe, expect, test } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, detach, output, type Script, wait, working } from "../../src/simulator/agents/steps.ts";
import type { AgentTurn } from "../../src/simulator/agents/turn.ts";
import { createTeamsSimulator, type TeamsSimulator } from "../../src/simulator/teams/simulator.ts";
import { until } from "../support/until.ts";
import { createWorld, type World, type WorldOptions } from "../support/world.ts";

const help = "19:help@thread.tacv2";
const group = "19:group@thread.v2";

let world: World | undefined;
let agent: SimulatedAgent | undefined;
let teams: TeamsSimulator | undefined;
let gate = Promise.withResolvers<void>();
afterEach(async () => {
  gate.resolve();
  await world?.stop();
  await teams?.stop();
  await agent?.stop();
});

/** Says what was said before, and who asks; "slowly" waits for the gate and answers by push. */
async function* answer(turn: AgentTurn): AsyncGenerator<Awaited<ReturnType<typeof complete>>> {
  yield working();
  if (turn.text.includes("slowly")) {
    yield detach();
    yield wait(gate.promise);
  }
  yield output("a", `${turn.metadata.userPrincipalName ?? "somebody"}: ${[...turn.before, turn.text].join(", ")}`, { last: true });
  yield complete();
}

async function setUp(settings: Record<string, unknown> = {}, more: Partial<WorldOptions> = {}) {
  gate = Promise.withResolvers<void>();
  const simulator = await createTeamsSimulator({ answerMs: 2_000, streamIntervalMs: 50 });
  teams = simulator;
  agent = await createSimulatedAgent({
    name: "helper",
    protocol: "1.0",
    binding: "JSONRPC",
    modes: { streaming: true, push: true },
    script: (turn): Script => answer(turn),
  });
  const pace = { perSecond: 100, perTwoSeconds: 200, perHalfMinute: 2_000, perHour: 100_000 };
  world = await createWorld({
    ...more,
    config: {
      teams: { ...simulator.config, welcome: "", pace },
      agents: { helper: { url: agent.url, identity: { required: true }, threadIdentity: "shared", ...settings } },
      routes: [{ agent: "helper", followUps: "thread" }],
    },
    onStart: (url) => simulator.target(`${url}/api/messages`),
  });
  const said = (messages: readonly { readonly bot: boolean; readonly streaming: boolean; readonly text: string }[]) =>
    messages.filter(({ bot, streaming, text }) => bot && !streaming && text !== "Working on it…").map(({ text }) => text);
  return { teams: simulator, agent, said };
}

describe("Microsoft Teams", () => {
  test("a personal chat needs no mention, remembers, and shows that an agent speaks", async () => {
    const { teams, said } = await setUp();
    const chat = teams.personal("ann");
    await teams.say({ user: "ann", text: "one" });
    await until(() => said(teams.chat(chat).messages).length === 1);
    await teams.say({ user: "ann", text: "two" });
    await until(() => said(teams.chat(chat).messages).length === 2);
    expect(said(teams.chat(chat).messages)[1]).toMatch(/^ann@.*: one, two$/);
    expect(
      teams
        .chat(chat)
        .messages.filter(({ bot }) => bot)
        .every(({ aiLabel }) => aiLabel),
    ).toBe(true);
    expect(teams.violations).toEqual([]);
  });

  test("a group chat wants a mention", async () => {
    const { teams, agent, said } = await setUp();
    await teams.say({ user: "ann", chat: group, text: "not for the bot" });
    await teams.say({ user: "ann", chat: group, text: "hello", mention: true });
    await until(() => said(teams.chat(group).messages).length === 1);
    expect(agent.received.map(({ text }) => text)).toEqual(["hello"]);
  });

  test("two people in one channel thread keep their own identity, and each thread its own conversation", async () => {
    const { teams, agent, said } = await setUp();
    const first = await teams.say({ user: "ann", channel: help, text: "one", mention: true });
    const thread = first.threadId ?? "";
    await until(() => said(teams.thread(help, thread).replies).length === 1);
    await teams.say({ user: "ben", channel: help, threadId: thread, text: "two", mention: true });
    await until(() => said(teams.thread(help, thread).replies).length === 2);
    const other = await teams.say({ user: "ben", channel: help, text: "else", mention: true });
    await until(() => said(teams.thread(help, other.threadId ?? "").replies).length === 1);

    expect(said(teams.thread(help, thread).replies)[1]).toMatch(/^ben@.*: one, two$/);
    expect(said(teams.thread(help, other.threadId ?? "").replies)[0]).toMatch(/^ben@.*: else$/);
    expect(agent.received.map(({ metadata }) => String(metadata.message.userPrincipalName).split("@")[0])).toEqual(["ann", "ben", "ben"]);
  });

  test("in an owner-only thread the second person is refused for all to see", async () => {
    const { teams, agent, said } = await setUp({ threadIdentity: "owner-only" });
    const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "one", mention: true });
    await until(() => said(teams.thread(help, threadId).replies).length === 1);
    await teams.say({ user: "ben", channel: help, threadId, text: "two", mention: true });
    await until(() => said(teams.thread(help, threadId).replies).length === 2);
    expect(said(teams.thread(help, threadId).replies)[1]).toMatch(/its owner's/);
    expect(agent.received).toHaveLength(1);
  });

  test("a result that comes by push after a restart lands in the same channel thread", async () => {
    const { teams, agent, said } = await setUp({ delivery: ["push"] });
    const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "slowly", mention: true });
    await until(() => agent.tasks()[0]?.state === "working");
    await world?.restart();
    gate.resolve();
    await until(() => said(teams.thread(help, threadId).replies).some((text) => /: slowly$/.test(text)));
    expect(said(teams.thread(help, threadId).replies).filter((text) => /: slowly$/.test(text))).toHaveLength(1);
  });

  test("an activity that is delivered three times, and forty conversations at once: each answered once", async () => {
    const { teams, agent, said } = await setUp();
    teams.disturb({ duplicates: 2 });
    const threads = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        teams.say({ user: index % 2 ? "ann" : "ben", channel: help, text: `question ${index}`, mention: true }),
      ),
    );
    const replies = (index: number) => said(teams.thread(help, threads[index]?.threadId ?? "").replies);
    await until(() => threads.every((_, index) => replies(index).length > 0), 25_000);
    await teams.settled();
    expect(threads.map((_, index) => replies(index).map((text) => text.split(": ")[1]))).toEqual(
      threads.map((_, index) => [`question ${index}`]),
    );
    expect([...agent.countByMessageId().values()].every((count) => count === 1)).toBe(true);
    expect(teams.violations).toEqual([]);
  });

  test("`stop`, `status` and `help` are understood", async () => {
    const { teams, agent, said } = await setUp({ delivery: ["push"] });
    const chat = teams.personal("ann");
    const has = (pattern: RegExp) =>
      until(() => said(teams.chat(chat).messages).some((text) => pattern.test(text)), 4_000, String(pattern));
    await teams.say({ user: "ann", text: "slowly" });
    await until(() => agent.received.length === 1);
    await teams.say({ user: "ann", text: "status" });
    await has(/has been working/);
    await teams.say({ user: "ann", text: "stop" });
    await has(/Stopped\. Reference/);
    await teams.say({ user: "ann", text: "help" });
    await has(/begin a new conversation/);
  });
});
