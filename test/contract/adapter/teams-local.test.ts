import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { textReply } from "../../../src/model/reply.ts";
import type { ThreadRef } from "../../../src/model/thread.ts";
import { until } from "../../support/until.ts";
import { createTeamsWorld, type TeamsWorld } from "./teams-world.ts";

/** Without an app id: an ordinary local Bot Framework client talks to the bridge. */

let world: TeamsWorld;
beforeEach(async () => {
  const nothing = { appId: undefined, appPassword: undefined, tenantId: undefined, endpoints: {} };
  world = await createTeamsWorld({ simulator: { plain: true }, config: { ...nothing, insecureLocal: true } });
});
afterEach(async () => {
  await world.stop();
  expect(world.teams.violations).toEqual([]);
});

const signal = new AbortController().signal;
const help = "19:help@thread.tacv2";
const thread = async (): Promise<ThreadRef> => (await until(() => world.received[0])).thread;

describe("a local client", () => {
  test("talks in a personal chat, without tenant, directory id, conversation type or token", async () => {
    expect(await world.direct("hello")).toMatchObject({ acknowledged: true });
    expect(world.received).toMatchObject([
      { kind: "message", trigger: "direct", text: "hello", author: { id: "29:1ann", workspace: "local" } },
    ]);
    await world.adapter.post(await thread(), textReply("Hello", "answer"), "d1", signal);
    expect(world.seen(await thread())).toMatchObject([{ text: "Hello" }]);
    const call = world.teams.calls("post").at(-1);
    expect(call).toMatchObject({ status: 201, body: { recipient: { id: "29:1ann" } } });
    expect(world.teams.calls("token")).toEqual([]);
  });

  test("talks in a channel thread, where nothing can be deleted", async () => {
    await (await world.teams.say({ channel: help, user: "ann", text: "hello", mention: true })).delivered;
    const place = await thread();
    expect(world.received).toMatchObject([{ trigger: "mention", text: "hello", thread: { channel: help, workspace: "local" } }]);
    await world.adapter.sign(place, { kind: "working" }, signal);
    await world.adapter.post(place, textReply("It went wrong.", "notice"), "d1", signal);
    await world.adapter.sign(place, { kind: "idle" }, signal);
    expect(world.teams.thread(help, place.thread).messages.filter(({ bot }) => bot)).toMatchObject([
      { text: "_Done._" },
      { text: "It went wrong." },
    ]);
  });

  test("is a member of its own, with the names that its roster gives, if it has one", async () => {
    await world.direct("hello");
    const event = await until(() => world.received[0]);
    expect(await world.adapter.person(event, signal)).toMatchObject({ standing: "member", workspace: "local" });
    world.teams.fault({ kind: "501", operation: "member" });
    const stranger = { ...event, author: { ...event.author, id: "29:1zoe" } };
    expect(await world.adapter.person(stranger, signal)).toEqual({
      id: "29:1zoe",
      workspace: "local",
      displayName: "29:1zoe",
      standing: "member",
    });
  });

  test("shows a private word where it is, for nobody else is there", async () => {
    await (await world.teams.say({ channel: help, user: "ann", text: "hello", mention: true })).delivered;
    const event = await until(() => world.received[0]);
    await world.adapter.post(event.thread, textReply("between us", "notice", { private: event.author.id }), "d1", signal);
    expect(world.seen(event.thread)).toMatchObject([{ text: "between us" }]);
  });

  test("has to be on this machine, and is no web page and nothing behind a proxy", async () => {
    const activity = world.teams.activity({ user: "ann", text: "hello" });
    expect(await world.teams.deliver({ ...activity, serviceUrl: "https://smba.trafficmanager.net/amer/" })).toMatchObject({ status: 403 });
    expect(await world.teams.deliver({ ...activity, serviceUrl: "http://10.0.0.1/amer/" })).toMatchObject({ status: 403 });
    expect(await world.teams.deliver(activity, { headers: { origin: "https://evil.test" } })).toMatchObject({ status: 403 });
    expect(await world.teams.deliver(activity, { headers: { "x-forwarded-for": "203.0.113.7" } })).toMatchObject({ status: 403 });
    expect(world.received).toEqual([]);
    expect(await world.teams.deliver(activity, { headers: { origin: "http://localhost:3000" } })).toMatchObject({ status: 200 });
  });

  test("need not number or date what it sends, nor say from where", async () => {
    const { id: _, timestamp: __, channelId: ___, recipient: ____, ...bare } = world.teams.activity({ user: "ann", text: "hello" });
    expect(await world.teams.deliver(bare)).toMatchObject({ status: 200 });
    expect(world.received).toMatchObject([{ text: "hello" }]);
  });
});
