import { describe, expect, test } from "@jest/globals";
import { complete, output, wait, working } from "../../src/simulator/agents/steps.ts";
import type { Fault } from "../../src/simulator/discord/fault.ts";
import { permissions } from "../../src/simulator/discord/permissions.ts";
import { home } from "../../src/simulator/discord/realm.ts";
import { createDiscordBridge, said, saidIn } from "../support/discord/bridge.ts";
import { createGate, createStage } from "../support/stage.ts";
import { until } from "../support/until.ts";
import type { World } from "../support/world.ts";

/** Posts of which nobody heard whether they arrived: they are made again with the same nonce, and stand there once. */

const stage = createStage();

async function setUp() {
  const agent = await stage.agent({
    script: (turn) => [working(), output("a", `Answer to ${turn.text}`, { last: true }), complete()],
  });
  return createDiscordBridge(stage, { config: { agents: { helper: { url: agent.url, delivery: ["blocking"] } } } });
}

const isQuiet = async ({ app }: World) => (await app.ledger.stats()).every(({ state }) => state === "done");

describe("an answer appears once when its post", () => {
  test.each<readonly [string, Fault, number]>([
    ["arrived, and the connection broke", { kind: "dropAfter", operation: "post" }, 5_000],
    ["did not arrive, and the connection broke", { kind: "dropBefore", operation: "post" }, 5_000],
    ["arrived, and was answered with 502", { kind: "502", after: true, operation: "post" }, 5_000],
    ["did not arrive, and was answered with 503", { kind: "503", operation: "post" }, 5_000],
    ["arrived, and was never answered", { kind: "hangAfter", operation: "post" }, 30_000],
    ["arrived unheard three times", { kind: "dropAfter", operation: "post", times: 3 }, 8_000],
  ])(
    "%s",
    async (_, fault, ms) => {
      const { discord, world } = await setUp();
      discord.fault(fault);
      const { id } = discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
      await until(() => saidIn(discord, home.help, id).length > 0, ms);
      await until(() => isQuiet(world), ms);
      expect(saidIn(discord, home.help, id)).toEqual(["Answer to one"]);
      expect(discord.threads(home.help)).toHaveLength(1);
    },
    45_000,
  );
});

test("a thread whose opening nobody heard of is opened once", async () => {
  const { discord, world } = await setUp();
  discord.fault({ kind: "dropAfter", operation: "startThread", times: 2 });
  const { id } = discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
  await until(() => saidIn(discord, home.help, id).length > 0);
  await until(() => isQuiet(world));
  expect(saidIn(discord, home.help, id)).toEqual(["Answer to one"]);
});

test("a live message that was posted unheard becomes the answer, and none is left beside it", async () => {
  const agent = await stage.agent({
    script: () => [output("a", "The beginning"), wait(600), output("a", " and the end", { append: true, last: true }), complete()],
  });
  const { discord, world } = await createDiscordBridge(stage, { config: { agents: { helper: { url: agent.url } } } });
  discord.fault({ kind: "dropAfter", operation: "post" });
  const { id } = discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
  await until(() => saidIn(discord, home.help, id).includes("The beginning and the end"));
  await until(() => isQuiet(world));
  expect(discord.thread(id).replies.map(({ text, edited }) => ({ text, edited }))).toEqual([
    { text: "The beginning and the end", edited: true },
  ]);
});

test("a long answer is its beginning and a file; code comes whole", async () => {
  const long = Array.from({ length: 400 }, (_, line) => `Line ${line} of a long answer.`).join("\n\n");
  const code = `Look:\n\n\`\`\`js\n${"const x = 1;\n".repeat(120)}\`\`\`\n\nThat is all of it. ${"word ".repeat(200)}`;
  const agent = await stage.agent({
    script: (turn) => [output("a", turn.text === "long" ? long : code, { last: true }), complete()],
  });
  const { discord } = await createDiscordBridge(stage, { config: { agents: { helper: { url: agent.url, delivery: ["blocking"] } } } });
  const first = discord.say({ channel: home.help, user: "ann", text: "long", mention: true }).id;
  const file = await until(() => discord.threads(home.help)[0]?.replies.flatMap(({ files }) => files)[0], 10_000);
  expect(file).toMatchObject({ name: "answer.md" });
  expect(saidIn(discord, home.help, first)[0]).toMatch(/^Line 0[\s\S]*in the file\.$/);

  const second = discord.say({ channel: home.help, user: "ann", text: "code", mention: true }).id;
  await until(() => saidIn(discord, home.help, second).length === 2);
  const shown = saidIn(discord, home.help, second);
  expect(shown.every((text) => text.length <= 2_000 && (text.match(/```/g) ?? []).length % 2 === 0)).toBe(true);
});

test.each(["locked", "gone"])("where the thread is %s meanwhile, its answer is set aside, and only its asker is told", async (what) => {
  const gate = createGate();
  const agent = await stage.agent({
    script: async function* () {
      yield working();
      await gate.passed;
      yield output("a", "too late", { last: true });
      yield complete();
    },
  });
  const { discord, world } = await createDiscordBridge(stage, { config: { agents: { helper: { url: agent.url } } } });
  const { id } = discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
  await until(() => agent.received.length === 1 && discord.threads(home.help).length === 1);
  if (what === "gone") discord.removeChannel(id);
  else discord.archive(id, { locked: true });
  gate.open();
  await until(async () => (await world.app.ledger.buried(10)).length === 1);
  await until(() => said(discord.direct("ann").messages).length === 1);
  expect(said(discord.direct("ann").messages)[0]).toMatch(/^The answer to your message could not be shown: .* Reference `\w+`\.$/);
  expect(said(discord.channel(home.help).messages)).toEqual([]);
  expect(saidIn(discord, home.help, id)).toEqual([]);
});

describe("where the bot may not", () => {
  const csv = { raw: Buffer.from("1,2").toString("base64"), filename: "a.csv", mediaType: "text/csv" };
  async function ask(...forbidden: readonly (keyof typeof permissions)[]) {
    const agent = await stage.agent({ script: () => [output("a", [csv], { last: true }), complete()] });
    const { discord, world } = await createDiscordBridge(stage, {
      config: { agents: { helper: { url: agent.url, delivery: ["blocking"] } } },
    });
    const role = discord.realm.guilds.get(home.guild)?.roles.get(home.botRole);
    for (const right of forbidden) if (role) role.permissions &= ~permissions[right];
    return { discord, world, id: discord.say({ channel: home.help, user: "ann", text: "one", mention: true }).id };
  }

  test("attach files, a word stands in the place of the file", async () => {
    const { discord, id } = await ask("attachFiles");
    await until(() => saidIn(discord, home.help, id).length > 0);
    expect(saidIn(discord, home.help, id)).toEqual([
      expect.stringMatching(/^`a.csv` cannot be shown here: the bot may not attach files here/),
    ]);
  });

  test("write at all, whoever asked for a file is told alone", async () => {
    const { discord, id } = await ask("sendMessagesInThreads");
    await until(() => said(discord.direct("ann").messages).length === 1);
    expect(said(discord.direct("ann").messages)[0]).toMatch(/^The answer to your message could not be shown: /);
    expect(saidIn(discord, home.help, id)).toEqual([]);
  });
});
