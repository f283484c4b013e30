import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { SimulatedAgent } from "../../src/simulator/agents/agent.ts";
import { complete, detach, fail, inputRequired, output, working } from "../../src/simulator/agents/steps.ts";
import type { Wire } from "../../src/simulator/agents/wire.ts";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createJumpClock, type JumpClock } from "../support/jump-clock.ts";
import { createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";
import type { World } from "../support/world.ts";

const stage = createStage();

/** Words that occur nowhere else; each stands for one kind of content. */
const said = {
  question: "canary-question-7d1f",
  followUp: "canary-followup-93ab",
  edited: "canary-edited-20cc",
  progress: "canary-progress-5e42",
  chunk: "canary-chunk-b7f0",
  answer: "canary-answer-c1d9",
  pushed: "canary-pushed-4410",
  asked: "canary-asked-8be3",
  failure: "canary-failure-0f5d",
  address: "canary-address-66e1@acme.test",
  name: "Canary Name-3a77",
} as const;
const secrets = { bearer: "canary-bearer-e1b2", header: "canary-header-77aa" };

interface Scene {
  readonly world: World;
  readonly slack: SlackSimulator;
  readonly agent: SimulatedAgent;
  readonly clock: JumpClock;
  /** All of the log so far. */
  log(): Promise<string>;
  /** The bytes of every file of the store, as they stand on the disk. */
  store(): Promise<string>;
}

async function setUp(more: { readonly wire?: Wire; readonly followUps?: "asker" | "thread" | "mention" } = {}): Promise<Scene> {
  const clock = createJumpClock();
  const logs = await mkdtemp(join(tmpdir(), "bridge-log-"));
  stage.owns(() => rm(logs, { recursive: true, force: true }));
  const logFile = join(logs, "bridge.log");
  const agent = await stage.agent({
    ...more.wire,
    auth: { bearer: secrets.bearer },
    script: async function* (turn) {
      yield working(said.progress);
      if (turn.text.includes("ask me")) return yield inputRequired(said.asked);
      if (turn.text.includes("fail")) return yield fail(said.failure);
      if (turn.text.includes("push")) {
        yield detach();
        yield output("a", said.pushed);
        return yield complete();
      }
      yield output("a", `${said.chunk} `);
      yield output("a", said.answer, { append: true, last: true });
      yield complete();
    },
  });
  const settings = {
    identity: { required: true, fields: ["userPrincipalName", "displayName"] },
    auth: { type: "bearer", token: secrets.bearer },
    headers: { "x-house": secrets.header },
  };
  const world = await stage.world({
    logFile,
    clock,
    slack: { people: [{ id: "UCAN", name: said.name, email: said.address }] },
    config: {
      agents: { streaming: { url: agent.url, ...settings }, pushing: { url: agent.url, delivery: ["push"], ...settings } },
      routes: [
        { agent: "pushing", channel: "G1" },
        { agent: "streaming", followUps: more.followUps ?? "thread" },
      ],
    },
  });
  return {
    world,
    slack: world.slack,
    agent,
    clock,
    log: () => readFile(logFile, "utf8"),
    store: async () => {
      const files = await readdir(world.folder, { recursive: true, withFileTypes: true });
      const texts = await Promise.all(
        files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), "latin1")),
      );
      return texts.join("\n");
    },
  };
}

const found = (text: string, words: readonly string[]) => words.filter((word) => text.includes(word));

/** Everything that can be said in both directions: stream, push, question, failure, follow-up, edit, and pushes that are refused. */
async function talk({ slack, agent }: Scene): Promise<void> {
  const streamed = await mention(slack, said.question, { user: "UCAN" });
  await until(() => replies(slack, streamed).length === 1);
  await slack.say({ channel: "C1", user: "UCAN", text: `${said.followUp} ask me`, threadTs: streamed });
  await until(() => replies(slack, streamed).length === 2);
  await (await slack.edit("C1", streamed, `<@UBOT> ${said.edited}`)).delivered;
  const failing = await mention(slack, `fail ${said.question}`, { user: "UCAN" });
  await until(() => replies(slack, failing).length === 1);
  const pushed = await mention(slack, `push ${said.question}`, { user: "UCAN", channel: "G1" });
  await until(() => replies(slack, pushed, "G1").length === 1);
  const last = agent.received.at(-1);
  const body = JSON.stringify({ [said.pushed]: said.pushed });
  const headers = { "x-a2a-notification-token": last?.pushToken ?? "" };
  expect((await fetch(last?.pushUrl ?? "", { method: "POST", headers, body })).status).toBe(400);
  expect((await fetch(last?.pushUrl ?? "", { method: "POST", headers, body: `not json ${said.pushed}` })).status).toBe(400);
  expect(replies(slack, streamed)).toEqual([`${said.chunk} ${said.answer}`, said.asked]);
  expect(replies(slack, pushed, "G1")).toEqual([said.pushed]);
}

const nothingOpen = async ({ world }: Scene) =>
  (await world.app.ledger.stats()).every(({ state, count }) => state === "done" || count === 0);

const words = Object.values(said);
const day = 86_400_000;

