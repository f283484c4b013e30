import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { teamsSchema } from "../../../adapters/teams/config.ts";
import { createTeamsAdapter } from "../../../adapters/teams/index.ts";
import { silentLog } from "../../../src/log.ts";
import { systemClock } from "../../../src/model/clock.ts";
import { ConfigError } from "../../../src/model/errors.ts";
import { textReply } from "../../../src/model/reply.ts";
import { until } from "../../support/until.ts";
import { createMemoryStores, createTeamsWorld, type TeamsWorld } from "./teams-world.ts";
import { emptyDirectory } from "./world.ts";

let world: TeamsWorld;
beforeEach(async () => {
  world = await createTeamsWorld();
});
afterEach(() => world.stop());

const help = "19:help@thread.tacv2";
const signal = new AbortController().signal;
const mention = () => world.teams.activity({ channel: help, user: "ann", text: "hello", mention: true });
const deliver = async (body: unknown, bend?: Parameters<TeamsWorld["teams"]["deliver"]>[1]) => world.teams.deliver(body, bend);
const bare = (status: number) => ({ status, body: "" });

describe("the door for Teams", () => {
  test("takes an activity with a good token, and says nothing to it", async () => {
    expect(await deliver(mention())).toMatchObject(bare(200));
    expect(world.received).toMatchObject([{ kind: "message", text: "hello" }]);
  });

  test.each([
    "none",
    "garbage",
    "wrongIssuer",
    "wrongAudience",
    "wrongServiceUrl",
    "expired",
    "notYetValid",
    "unknownKey",
    "forged",
  ] as const)("answers a token that is %s with a bare 401", async (token) => {
    // The SDK tells of bad tokens on the console.
    const told = console.error;
    console.error = () => undefined;
    try {
      expect(await deliver(mention(), { token })).toMatchObject(bare(401));
    } finally {
      console.error = told;
    }
    expect(world.received).toEqual([]);
  });

  test("takes nothing for another channel than Teams, whose keys others have", async () => {
    for (const channelId of ["webchat", "AseChannel", "emulator", undefined]) {
      expect(await deliver({ ...mention(), channelId })).toMatchObject(bare(401));
    }
  });

  test("answers a foreign tenant with 403, also where the token is good", async () => {
    const activity = mention();
    const conversation = { ...Object(activity.conversation), tenantId: "11111111-1111-4111-8111-111111111111" };
    expect(await deliver({ ...activity, conversation })).toMatchObject(bare(403));
    expect(await deliver({ ...activity, conversation: { id: "19:x", conversationType: "channel" }, channelData: {} })).toMatchObject(
      bare(403),
    );
    expect(world.received).toEqual([]);
  });

  test("takes the tenants that are allowed, and no others", async () => {
    const other = "22222222-2222-4222-8222-222222222222";
    const wide = await createTeamsWorld({ config: { allowedTenants: [other] } });
    try {
      const activity = wide.teams.activity({ channel: help, user: "ann", text: "hello", mention: true });
      expect((await wide.teams.deliver(activity)).status).toBe(403);
      const conversation = { ...Object(activity.conversation), tenantId: other.toUpperCase() };
      expect((await wide.teams.deliver({ ...activity, conversation })).status).toBe(200);
    } finally {
      await wide.stop();
    }
  });

  test.each([
    "https://evil.test/amer/",
    "http://smba.trafficmanager.net/amer/",
    "https://smba.trafficmanager.net.evil.test/",
    "http://127.0.0.1:9/",
  ])("answers the service url %s with 403, though the token names it", async (serviceUrl) => {
    expect(await deliver({ ...mention(), serviceUrl }, { serviceUrl })).toMatchObject(bare(403));
    expect(world.received).toEqual([]);
  });

  test.each([
    ["no body", ""],
    ["what is not JSON", "{"],
    ["JSON that is no object", [1]],
    ["null", "null"],
    ["an object without anything", {}],
    ["no type", { serviceUrl: "https://smba.trafficmanager.net/amer/", conversation: { id: "19:x" }, channelId: "msteams" }],
    ["no service url", { type: "message", conversation: { id: "19:x" }, channelId: "msteams" }],
    ["a service url that is none", { type: "message", serviceUrl: "javascript:alert(1)", conversation: { id: "19:x" } }],
    ["no conversation", { type: "message", serviceUrl: "https://smba.trafficmanager.net/amer/", channelId: "msteams" }],
  ])("answers %s with a bare 400, before anybody is asked for a token", async (_, body) => {
    expect(await deliver(body, { token: "none" })).toMatchObject(bare(400));
  });

  test("answers a body of 300 KB with 413", async () => {
    expect((await deliver({ ...mention(), text: "x".repeat(300 * 1024) })).status).toBe(413);
  });

  test.each([
    ["entities that are null", { entities: null }],
    ["no text", { text: undefined, entities: undefined }],
    ["nobody who sends it", { from: undefined }],
    ["nobody who gets it", { recipient: undefined }],
    ["a type that nobody knows", { type: "conversationEnded" }],
    ["a click on a card that is not ours", { text: undefined, value: { choice: "yes" }, replyToId: "1" }],
    ["entities that are none", { type: "messageReaction", entities: [null, 5, { type: 7 }], attachments: "x", channelData: 9 }],
  ])("takes %s without asking for it again", async (_, change) => {
    expect(await deliver({ ...mention(), ...change })).toMatchObject(bare(200));
    expect(world.received).toEqual([]);
  });

  test("answers an invoke that it does not know with 501, and without a word", async () => {
    for (const name of ["adaptiveCard/action", "task/fetch", "signin/verifyState"]) {
      expect(await deliver({ ...mention(), type: "invoke", name, value: {} })).toMatchObject(bare(501));
    }
  });

  test("answers 503 while nothing can be committed, and takes it when that passes within a moment", async () => {
    let tries = 0;
    world.onReceive(async () => {
      tries += 1;
      if (tries < 3) throw new Error("the store is down");
      return { kind: "accepted" };
    });
    expect(await deliver(mention())).toMatchObject(bare(200));
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(1);
    world.onReceive(async () => {
      throw new Error("the store is down");
    });
    expect(await deliver(mention())).toMatchObject({ status: 503 });
  });

  test("fetches the keys once for many at a time", async () => {
    await Promise.all(Array.from({ length: 20 }, () => deliver(mention())));
    expect(world.received).toHaveLength(20);
    expect(world.teams.calls("keys")).toHaveLength(1);
  });
});

