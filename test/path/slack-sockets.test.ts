import { expect, test } from "@jest/globals";
import { complete, output } from "../../src/simulator/agents/steps.ts";
import { createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();
const channels = Array.from({ length: 10 }, (_, number) => `CROOM${number}`);
const look = async (url: string, path: string) => (await fetch(url + path)).status;

const echo = () =>
  stage.agent({
    script: async function* (turn) {
      yield output("a", `You said: ${turn.text}`);
      yield complete();
    },
  });

test("200 messages through refreshes, warnings, broken lines and a restart of the bridge are answered once each", async () => {
  const agent = await echo();
  const world = await stage.world({
    config: { agents: { helper: { url: agent.url } } },
    slack: {
      socketMode: true,
      answerMs: 2_000,
      leaveMs: 300,
      retryDelaysMs: Array(40).fill(250),
      channels: channels.map((id) => ({ id })),
    },
  });
  const { slack } = world;
  const trouble: Readonly<Record<number, () => void | Promise<void>>> = {
    30: () => slack.sockets.disconnect("refresh_requested", "all"),
    60: () => slack.sockets.drop("oldest"),
    90: () => slack.sockets.drop("all"),
    110: () => slack.sockets.disconnect("warning", "oldest"),
    130: () => world.restart(),
    160: () => slack.sockets.freeze("oldest"),
    180: () => slack.sockets.disconnect("refresh_requested", "all"),
  };
  const threads: { readonly ts: string; readonly channel: string; readonly text: string }[] = [];
  for (let number = 0; number < 200; number += 1) {
    const channel = channels[number % channels.length] ?? "C1";
    const text = `message ${number}`;
    threads.push({ ts: await mention(slack, text, { channel }), channel, text });
    await trouble[number]?.();
    // People do not all speak within one millisecond.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await slack.settled();
  const isAnswered = ({ ts, channel, text }: (typeof threads)[number]) => replies(slack, ts, channel).includes(`You said: ${text}`);
  await until(() => threads.every(isAnswered), 60_000, "200 answers");
  expect(threads.filter(({ ts, channel }) => replies(slack, ts, channel).length !== 1)).toEqual([]);
  expect([...slack.deliveries().values()].every((count) => count === 1)).toBe(true);
  expect([...agent.countByMessageId().values()].every((count) => count === 1)).toBe(true);
  expect(agent.received).toHaveLength(200);
  expect(slack.sockets.greeted()).toBeGreaterThan(8);
}, 120_000);

test("/readyz says no while no socket is connected, and yes again afterwards", async () => {
  const agent = await echo();
  const world = await stage.world({ config: { agents: { helper: { url: agent.url } } }, slack: { socketMode: true } });
  expect(await look(world.url, "/readyz")).toBe(200);
  expect(await look(world.url, "/slack/events")).toBe(404);
  world.slack.outage({ kind: "500" });
  world.slack.sockets.drop("all");
  await until(async () => (await look(world.url, "/readyz")) === 503);
  expect(await look(world.url, "/healthz")).toBe(200);
  world.slack.outage();
  await until(async () => (await look(world.url, "/readyz")) === 200);
});

test("a bridge whose app is not let in any more says so", async () => {
  const agent = await echo();
  const world = await stage.world({ config: { agents: { helper: { url: agent.url } } }, slack: { socketMode: true } });
  world.slack.sockets.disconnect("link_disabled");
  expect((await world.app.failed).message).toContain("slack.appToken: Socket Mode was switched off");
});
