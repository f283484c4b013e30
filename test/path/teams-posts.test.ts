import { expect, test } from "@jest/globals";
import type { Failpoint } from "../../src/model/failpoint.ts";
import { complete, output, type Step, wait, working } from "../../src/simulator/agents/steps.ts";
import { createStage } from "../support/stage.ts";
import { createTeamsBridge, help, said } from "../support/teams/bridge.ts";
import { until } from "../support/until.ts";
import type { World, WorldOptions } from "../support/world.ts";

/** Posts of which nobody heard whether they arrived, in this process: Teams cannot be asked. */

const stage = createStage();

async function setUp(more: Partial<WorldOptions> = {}) {
  const agent = await stage.agent({
    script: (turn) => [working(), output("a", `Answer to ${turn.text}`, { last: true }), complete()],
  });
  return createTeamsBridge(stage, { config: { agents: { helper: { url: agent.url } } }, ...more });
}

async function countRepeated(world: World): Promise<number> {
  const text = await (await fetch(world.metricsUrl)).text();
  return Number(/^bridge_ambiguous_posts_total\{[^}]*platform="teams"[^}]*result="repeated"[^}]*\} (\d+)/m.exec(text)?.[1] ?? 0);
}

const isQuiet = async ({ app }: World) => (await app.ledger.stats()).every(({ state }) => state === "done");

test.each([
  ["arrived", "dropAfter", 2],
  ["did not arrive", "dropBefore", 1],
] as const)("a new message that %s unheard is posted again, and counted as one that may stand there twice", async (_, kind, times) => {
  const { teams, world } = await setUp();
  teams.fault({ kind, operation: "post" });
  const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "help", mention: true });
  const words = () => said(teams.thread(help, threadId).replies).filter((text) => text.includes("begin a new conversation"));
  await until(() => words().length >= times);
  await until(() => isQuiet(world));
  expect(words()).toHaveLength(times);
  expect(await countRepeated(world)).toBe(1);
});

test("an answer that takes the place of its sign stands there once, whatever was heard of it", async () => {
  const { teams, world } = await setUp();
  teams.fault({ kind: "dropAfter", operation: "edit" });
  const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "one", mention: true });
  await until(() => said(teams.thread(help, threadId).replies).length > 0);
  await until(() => isQuiet(world));
  expect(said(teams.thread(help, threadId).replies)).toEqual(["Answer to one"]);
  expect(await countRepeated(world)).toBe(0);
});

test("a post that is under way when the bridge is stopped comes to its end, and is not made again", async () => {
  let begun = false;
  const failpoint: Failpoint = (name) => {
    begun ||= name === "deliver.post.before";
  };
  const { teams, world } = await setUp({ failpoint });
  teams.fault({ kind: "slow", ms: 700, operation: "post" });
  const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "help", mention: true });
  const words = () => said(teams.thread(help, threadId).replies).filter((text) => text.includes("begin a new conversation"));
  await until(() => begun);
  await world.restart();
  await until(() => isQuiet(world));
  expect(words()).toHaveLength(1);
  expect(await countRepeated(world)).toBe(0);
});

test("where every call was heard, nothing is counted", async () => {
  const { teams, world } = await setUp();
  for (const text of ["one", "two", "help"]) await teams.say({ user: "ann", text });
  const texts = () => said(teams.chat(teams.personal("ann")).messages);
  await until(() => texts().filter((text) => text.startsWith("Answer")).length === 2 && texts().length >= 3);
  await until(() => isQuiet(world));
  expect(await countRepeated(world)).toBe(0);
});

/** Two seconds and more after the question, so that the chat's sign is just becoming a stream, which the service is slow to open. */
test.each([
  ["comes in one piece", [wait(1_700), output("a", "Answer to one", { last: true }), complete()]],
  ["grows", [wait(1_700), output("a", "Answer "), wait(900), output("a", "to one", { append: true, last: true }), complete()]],
] as const)("an answer that %s while its sign is on the way takes that sign's place: nothing is left beside it", async (_, steps) => {
  const agent = await stage.agent({ script: (): readonly Step[] => [working(), ...steps] });
  const { teams, world } = await createTeamsBridge(stage, { config: { agents: { helper: { url: agent.url } } } });
  const chat = teams.personal("ann");
  await teams.say({ user: "ann", text: "one" });
  await until(() => teams.chat(chat).typings === 1);
  teams.fault({ kind: "slow", ms: 700, operation: "post" });
  const opened = () => teams.calls("post").some(({ body }) => JSON.stringify(body ?? "").includes('"informative"'));
  const shown = () => teams.chat(chat).messages.filter(({ bot }) => bot);
  await until(() => shown().some(({ text, streaming }) => text === "Answer to one" && !streaming));
  await until(async () => opened() && (await isQuiet(world)));
  expect(shown().map(({ text }) => text)).toEqual(["Answer to one"]);
  expect(teams.violations).toEqual([]);
});