describe("starting", () => {
  const create = (config: object, loopback = true) =>
    createTeamsAdapter({
      config: teamsSchema.parse(config),
      fetch,
      clock: systemClock,
      log: silentLog,
      openStore: createMemoryStores(),
      loopback,
    });
  const start = async (config: object, loopback?: boolean) => {
    const adapter = create(config, loopback);
    await adapter.start(async () => ({ kind: "accepted" }), emptyDirectory, signal).finally(() => adapter.stop());
  };

  test.each([
    ["teams.appPassword", { appPassword: "wrong" }],
    ["teams.appId", { appId: "33333333-3333-4333-8333-333333333333" }],
    ["teams.tenantId", { tenantId: "33333333-3333-4333-8333-333333333333" }],
  ])("with wrong credentials ends with an error that names %s", async (key, change) => {
    const error = await start({ ...world.teams.config, ...change }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ message: expect.stringContaining(key) });
  });

  test("while Microsoft Entra cannot be reached, or fails, ends with an error that allows another try", async () => {
    const { endpoints } = world.teams.config;
    await expect(start({ ...world.teams.config, endpoints: { ...endpoints, login: "http://127.0.0.1:9" } })).rejects.toMatchObject({
      kind: "unavailable",
    });
    world.teams.fault({ kind: "503", operation: "token", times: 9 });
    await expect(start(world.teams.config)).rejects.toMatchObject({ kind: "unavailable" });
  });

  test("without an app id is refused unless only this machine reaches the bridge", async () => {
    await expect(start({ insecureLocal: true }, false)).rejects.toThrow(ConfigError);
    await expect(start({ insecureLocal: true }, false)).rejects.toThrow("teams.insecureLocal");
    await start({ insecureLocal: true }, true);
  });

  test("a token that Teams takes no more is replaced once, unseen by anybody", async () => {
    await world.direct("hello");
    const { thread } = await until(() => world.received[0]);
    world.teams.fault({ kind: "error", status: 401, code: "Unauthorized", operation: "post" });
    await world.adapter.post(thread, textReply("Hello", "answer"), "d1", signal);
    expect(world.teams.calls("token")).toHaveLength(2);
    world.teams.fault({ kind: "error", status: 401, code: "Unauthorized", operation: "post", times: 2 });
    await expect(world.adapter.post(thread, textReply("Hello", "answer"), "d2", signal)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("teams.appId"),
    });
  });
});
