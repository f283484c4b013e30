import { describe, expect, test } from "@jest/globals";
import { complete, output, wait, working } from "../../src/simulator/agents/steps.ts";
import { createSlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { onPostgres } from "../contract/ledger/engines.ts";
import { createCluster, findServer } from "../support/cluster.ts";
import { hasPostgres } from "../support/postgres.ts";
import { createReplicas, type Replica } from "../support/replicas.ts";
import { createGate, createStage, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

/** An agent that is slow where it is told so, a workspace, and bridges on one store. */
async function setUp(storeUrl: string) {
  const gate = createGate();
  const agent = await stage.agent({
    modes: { streaming: true, push: false },
    script: async function* (turn) {
      yield working();
      yield output("a", "Answer ");
      if (turn.text.startsWith("slowly")) yield wait(gate.passed);
      else yield wait(100);
      yield output("a", `to ${turn.text}`, { append: true, last: true });
      yield complete();
    },
  });
  stage.owns(async () => gate.open());
  const slack = await createSlackSimulator({ retryDelaysMs: Array(200).fill(200) });
  stage.owns(() => slack.stop());
  const replicas = await createReplicas({
    storeUrl,
    agents: { helper: { url: agent.url, whileRunning: "queue" } },
    platform: { slack: { pace: { perSecond: 20, burst: 20 }, ...slack.config } },
  });
  stage.owns(() => replicas.stop());
  const say = async (to: Replica, text: string, threadTs?: string) => {
    slack.target(`${to.url}/slack/events`);
    const where = threadTs === undefined ? { text: `<@UBOT> ${text}` } : { text, threadTs };
    return slack.say({ channel: "C1", user: "UANN", ...where });
  };
  const answers = (ts: string) => replies(slack, ts).filter((text) => text.startsWith("Answer to"));
  const expectOnce = () => {
    expect([...slack.deliveries()].filter(([, count]) => count > 1)).toEqual([]);
    expect([...agent.countByMessageId().values()].filter((count) => count !== 1)).toEqual([]);
    expect(agent.violations).toEqual([]);
  };
  return { agent, slack, replicas, gate, say, answers, expectOnce };
}

const look = async ({ url }: Replica, path: string) => (await fetch(url + path)).status;

await onPostgres("two processes on one database", (place) => {
  test("each take at least a quarter of the load, whoever the events come to", async () => {
    const { replicas, say, answers, expectOnce } = await setUp(place().url);
    const both = [await replicas.add(), await replicas.add()] as const;
    const threads: string[] = [];
    for (let number = 0; number < 40; number += 1) {
      const { ts, delivered } = await say(both[number % 2 === 0 ? 0 : 1], `question ${number}`);
      for (const { statuses } of await delivered) expect(statuses).toEqual([200]);
      threads.push(ts);
    }
    await until(() => threads.every((ts) => answers(ts).length === 1), 60_000, "an answer in each thread");
    expect(threads.map(answers)).toEqual(threads.map((_, number) => [`Answer to question ${number}`]));
    expectOnce();
    await until(async () => (await both[0].turns()) + (await both[1].turns()) === 40);
    for (const each of both) expect(await each.turns()).toBeGreaterThanOrEqual(10);
  }, 120_000);

  test("go on as one when the other is killed: its work is taken over within ten seconds, and nothing is lost, doubled or reordered", async () => {
    const { agent, slack, replicas, gate, say, answers, expectOnce } = await setUp(place().url);
    const first = await replicas.add();
    const threads: string[] = [];
    for (let number = 0; number < 6; number += 1) {
      const { ts, delivered } = await say(first, `slowly ${number}`);
      await delivered;
      threads.push(ts);
    }
    await until(() => agent.tasks().filter(({ state }) => state === "working").length === 6, 30_000);
    for (const ts of threads) await (await say(first, "and then", ts)).delivered;
    const second = await replicas.add();

    first.kill();
    expect((await first.ended).signal).toBe("SIGKILL");
    gate.open();
    await until(() => threads.every((ts) => answers(ts).length >= 1), 10_000, "the other to take over");
    slack.target(`${second.url}/slack/events`);
    await until(() => threads.every((ts) => answers(ts).length === 2), 60_000, "every answer");
    await until(async () => (await second.ask({ kind: "rows" }, "rows")).open === 0, 20_000);
    for (const [number, ts] of threads.entries()) expect(answers(ts)).toEqual([`Answer to slowly ${number}`, "Answer to and then"]);
    expectOnce();
  }, 120_000);
});

const bin = (await hasPostgres()) ? await findServer() : undefined;
if (bin === undefined && process.env.REQUIRE_POSTGRES === "1")
  throw new Error("REQUIRE_POSTGRES is set, and PostgreSQL's programs are missing (POSTGRES_BIN names their folder)");
describe("a database that is away for ten seconds", () => {
  if (bin === undefined) return void test.todo("needs PostgreSQL's programs on this machine (POSTGRES_BIN names their folder)");

  test("loses, doubles and reorders nothing of two processes; neither acknowledges what it cannot keep, and both are ready again by themselves", async () => {
    const cluster = await createCluster(bin);
    stage.owns(() => cluster.remove());
    const { agent, replicas, gate, say, answers, expectOnce } = await setUp(cluster.url);
    const both = [await replicas.add(), await replicas.add()] as const;
    const threads: string[] = [];
    for (let number = 0; number < 6; number += 1) {
      const { ts, delivered } = await say(both[number % 2 === 0 ? 0 : 1], number < 3 ? `slowly ${number}` : `question ${number}`);
      await delivered;
      threads.push(ts);
    }
    await until(() => agent.tasks().filter(({ state }) => state === "working").length >= 3, 30_000);
    await until(() => threads.slice(3).every((ts) => answers(ts).length === 1), 30_000);

    await cluster.stop();
    const back = Date.now() + 10_000;
    for (const each of both) await until(async () => (await look(each, "/readyz")) === 503);
    for (const each of both) expect(await look(each, "/healthz")).toBe(200);
    const during = await Promise.all(threads.map((ts, number) => say(both[number % 2 === 0 ? 0 : 1], "and then", ts)));
    gate.open();
    await until(() => Date.now() > back, 20_000);
    expect(threads.map((ts) => answers(ts).length)).toEqual([0, 0, 0, 1, 1, 1]);
    await cluster.start();

    for (const each of both) await until(async () => (await look(each, "/readyz")) === 200, 30_000);
    for (const { delivered } of during)
      for (const { statuses } of await delivered) {
        expect(statuses.at(0)).not.toBe(200);
        expect(statuses.at(-1)).toBe(200);
      }
    await until(() => threads.every((ts) => answers(ts).length === 2), 60_000, "every answer");
    await until(async () => (await both[0].ask({ kind: "rows" }, "rows")).open === 0, 30_000);
    for (const [number, ts] of threads.entries())
      expect(answers(ts)).toEqual([`Answer to ${number < 3 ? "slowly" : "question"} ${number}`, "Answer to and then"]);
    expectOnce();
  }, 180_000);
});
