import { afterEach, expect, test } from "@jest/globals";
import { StoreError } from "../../../src/model/errors.ts";
import type { IncomingEvent } from "../../../src/model/message.ts";
import { home } from "../../../src/simulator/discord/realm.ts";
import { until } from "../../support/until.ts";
import { createDiscordWorld, type DiscordWorld } from "./discord-world.ts";

/** What comes while nothing can be committed, and is too much to be kept in memory: it is read again, once and in order. */

let world: DiscordWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** The first 1,000 events are kept. */
const many = 1_250;

async function setUp() {
  world = await createDiscordWorld();
  const { onReceive } = world;
  const committed = new Map<string, IncomingEvent>();
  const state = { away: true };
  let doubled = 0;
  onReceive(async (event) => {
    if (state.away) throw new StoreError("the store is down");
    if (committed.has(event.id)) doubled += 1;
    else committed.set(event.id, event);
    return { kind: "accepted" };
  });
  const events = () => [...committed.values()];
  const texts = (channel: string) =>
    events().flatMap((event) => (event.kind === "message" && event.thread.channel === channel ? [event.text] : []));
  return { ...world, state, events, texts, doubled: () => doubled };
}

const words = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `word ${from + index}`);

test("all of it is received once and in order, in each place, with what came meanwhile", async () => {
  const { discord, received, state, texts, doubled } = await setUp();
  discord.say({ user: "ann", text: "direct 0" });
  for (const text of words(0, many)) discord.say({ channel: home.help, user: "ann", text, mention: true });
  discord.say({ user: "ann", text: "direct 1" });
  discord.say({ channel: home.random, user: "ben", text: "elsewhere", mention: true });
  await until(() => received.some((event) => event.kind === "message" && event.text === "elsewhere"));
  state.away = false;
  // It may come before the reading, while it reads, and behind it.
  const more = words(many, many + 300);
  for (const text of more) {
    discord.say({ channel: home.help, user: "ann", text, mention: true });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  discord.say({ user: "ann", text: "direct 2" });
  await until(() => texts(home.help).length === many + 300, 60_000);
  const direct = discord.direct("ann").id;
  await until(() => texts(direct).length === 3);
  expect(texts(home.help)).toEqual(words(0, many + 300));
  expect(texts(direct)).toEqual(["direct 0", "direct 1", "direct 2"]);
  expect(texts(home.random)).toEqual(["elsewhere"]);
  expect(doubled()).toBeLessThan(many / 2);
  expect(discord.calls("history").filter(({ channel }) => channel === home.help).length).toBeGreaterThan(1);
}, 120_000);

test("a message is received as it is when it is read, and what was changed before is heard of", async () => {
  const { discord, received, state, events } = await setUp();
  const [first, second] = ["first", "second"].map((text) => discord.say({ channel: home.help, user: "ann", text, mention: true }));
  for (const text of words(0, many)) discord.say({ channel: home.help, user: "ann", text, mention: true });
  const [changed, removed, last] = ["changed", "removed", "last"].map((text) =>
    discord.say({ channel: home.help, user: "ann", text, mention: true }),
  );
  discord.edit({ channel: home.help, user: "ann", id: first?.id ?? "", text: "first, mended" });
  discord.edit({ channel: home.help, user: "ann", id: changed?.id ?? "", text: `<@${home.bot}> changed, mended` });
  discord.remove({ channel: home.help, user: "ann", id: second?.id ?? "" });
  discord.remove({ channel: home.help, user: "ann", id: removed?.id ?? "" });
  discord.say({ channel: home.random, user: "ben", text: "elsewhere", mention: true });
  await until(() => received.some((event) => event.kind === "message" && event.text === "elsewhere"));
  state.away = false;
  await until(() => events().some(({ kind }) => kind === "deleted"), 60_000);
  const of = (id = "") =>
    events().flatMap((event) => {
      if (event.id === `discord:${id}`) return event.kind === "message" ? [event.text] : [];
      if (event.kind === "edited" && event.message === `discord:${id}`) return [`edited: ${event.text}`];
      return event.kind === "deleted" && event.message === `discord:${id}` ? ["deleted"] : [];
    });
  expect([first, second, changed, removed, last].map((message) => of(message?.id))).toEqual([
    ["first", "edited: first, mended"],
    ["second", "deleted"],
    ["changed, mended"],
    [],
    ["last"],
  ]);
}, 120_000);
