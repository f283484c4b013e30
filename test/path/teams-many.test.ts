import { describe, expect, test } from "@jest/globals";
import { complete, output, silent, wait, working } from "../../src/simulator/agents/steps.ts";
import { createStage } from "../support/stage.ts";
import { createTeamsBridge, help, said } from "../support/teams/bridge.ts";
import { until } from "../support/until.ts";

const stage = createStage();

/** Answers after a moment, so that what comes at the same time meets an agent at work; "never" is never answered. */
const script = async function* (turn: { readonly text: string }) {
  yield working();
  if (turn.text.startsWith("never")) yield silent();
  yield wait(20);
  yield output("a", `Answer to ${turn.text}`, { last: true });
  yield complete();
};

const toAnswer = (text: string) => `Answer to ${text}`;
const answers = (messages: Parameters<typeof said>[0]) => said(messages).filter((text) => text.startsWith("Answer to"));

describe("activities that come at the same time", () => {
  test.each([
    ["a channel thread", true],
    ["a personal chat", false],
  ])("in %s are answered once each, in the order in which they were taken, one after another", async (_, inThread) => {
    const agent = await stage.agent({ script });
    const { teams } = await createTeamsBridge(stage, {
      config: { agents: { helper: { url: agent.url, whileRunning: "queue" } }, routes: [{ agent: "helper", followUps: "thread" }] },
    });
    const first = await teams.say({ user: "ann", text: "question 0", ...(inThread ? { channel: help, mention: true } : {}) });
    const { threadId = "" } = first;
    const where = inThread ? { channel: help, threadId, mention: true } : {};
    teams.disturb({ hold: true, duplicates: 1 });
    for (let number = 1; number <= 9; number += 1) await teams.say({ user: "ann", text: `question ${number}`, ...where });
    teams.release("reversed");

    const shown = () => answers(inThread ? teams.thread(help, threadId).replies : teams.chat(teams.personal("ann")).messages);
    await until(() => shown().length >= 10, 25_000);
    await teams.settled();
    expect(shown()).toEqual(agent.received.map(({ text }) => toAnswer(text)));
    expect(shown().toSorted()).toEqual(Array.from({ length: 10 }, (_, number) => `Answer to question ${number}`));
    expect([...agent.countByMessageId().values()]).toEqual(Array(10).fill(1));
    expect(teams.violations).toEqual([]);
  });
});

/** Forty threads and chats beside one that is stuck, and how long the slowest of the forty took. */
async function askForty(stuck: (bridge: Awaited<ReturnType<typeof createTeamsBridge>>) => Promise<string>) {
  const agent = await stage.agent({ script });
  const people = Array.from({ length: 10 }, (_, index) => ({ id: `person${index}` }));
  const bridge = await createTeamsBridge(stage, { config: { agents: { helper: { url: agent.url } } }, teams: { people } });
  const { teams } = bridge;
  const threadId = await stuck(bridge);
  const threads = await Promise.all(
    Array.from({ length: 30 }, (_, index) => teams.say({ user: "ben", channel: help, text: `thread ${index}`, mention: true })),
  );
  await Promise.all(people.map(({ id }) => teams.say({ user: id, text: `chat of ${id}` })));
  const everywhere = () => [
    ...threads.map((thread) => answers(teams.thread(help, thread.threadId ?? "").replies)),
    ...people.map(({ id }) => answers(teams.chat(teams.personal(id)).messages)),
  ];
  const wanted = [...threads.map((_, index) => [`Answer to thread ${index}`]), ...people.map(({ id }) => [`Answer to chat of ${id}`])];
  await until(() => everywhere().every((texts) => texts.length > 0), 20_000, "an answer in each of forty conversations");
  expect(everywhere()).toEqual(wanted);
  expect(teams.violations).toEqual([]);
  return { ...bridge, agent, stuckThread: () => answers(teams.thread(help, threadId).replies) };
}

describe("none of forty conversations waits for one", () => {
  test("whose agent never answers", async () => {
    const { stuckThread } = await askForty(async ({ teams }) => {
      const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "never", mention: true });
      await teams.say({ user: "ann", channel: help, threadId, text: "nor this", mention: true });
      return threadId;
    });
    expect(stuckThread()).toEqual([]);
  });

  test("to which Teams takes no posts for a while, and that one gets its answers later, in order", async () => {
    const { teams, stuckThread } = await askForty(async ({ teams }) => {
      const { threadId = "", delivered } = await teams.say({ user: "ann", channel: help, text: "first", mention: true });
      const conversation = `${help};messageid=${threadId}`;
      teams.fault({ kind: "429", retryAfter: 8, conversation, operation: "post", times: 1_000 });
      teams.fault({ kind: "429", retryAfter: 8, conversation, operation: "edit", times: 1_000 });
      await delivered;
      await teams.say({ user: "ann", channel: help, threadId, text: "second", mention: true });
      return threadId;
    });
    expect(stuckThread()).toEqual([]);
    teams.clearFaults();
    await until(() => stuckThread().length === 2, 28_000);
    expect(stuckThread()).toEqual(["Answer to first", "Answer to second"]);
  }, 60_000);

  test("whose service is slow to take what is said", async () => {
    const { stuckThread } = await askForty(async ({ teams }) => {
      const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "slow", mention: true });
      for (const operation of ["post", "edit"] as const)
        teams.fault({ kind: "slow", ms: 60_000, conversation: `${help};messageid=${threadId}`, operation, times: 10 });
      return threadId;
    });
    expect(stuckThread()).toEqual([]);
  });
});
