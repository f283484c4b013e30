import { afterEach, describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import type { ConfigError } from "../../../src/model/errors.ts";
import type { SlackSimulatorOptions } from "../../../src/simulator/slack/simulator.ts";
import { until } from "../../support/until.ts";
import { createManualClock, type ManualClock } from "../../unit/slack/manual-clock.ts";
import { createSlackWorld, type SlackWorld, type SlackWorldOptions } from "./slack-world.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function createWorld(options: SlackWorldOptions = {}, slack: SlackSimulatorOptions = {}): Promise<SlackWorld> {
  const world = await createSlackWorld({
    ...options,
    slack: { socketMode: true, answerMs: 1_000, retryDelaysMs: [0, 100, 500, 500], ...slack },
  });
  ends.push(() => world.stop());
  return world;
}

const isConnected = (world: SlackWorld) => world.adapter.connected?.() ?? false;
/** The answers to each time that Slack sent it. */
async function hear(world: SlackWorld, text: string): Promise<readonly number[]> {
  return (await world.direct(text)).statuses;
}

/** Moves the clock on until it happens. */
async function untilMoved(clock: ManualClock, probe: () => boolean): Promise<void> {
  await until(async () => {
    if (!probe()) await clock.advance(1_000);
    return probe();
  });
}

describe("two sockets to Slack", () => {
  test("share the events", async () => {
    const world = await createWorld();
    for (const text of ["one", "two", "three", "four"]) expect(await hear(world, text)).toEqual([200]);
    const [first = 0, second = 0] = world.slack.sockets.load();
    expect(Math.abs(first - second)).toBeLessThanOrEqual(1);
    expect(first + second).toBeGreaterThanOrEqual(4);
  });

  test.each(["warning", "refresh_requested"] as const)(
    "are replaced at a %s before they are left, and nothing is sent twice",
    async (reason) => {
      const world = await createWorld();
      const { sockets } = world.slack;
      let fewest = sockets.count();
      const watch = setInterval(() => {
        fewest = Math.min(fewest, sockets.count());
      }, 1);
      sockets.disconnect(reason, "all");
      for (let number = 0; number < 20; number += 1) expect(await hear(world, `message ${number}`)).toEqual([200]);
      await until(() => sockets.greeted() === 4 && sockets.count() === 2);
      clearInterval(watch);
      expect(fewest).toBeGreaterThanOrEqual(2);
      expect(isConnected(world)).toBe(true);
      expect(world.received).toHaveLength(20);
    },
  );

  test("acknowledge what is being taken before they leave", async () => {
    const world = await createWorld({}, { answerMs: 10_000, leaveMs: 10_000 });
    const commit = Promise.withResolvers<void>();
    world.onReceive(async () => {
      await commit.promise;
      return { kind: "accepted" };
    });
    const sent = hear(world, "wait for me");
    await until(() => world.received.length === 1);
    world.slack.sockets.disconnect("refresh_requested", "all");
    await until(() => world.slack.sockets.greeted() === 4);
    commit.resolve();
    expect(await sent).toEqual([200]);
    await until(() => world.slack.sockets.count() === 2);
  });

  test("that break are made anew, and what was on its way comes again", async () => {
    const world = await createWorld();
    world.onReceive(async () => {
      if (world.received.length === 1) world.slack.sockets.drop("all");
      return { kind: "accepted" };
    });
    const statuses = await hear(world, "hello");
    expect(statuses[0]).toBe(0);
    expect(statuses.at(-1)).toBe(200);
    await until(() => world.slack.sockets.count() === 2);
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(1);
  });

  test("that are dead although they look open are cut within half a minute", async () => {
    const clock = createManualClock();
    const world = await createWorld({ clock });
    world.slack.sockets.freeze("all");
    const begun = clock.now();
    await untilMoved(clock, () => world.slack.sockets.greeted() === 4);
    expect(clock.now() - begun).toBeLessThanOrEqual(35_000);
    // Slack does not know yet, and may try one of them first.
    expect((await hear(world, "hello")).at(-1)).toBe(200);
  });

  test("are tried at longer and longer intervals while Slack has an outage, and the adapter says so", async () => {
    const clock = createManualClock();
    const world = await createWorld({ clock });
    world.slack.outage({ kind: "500" });
    world.slack.sockets.drop("all");
    await until(() => !isConnected(world));
    const attempts = () => world.slack.calls("apps.connections.open").length;
    const before = attempts();
    await untilMoved(clock, () => attempts() >= before + 12);
    const times = world.slack.calls("apps.connections.open").slice(before);
    expect(times).toHaveLength(12);
    world.slack.outage();
    await untilMoved(clock, () => world.slack.sockets.count() === 2);
    expect(isConnected(world)).toBe(true);
  });

  test("close at once when the adapter stops", async () => {
    const world = await createWorld();
    await world.adapter.stop();
    await until(() => world.slack.sockets.count() === 0);
    expect(isConnected(world)).toBe(false);
    expect(world.slack.sockets.greeted()).toBe(2);
  });
});

