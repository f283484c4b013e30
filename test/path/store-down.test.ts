import { expect, test } from "@jest/globals";
import { complete, output } from "../../src/simulator/agents/steps.ts";
import { onPostgres } from "../contract/ledger/engines.ts";
import { createProxy } from "../support/proxy.ts";
import { createStage, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

const echo = () =>
  stage.agent({
    script: async function* (turn) {
      yield output("a", `You said: ${turn.text}`);
      yield complete();
    },
  });

const look = async (url: string, path: string) => (await fetch(url + path)).status;

test.each([
  { door: "signed requests", slack: {}, no: 503, said: "gets 503" },
  { door: "sockets", slack: { socketMode: true, answerMs: 500 }, no: 0, said: "is not answered" },
])(
  "over $door: while the store is closed Slack $said and /readyz says no; after a restart what Slack sends again is answered once",
  async ({ slack, no }) => {
    const agent = await echo();
    const world = await stage.world({
      config: { agents: { helper: { url: agent.url } } },
      slack: { retryDelaysMs: Array(40).fill(250), ...slack },
    });
    expect(await look(world.url, "/healthz")).toBe(200);
    expect(await look(world.url, "/readyz")).toBe(200);

    await world.app.ledger.close();
    expect(await look(world.url, "/healthz")).toBe(200);
    expect(await look(world.url, "/readyz")).toBe(503);
    const { ts, delivered } = await world.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> is anybody there" });
    const direct = await world.slack.deliver(
      world.slack.envelope({ type: "app_mention", user: "UANN", text: "<@UBOT> hi", ts: "1700000000.000100", channel: "C1" }),
    );
    expect(direct.status).toBe(no);
    await world.restart();

    const both = await delivered;
    for (const { statuses } of both) {
      expect(statuses.at(0)).toBe(no);
      expect(statuses.at(-1)).toBe(200);
    }
    await until(() => replies(world.slack, ts).length === 1);
    expect(replies(world.slack, ts)).toEqual(["You said: is anybody there"]);
    expect(await look(world.url, "/readyz")).toBe(200);
    expect([...agent.countByMessageId().values()]).toEqual([1]);
  },
);

await onPostgres("a database that goes away", (place) => {
  test("is told to Slack and to /readyz, and is taken up again without a restart; each message is answered once", async () => {
    const server = new URL(place().url);
    const proxy = await createProxy({ host: server.hostname, port: Number(server.port || 5432) });
    stage.owns(() => proxy.stop());
    server.hostname = "127.0.0.1";
    server.port = String(proxy.port);
    const agent = await echo();
    const world = await stage.world({
      config: { agents: { helper: { url: agent.url } }, store: { url: server.href } },
      slack: { retryDelaysMs: Array(60).fill(250), answerMs: 6_000 },
    });
    const { slack, url } = world;
    const before = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> before" });
    await until(() => replies(slack, before.ts).length === 1);
    expect(await look(url, "/readyz")).toBe(200);

    await proxy.cut();
    const during = await slack.say({ channel: "C1", user: "UBEN", text: "<@UBOT> during" });
    await until(async () => (await look(url, "/readyz")) === 503);
    expect(await look(url, "/healthz")).toBe(200);
    const envelope = slack.envelope({ type: "app_mention", user: "UANN", text: "<@UBOT> hi", ts: "1700000000.000100", channel: "C1" });
    expect((await slack.deliver(envelope)).status).toBe(503);
    await proxy.mend();

    await until(async () => (await look(url, "/readyz")) === 200, 20_000);
    await until(() => replies(slack, during.ts).length === 1, 20_000);
    await slack.say({ channel: "C1", user: "UANN", text: "after", threadTs: before.ts });
    await until(() => replies(slack, before.ts).length === 2, 20_000);
    for (const { statuses } of await during.delivered) {
      expect(statuses.at(0)).toBe(503);
      expect(statuses.at(-1)).toBe(200);
    }
    expect(replies(slack, before.ts)).toEqual(["You said: before", "You said: after"]);
    expect(replies(slack, during.ts)).toEqual(["You said: during"]);
    expect([...agent.countByMessageId().values()]).toEqual([1, 1, 1]);
    expect([...slack.deliveries().values()].every((count) => count === 1)).toBe(true);
  }, 60_000);

  test("in the middle of an answer loses nothing of it", async () => {
    const server = new URL(place().url);
    const proxy = await createProxy({ host: server.hostname, port: Number(server.port || 5432) });
    stage.owns(() => proxy.stop());
    server.port = String(proxy.port);
    server.hostname = "127.0.0.1";
    const agent = await stage.agent({
      script: async function* () {
        yield output("a", "one, ");
        await proxy.cut();
        yield output("a", "two, ", { append: true });
        await until(async () => (await look(world.url, "/readyz")) === 503);
        await proxy.mend();
        yield output("a", "three.", { append: true, last: true });
        yield complete();
      },
    });
    const world = await stage.world({ config: { agents: { helper: { url: agent.url } }, store: { url: server.href } }, leaseMs: 1_500 });
    const { ts } = await world.slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> count" });

    await until(() => replies(world.slack, ts).length === 1, 20_000);
    expect(replies(world.slack, ts)).toEqual(["one, two, three."]);
    expect([...agent.countByMessageId().values()]).toEqual([1]);
  }, 60_000);
});
