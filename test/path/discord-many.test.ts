import { expect, test } from "@jest/globals";
import { complete, output, wait, working } from "../../src/simulator/agents/steps.ts";
import { home } from "../../src/simulator/discord/realm.ts";
import { createDiscordBridge, saidIn } from "../support/discord/bridge.ts";
import { createStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

test("200 messages in 20 threads under Discord's limits: none is lost, order is kept, and there is no storm of 429", async () => {
  const agent = await stage.agent({
    script: (turn) => [working(), wait(10), output("a", `Answer to ${turn.text}`, { last: true }), complete()],
  });
  const { discord, world } = await createDiscordBridge(stage, {
    config: { agents: { helper: { url: agent.url, whileRunning: "queue", delivery: ["blocking"] } } },
    discord: { rateLimits: true },
  });
  const threads = Array.from({ length: 20 }, (_, thread) =>
    discord.say({ channel: home.help, user: thread % 2 === 0 ? "ann" : "ben", text: `${thread}.0`, mention: true }),
  );
  await until(() => threads.every(({ id }) => discord.threads(home.help).some((one) => one.id === id)), 60_000, "twenty threads");
  for (let number = 1; number <= 9; number += 1)
    for (const [thread, { id }] of threads.entries())
      discord.say({ channel: id, user: thread % 2 === 0 ? "ann" : "ben", text: `${thread}.${number}` });

  const answers = (id: string) => saidIn(discord, home.help, id).filter((text) => text.startsWith("Answer to "));
  await until(() => threads.every(({ id }) => answers(id).length >= 10), 240_000, "two hundred answers");
  await until(async () => (await world.app.ledger.stats()).every(({ state }) => state === "done"), 60_000);
  expect(threads.map(({ id }) => answers(id))).toEqual(
    threads.map((_, thread) => Array.from({ length: 10 }, (__, number) => `Answer to ${thread}.${number}`)),
  );
  expect([...agent.countByMessageId().values()].every((count) => count === 1)).toBe(true);
  const { tooMany } = discord.counters();
  process.stdout.write(`\n200 messages in 20 threads of Discord: ${discord.calls().length} calls, ${tooMany} answered with 429\n`);
  // One for each thread is no storm: on a busy machine a wait ends a little before Discord's window does.
  expect(tooMany).toBeLessThan(2 * threads.length);
  expect(discord.violations).toEqual([]);
}, 360_000);
