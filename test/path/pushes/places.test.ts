import { describe, expect, test } from "@jest/globals";
import { createStage } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { freePort } from "../../support/systems/kill.ts";
import { createPusher, forgedStatus, forgedTask, post, tokenHeader } from "../../support/systems/pushes.ts";
import { createSpark } from "../../support/systems/systems.ts";
import { until } from "../../support/until.ts";

const stage = createStage();

/** An agent whose pushes come, as a proxy in front of the bridge says, from `from`; and a bridge with these listening rules. */
async function setUp(from: string, allowFrom: readonly string[], trustProxy: readonly string[]) {
  const pusher = createPusher();
  const agent = await stage.agent({
    script: pusher.script,
    fetch: (url, init) => fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), "x-forwarded-for": from } }),
  });
  const settings = { url: agent.url, delivery: ["push"], operations: { get: false, list: false, resubscribe: false }, push: { allowFrom } };
  const { slack } = await stage.world({
    config: { agents: { helper: settings }, listen: { host: "127.0.0.1", port: 0, trustProxy } },
  });
  const chat = createChat(slack);
  await chat.say("one");
  await until(() => agent.tasks().length === 1);
  const { pushUrl: url = "", pushToken } = agent.received[0] ?? {};
  const { id = "", contextId = "" } = agent.tasks()[0] ?? {};
  const forge = (forwarded: string | undefined) =>
    post(url, forgedStatus({ id, contextId }, "WORKING"), {
      ...tokenHeader(pushToken),
      ...(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }),
    });
  return { pusher, agent, chat, forge };
}

describe("pushes are taken only from the addresses that are allowed", () => {
  const proxy = ["127.0.0.1"];

  test("as a trusted proxy tells them", async () => {
    const { pusher, chat, forge } = await setUp("203.0.113.7", ["203.0.113.0/24", "2001:db8::/32"], proxy);
    for (const from of ["203.0.114.1", "198.51.100.4", "::1", "2001:db9::1", "garbage", "203.0.113.7, 198.51.100.4", undefined])
      expect([from, await forge(from)]).toEqual([from, 404]);
    for (const from of ["203.0.113.255", "2001:db8::7", "198.51.100.4, 203.0.113.9", "::ffff:203.0.113.9"])
      expect([from, await forge(from)]).toEqual([from, 200]);
    pusher.open();
    expect(await chat.heard(1)).toEqual(["Answer to one"]);
  });

  test("and what anybody else says of themselves is not believed", async () => {
    const { pusher, agent, chat, forge } = await setUp("203.0.113.7", ["203.0.113.0/24"], []);
    for (const from of ["203.0.113.7", undefined]) expect(await forge(from)).toBe(404);
    pusher.open();
    await until(() => agent.pushes.some(({ body }) => body.includes("COMPLETED")));
    expect(new Set(agent.pushes.map(({ status }) => status))).toEqual(new Set([404]));
    expect(chat.replies()).toEqual([]);
  });

  test("or from where they really come, where there is no proxy", async () => {
    const { pusher, chat } = await setUp("198.51.100.4", ["127.0.0.1"], []);
    pusher.open();
    expect(await chat.heard(1)).toEqual(["Answer to one"]);
  });
});

describe("an agent that pushes to a bare host", () => {
  async function setUpOwnPort(push: Readonly<Record<string, unknown>> = {}) {
    const port = await freePort();
    const { agent, config } = await createSpark({ reply: ({ text }) => `Answer to ${text}`, webhookFromRequest: true });
    stage.owns(() => agent.stop());
    const world = await stage.world({
      config: { agents: { spark: { ...config, push: { auth: "none", listen: { port }, ...push } } }, publicUrl: "http://127.0.0.1:1" },
    });
    return { agent, world, own: `http://127.0.0.1:${port}`, chat: createChat(world.slack) };
  }

  test("has a port of its own with the path /, and the request names it", async () => {
    const { agent, own, chat } = await setUpOwnPort();
    expect([await chat.ask("one"), await chat.ask("two")]).toEqual(["Answer to one", "Answer to two"]);
    expect(agent.received.map(({ pushUrl }) => pushUrl)).toEqual([`${own}/`, `${own}/`]);
    expect(agent.pushes.map(({ url, status }) => [url, status])).toEqual(Array(2).fill([`${own}/`, 200]));
  });

  test("opens nothing but its door there, and the bridge's own port does not take its pushes", async () => {
    const { agent, world, own, chat } = await setUpOwnPort();
    agent.hold();
    await chat.say("one");
    await until(() => agent.answers.length === 1);
    const { contextId = "", taskId: id = "" } = agent.answers[0]?.turn ?? {};
    const forged = forgedTask({ id, contextId }, "COMPLETED");
    for (const url of [
      `${world.url}/`,
      `${world.url}/a2a/push/spark`,
      `${own}/a2a/push/spark`,
      `${own}/slack/events`,
      `${own}/a2a/push/spark/x`,
    ])
      expect([url, await post(url, forged)]).toEqual([url, 404]);
    expect((await fetch(own)).status).toBe(404);
    expect(await post(`${own}/`, forgedTask({ id: "guessed", contextId }, "COMPLETED"))).toBe(404);
    await agent.release();
    expect(await chat.heard(1)).toEqual(["Answer to one"]);
  });

  test("may be held to its addresses there too", async () => {
    const { agent, own, chat } = await setUpOwnPort({ allowFrom: ["203.0.113.0/24"], path: "/hook" });
    await chat.say("one");
    await until(() => agent.pushes.length === 1);
    expect(agent.pushes.map(({ url, status }) => [url, status])).toEqual([[`${own}/hook`, 404]]);
    expect(chat.replies()).toEqual([]);
  });
});
