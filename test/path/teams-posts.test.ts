import { expect, test } from "@jest/globals";
import { complete, output, working } from "../../src/simulator/agents/steps.ts";
import { createStage } from "../support/stage.ts";
import { createTeamsBridge, help, said } from "../support/teams/bridge.ts";
import { until } from "../support/until.ts";
import type { World } from "../support/world.ts";

/** Posts of which nobody heard whether they arrived, in this process: Teams cannot be asked. */

const stage = createStage();

async function setUp() {
  const agent = await stage.agent({
    script: (turn) => [working(), output("a", `Answer to ${turn.text}`, { last: true }), complete()],
  });
  return createTeamsBridge(stage, { config: { agents: { helper: { url: agent.url } } } });
}

async function countRepeated(world: World): Promise<number> {
  const text = await (await fetch(`${world.url}/metrics`)).text();
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
});

test("where every call was heard, nothing is counted", async () => {
  const { teams, world } = await setUp();
  for (const text of ["one", "two", "help"]) await teams.say({ user: "ann", text });
  const texts = () => said(teams.chat(teams.personal("ann")).messages);
  await until(() => texts().filter((text) => text.startsWith("Answer")).length === 2 && texts().length >= 3);
  await until(() => isQuiet(world));
  expect(await countRepeated(world)).toBe(0);
});