describe("what comes over a socket", () => {
  test("is not acknowledged while nothing can be committed, so Slack sends it again", async () => {
    const world = await createWorld();
    let isDown = true;
    world.onReceive(async () => {
      if (isDown) throw new Error("the store is down");
      return { kind: "accepted" };
    });
    const sent = hear(world, "hello");
    await until(() => world.received.length === 1);
    isDown = false;
    expect(await sent).toEqual([0, 200]);
  });

  test.each([
    { type: "event_callback", team_id: "T1", event: null },
    { type: "event_callback", team_id: "T1", event: { type: "message" } },
    { type: "event_callback", team_id: "T9", event: { type: "app_mention", channel: "C1", user: "U", text: "hi", ts: "1.1" } },
    { type: "block_actions", team: { id: "T1" }, actions: [] },
    { type: "app_rate_limited", team_id: "T1", minute_rate_limited: 1518467820, api_app_id: "A1" },
    { type: "nobody knows" },
    {},
  ])("is acknowledged and dropped when it cannot be read or is not ours: %j", async (body) => {
    const world = await createWorld();
    expect(await world.slack.deliver(body)).toMatchObject({ status: 200, body: "" });
    expect(world.received).toEqual([]);
  });
});

describe("an app that Slack does not let in", () => {
  const start = (world: SlackWorld) => world.restart();

  test("ends the start with the key and the remedy", async () => {
    const world = await createWorld();
    await expect(world.restart({ appToken: "xapp-1-A1-wrong" })).rejects.toThrow("slack.appToken: Slack refuses it (invalid_auth)");
    await expect(world.restart({ appToken: `xapp${world.slack.config.botToken.slice(4)}` })).rejects.toThrow("slack.appToken");
  });

  test("ends the start when the token lacks its scope, and names the scope", async () => {
    const world = await createWorld();
    world.slack.workspace.app.appScopes.clear();
    await expect(start(world)).rejects.toThrow(/slack\.appToken.*missing_scope.*connections:write/);
  });

  test("ends the start when Socket Mode is off", async () => {
    const world = await createWorld({ fail: () => undefined });
    world.slack.workspace.app.socketMode = false;
    await expect(start(world)).rejects.toThrow(/slack\.appToken: Socket Mode was switched off.*signingSecret/);
  });

  test.each([
    ["its token is revoked", "account_inactive", /slack\.appToken: Slack refuses it \(account_inactive\)/],
    ["Socket Mode is switched off", "link_disabled", /Socket Mode was switched off/],
  ])("ends the bridge in the middle of its life when %s", async (_, what, expected) => {
    const failed = Promise.withResolvers<ConfigError>();
    const world = await createWorld({ fail: failed.resolve });
    if (what === "link_disabled") world.slack.sockets.disconnect("link_disabled");
    else {
      world.slack.workspace.app.standing = "inactive";
      world.slack.sockets.disconnect("refresh_requested");
    }
    expect((await failed.promise).message).toMatch(expected);
  });

  test("ends the bridge when others hold all ten sockets for long, and goes on with one socket where it has one", async () => {
    const failed = Promise.withResolvers<ConfigError>();
    const clock = createManualClock();
    const world = await createWorld({ fail: failed.resolve, clock });
    const others = await Promise.all(Array.from({ length: 8 }, () => openAnother(world)));
    world.slack.sockets.drop("oldest");
    others.push(await openAnother(world));
    let isOver = false;
    void failed.promise.then(() => {
      isOver = true;
    });
    for (let step = 0; step < 100; step += 1) await clock.advance(1_000);
    expect({ isOver, connected: isConnected(world) }).toEqual({ isOver: false, connected: true });
    expect(world.slack.sockets.count()).toBe(10);
    world.slack.sockets.drop("oldest");
    others.push(await openAnother(world));
    await untilMoved(clock, () => isOver);
    expect((await failed.promise).message).toMatch(/too_many_websockets.*ten sockets/);
    for (const other of others) other.terminate();
  });
});

/** A socket of another process with the same app. */
async function openAnother({ slack }: SlackWorld): Promise<WebSocket> {
  const headers = { authorization: `Bearer ${slack.workspace.app.appToken}` };
  const response = await fetch(`${slack.config.apiUrl}apps.connections.open`, { method: "POST", headers });
  const body = Object(await response.json());
  const socket = new WebSocket(String(body.url));
  await new Promise((resolve) => socket.once("message", resolve));
  return socket;
}
