import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { GatewayDispatchEvents } from "discord.js";
import { createBook } from "../../../adapters/discord/book.ts";
import { createCatchUp } from "../../../adapters/discord/catch-up.ts";
import { createLanes } from "../../../adapters/discord/lanes.ts";
import { createPeople } from "../../../adapters/discord/people.ts";
import { createReceiver } from "../../../adapters/discord/receiver.ts";
import type { Rest } from "../../../adapters/discord/rest.ts";
import { createSeen } from "../../../adapters/discord/seen.ts";
import { createLog, silentLog } from "../../../src/log.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { StoreError } from "../../../src/model/errors.ts";
import { createMemoryStores } from "../../contract/adapter/teams-world.ts";
import { until } from "../../support/until.ts";

const bot = "100000000000000003";
const guild = "100000000000000001";
const place = (number: number) => String(200_000_000_000_000_000n + BigInt(number));

let ending = new AbortController();
afterEach(() => {
  ending.abort();
  ending = new AbortController();
});

interface Said {
  readonly id: string;
  readonly channel_id: string;
  readonly guild_id?: string;
  readonly content: string;
}

/** A receiver before a store that is down, and the history of what it is told. Waits are short. */
function setUp(log = silentLog) {
  const { signal } = ending;
  const said: Said[] = [];
  const state = { away: true, reads: 0 };
  const committed: string[] = [];
  const clock = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 10), signal) };
  const rest: Rest = {
    async call(_, route, { query }) {
      state.reads += 1;
      const after = BigInt(query?.after ?? "0");
      const page = said.filter(({ id, channel_id }) => route.includes(channel_id) && BigInt(id) > after).slice(0, 100);
      return page.map(toWire).toReversed();
    },
    stop: () => undefined,
  };
  const openStore = createMemoryStores();
  const lanes = createLanes(clock);
  const book = createBook(rest);
  const seen = createSeen({ openStore, now: clock.now });
  const shared = { rest, lanes, seen, clock, log, signal };
  const receiver = createReceiver({
    ...shared,
    book,
    people: createPeople({ rest, openStore, guilds: () => [] }),
    catchUp: () => catchUp,
    reading: () => ({ bot, names: book }),
    serves: () => true,
    async receive(event) {
      if (state.away) throw new StoreError("the store is down");
      committed.push(event.id);
      return { kind: "accepted" };
    },
    refuse: () => undefined,
    onInteraction: () => undefined,
  });
  const catchUp = createCatchUp({ ...shared, backfillMs: 3_600_000, take: receiver.take });
  const toWire = (one: Said) => ({
    ...one,
    type: 0,
    author: { id: "100000000000000004" },
    member: { roles: [] },
    mentions: [{ id: bot }],
    attachments: [],
  });
  let count = 0;
  const say = (channel: string, content = "x".repeat(2_000)) => {
    count += 1;
    const one = { id: String(1_500_000_000_000_000_000n + BigInt(count)), channel_id: channel, guild_id: guild, content };
    said.push(one);
    book.addChannel({ id: channel, type: 0, guild_id: guild });
    receiver.dispatch(GatewayDispatchEvents.MessageCreate, toWire(one));
    return one;
  };
  return { say, lanes, state, committed, said, receiver };
}

test("what waits for a store that is away is bounded, and all of it is taken once and in order when it is back", async () => {
  const { say, lanes, state, committed, said } = setUp();
  const places = 20;
  for (let number = 0; number < 30_000; number += 1) say(place(number % places));
  // Events, and a reading for each place.
  expect(lanes.count()).toBeLessThanOrEqual(1_000 + places);
  expect(lanes.oldest()).toBeDefined();
  state.away = false;
  await until(() => new Set(committed).size === said.length);
  await lanes.idle();
  for (let number = 0; number < places; number += 1) {
    const here = said.filter(({ channel_id }) => channel_id === place(number)).map(({ id }) => `discord:${id}`);
    const known = new Set(here);
    expect(committed.filter((id) => known.has(id))).toEqual(here);
  }
});

test("a place in which nothing waits is heard at once, also when others wait in great number", async () => {
  const { say, lanes, state, committed } = setUp();
  for (let number = 0; number < 3_000; number += 1) say(place(0));
  const waiting = lanes.count();
  const before = state.reads;
  state.away = false;
  const { id } = say(place(1));
  await until(() => committed.includes(`discord:${id}`));
  expect(committed.indexOf(`discord:${id}`)).toBeLessThan(waiting);
  expect(state.reads - before).toBeLessThan(30);
});

test("that too much waits is said in one line, and for each place that it was read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bridge-"));
  const file = join(folder, "log");
  const { say, lanes, state } = setUp(createLog({ level: "info", destination: file }));
  for (let number = 0; number < 2_000; number += 1) say(place(number % 2));
  const lines = async () =>
    (await readFile(file, "utf8"))
      .trim()
      .split("\n")
      .map((line): Record<string, unknown> => JSON.parse(line));
  const about = async (words: string) => (await lines()).filter(({ msg }) => String(msg).startsWith(words));
  expect(await about("too many events of discord wait")).toMatchObject([{ waiting: 1_000, channel: place(0) }]);
  state.away = false;
  await lanes.idle();
  expect(await about("read what was left")).toMatchObject([
    { channel: place(0), left: 500, read: 500 },
    { channel: place(1), left: 500, read: 500 },
  ]);
  expect(await about("too many events of discord wait")).toHaveLength(1);
  await rm(folder, { recursive: true });
});
