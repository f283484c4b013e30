import { afterEach, describe, expect, test } from "@jest/globals";
import { ConfigError, StoreError } from "../../../src/model/errors.ts";
import { home } from "../../../src/simulator/discord/realm.ts";
import { until } from "../../support/until.ts";
import { createDiscordWorld, type DiscordWorld, type DiscordWorldOptions } from "./discord-world.ts";

let world: DiscordWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

async function setUp(options: DiscordWorldOptions = {}): Promise<DiscordWorld> {
  world = await createDiscordWorld(options);
  return world;
}

const failure = (options: DiscordWorldOptions) =>
  setUp(options).then(
    () => undefined,
    (error: unknown) => error,
  );

describe("the start ends with a word on what to do", () => {
  test("when the token is not good", async () => {
    const error = await failure({ config: { token: "wrong.token.here" } });
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(/discord\.token.*Reset the token/);
  });

  test("when the bot may not read messages", async () => {
    const error = await failure({ simulator: { messageContent: false } });
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(/Message Content Intent/);
  });
});

describe("the connection", () => {
  test("a gateway that is away at the start is waited for", async () => {
    const { discord, mention, adapter } = await setUp({ prepare: ({ gateway }) => gateway.refuse(4000) });
    expect(adapter.connected?.()).toBe(false);
    discord.gateway.refuse();
    await until(() => adapter.connected?.(), 60_000);
    expect(await mention("hello bot")).toMatchObject({ acknowledged: true });
  }, 90_000);

  test("a gateway that closes every connection is not stormed", async () => {
    const { discord, adapter } = await setUp();
    discord.gateway.refuse(4000);
    discord.gateway.disconnect(4000);
    await until(() => discord.counters().connections > 8, 30_000);
    const before = discord.counters().connections;
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(discord.counters().connections - before).toBeLessThan(25);
    discord.gateway.refuse();
    await until(() => adapter.connected?.(), 60_000);
  }, 100_000);

  test("an intent that is taken away later ends the bridge with the remedy", async () => {
    const { discord, failures } = await setUp();
    discord.realm.app.messageContent = false;
    discord.gateway.forget();
    discord.gateway.disconnect();
    await until(() => failures.length > 0, 30_000);
    expect(String(failures[0])).toMatch(/Message Content Intent/);
  }, 60_000);

  test("servers that the configuration does not name are not served", async () => {
    const { discord, received, mention } = await setUp({
      config: { guilds: [home.guild] },
      prepare: (simulated) => simulated.addGuild({ id: "100000000000000777", name: "Elsewhere" }),
    });
    const other = discord.addChannel({ guild: "100000000000000777", name: "general" });
    discord.say({ channel: other.id, user: "ann", text: "hello", mention: true });
    await mention("hello bot");
    expect(received.map(({ thread }) => thread.workspace)).toEqual([home.guild]);
  });

  test("a message whose channel type is not told is received all the same", async () => {
    const { direct, received } = await setUp({ simulator: { tellsChannelType: false } });
    await direct("hello");
    expect(received).toMatchObject([{ trigger: "direct" }]);
  });

  test("what fails to be committed is tried until it is, and what came behind it waits", async () => {
    const { discord, received, onReceive } = await setUp();
    const committed: string[] = [];
    let away = true;
    onReceive(async (event) => {
      if (away) throw new StoreError("the store is down");
      if (event.kind === "message") committed.push(event.text);
      return { kind: "accepted" };
    });
    for (const text of ["one", "two", "three"]) discord.say({ user: "ann", text });
    await until(() => received.length > 1);
    expect(new Set(received.map((event) => event.kind === "message" && event.text))).toEqual(new Set(["one"]));
    away = false;
    await until(() => committed.length === 3, 30_000);
    expect(committed).toEqual(["one", "two", "three"]);
  }, 60_000);
});

describe("the check", () => {
  const checked = async (world: DiscordWorld) =>
    (await world.adapter.check?.(undefined, new AbortController().signal))?.map(({ what, state }) => `${what}: ${state}`);

  test("says what is good, and which key or switch is not", async () => {
    const world = await setUp({ config: { guilds: [home.guild, "100000000000000999"], applicationId: "100000000000000998" } });
    world.discord.realm.app.messageContent = false;
    expect(await checked(world)).toEqual([
      "bot token: good",
      "application id: bad",
      "message content: bad",
      "gateway: good",
      `server ${home.guild}: good`,
      "server 100000000000000999: bad",
    ]);
    world.discord.realm.app.token = "another";
    expect(await checked(world)).toEqual(["bot token: bad"]);
  });
});

describe("sending", () => {
  const signal = new AbortController().signal;

  test("somebody who takes no messages of the bot sees at least a sign at their own", async () => {
    const { discord, mention, received, adapter } = await setUp();
    await mention("hello bot");
    const [event] = received;
    const ann = discord.realm.people.get("ann");
    if (!event || !ann) throw new Error("nobody spoke");
    Object.assign(ann, { closed: true });
    await adapter.post(
      event.thread,
      { parts: [{ kind: "text", text: "between us" }], tone: "notice", notify: false, private: ann.userId },
      "d1",
      signal,
    );
    const message = discord.channel(home.help).messages[0];
    expect(JSON.stringify(message)).toContain("⚠️");
  });

  test("one sign is on the way at a time, and it ends", async () => {
    const { discord, mention, received, adapter } = await setUp();
    await mention("hello bot");
    const { thread } = received[0] ?? { thread: undefined };
    if (!thread) throw new Error("nobody spoke");
    await Promise.all([1, 2, 3].map(() => adapter.sign(thread, { kind: "working" }, signal)));
    expect(discord.thread(thread.thread)).toMatchObject({ typings: 1, typing: true });
    await adapter.sign(thread, { kind: "idle" }, signal);
  });
});