test("what was said by either side, and who said it, is in no log, and after its time in no file of the store", async () => {
  const scene = await setUp();
  const { world, agent, slack, clock } = scene;
  await talk(scene);
  await until(() => nothingOpen(scene));
  // While its time runs content is there: this search can find something.
  const kept = [said.question, said.followUp, said.edited, said.answer, said.pushed, said.asked, said.failure, said.address, said.name];
  expect(found(await scene.store(), kept)).toEqual(kept);

  clock.jump(7 * day);
  await world.app.ledger.purge({ contentMs: 7 * day, factsMs: 400 * day });

  expect(found(await scene.store(), words)).toEqual([]);
  expect(found(await scene.log(), words)).toEqual([]);
  const lines = (await scene.log()).trim().split("\n");
  expect(lines.some((line) => line.includes("event received"))).toBe(true);
  const [first] = slack.channel("C1");
  const again = { type: "app_mention", user: "UCAN", text: `<@UBOT> ${said.question}`, ts: first?.ts, channel: "C1" };
  const before = agent.received.length;
  expect((await slack.deliver(slack.envelope(again))).status).toBe(200);
  await until(() => nothingOpen(scene));
  expect(agent.received).toHaveLength(before);
});

test("no secret is in the log or in the store: tokens, signing secret, the addresses and tokens of pushes", async () => {
  const scene = await setUp();
  await talk(scene);
  await until(() => nothingOpen(scene));

  const { token, signingSecret } = scene.slack.workspace.app;
  const pushes = scene.agent.received.flatMap(({ pushUrl = "", pushToken = "" }) => [pushToken, pushUrl.split("/").at(-1) ?? ""]);
  expect(pushes.every((secret) => secret.length > 15)).toBe(true);
  const all = [...Object.values(secrets), token, signingSecret, ...pushes];
  expect(found(await scene.log(), all)).toEqual([]);
  expect(found(await scene.store(), all)).toEqual([]);
});

test.each([
  { protocol: "1.0", binding: "JSONRPC" },
  { protocol: "1.0", binding: "HTTP+JSON" },
  { protocol: "0.3", binding: "JSONRPC" },
  { protocol: "0.3", binding: "HTTP+JSON" },
] as const)("an agent of $protocol over $binding whose errors quote what was said does not bring it into the log", async (wire) => {
  const scene = await setUp({ wire });
  const { slack, agent } = scene;
  const rpc = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    error: { code: -32602, message: `cannot read ${said.failure}`, data: said.failure },
  });
  const rest = JSON.stringify({
    error: { code: 400, status: "INVALID_ARGUMENT", message: said.failure, details: [{ reason: said.failure }] },
  });
  const flat = JSON.stringify({ code: -32602, message: said.failure, data: said.failure });
  const bodies = [rpc, rest, flat, `<html>${said.failure}</html>`, `{"${said.failure}": ${said.failure}`, said.failure];
  const headers = { "content-type": "application/json" };
  for (const body of bodies) {
    for (const status of [200, 400, 500]) {
      agent.failNext({ kind: "status", status, body, headers: body.startsWith("<") ? { "content-type": "text/html" } : headers });
      const ts = await mention(slack, said.question, { user: "UCAN" });
      await until(() => replies(slack, ts).length > 0, 5_000, `an end after ${status} ${body}`);
    }
  }
  const stream = { headers: { "content-type": "text/event-stream" }, body: `data: {"${said.failure}": ${said.failure}\n\n` };
  agent.failNext({ kind: "status", status: 200, ...stream });
  const ts = await mention(slack, said.question, { user: "UCAN" });
  await until(() => replies(slack, ts).length > 0);
  expect((await scene.log()).split("\n").filter((line) => found(line, words).length > 0)).toEqual([]);
});

test.each(["asker", "mention"] as const)("what is not meant for the bot is nowhere in store or log (followUps: %s)", async (followUps) => {
  const scene = await setUp({ followUps });
  const { slack } = scene;
  const ts = await mention(slack, "hello", { user: "UCAN" });
  await until(() => replies(slack, ts).length === 1);
  slack.addPerson({ id: "UZAP", name: "Zap", bot: true });
  slack.workspace.channels.get("C1")?.members.add("UZAP");
  const other = await slack.say({ channel: "C1", user: "UBEN", text: "overheard-one to all" });
  const thread = { channel: "C1", threadTs: ts };
  const overheard = [
    other,
    await slack.say({ channel: "C1", user: "UANN", text: "overheard-two in a thread of people", threadTs: other.ts }),
    await slack.say({ ...thread, user: "UBEN", text: "overheard-three by a second person" }),
    await slack.say({ ...thread, user: "UCAN", text: "<@UBEN> overheard-four to somebody else" }),
    await slack.say({ channel: "C1", user: "UZAP", text: "<@UBOT> overheard-five by a bot" }),
    await slack.say({ ...thread, user: "UZAP", text: "overheard-six by a bot" }),
    ...(followUps === "mention" ? [await slack.say({ ...thread, user: "UCAN", text: "overheard-seven by the asker" })] : []),
    await slack.edit("C1", other.ts, "overheard-eight is an edit"),
  ];
  for (const { delivered } of overheard)
    expect((await delivered).every(({ statuses }) => statuses.every((status) => status === 200))).toBe(true);
  await (await slack.remove("C1", other.ts)).delivered;
  const next = await mention(slack, "are you there", { user: "UCAN" });
  await until(() => replies(slack, next).length === 1);
  await until(() => nothingOpen(scene));

  const heard = ["one", "two", "three", "four", "five", "six", "seven", "eight"].map((number) => `overheard-${number}`);
  expect(found(await scene.store(), heard)).toEqual([]);
  expect(found(await scene.log(), heard)).toEqual([]);
  expect(replies(slack, ts)).toHaveLength(1);
  expect(scene.agent.received).toHaveLength(2);
});
