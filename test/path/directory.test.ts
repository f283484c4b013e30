import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { createSlackAdapter } from "../../adapters/slack/index.ts";
import { createApp } from "../../src/app.ts";
import { parseConfig } from "../../src/config.ts";
import { createGuardedFetch } from "../../src/http/fetch.ts";
import { silentLog } from "../../src/log.ts";
import type { Adapter, Directory } from "../../src/model/adapter.ts";
import { createSlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { ordering } from "../support/questions.ts";
import { createStage, mention } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

/** A bridge whose adapter shows what it was given to look things up in. */
async function setUp() {
  const agent = await stage.agent({ script: ordering });
  const slack = await createSlackSimulator({ retryDelaysMs: [] });
  stage.owns(() => slack.stop());
  const folder = await mkdtemp(join(tmpdir(), "directory-"));
  stage.owns(() => rm(folder, { recursive: true, force: true }));
  const config = parseConfig(
    {
      listen: { port: 0 },
      store: { url: `sqlite:${join(folder, "bridge.db")}` },
      outbound: { allowPrivateNetworks: true },
      slack: slack.config,
      agents: { helper: { url: agent.url, threadIdentity: "owner-only" }, other: { url: agent.url } },
      routes: [{ agent: "helper", channel: "C1" }, { agent: "other" }],
    },
    {},
  );
  const given: { directory?: Directory } = {};
  const guarded = createGuardedFetch({ allowPrivateNetworks: true });
  const watched = (adapter: Adapter): Adapter => ({
    ...adapter,
    start: (receive, directory, signal) => {
      given.directory = directory;
      return adapter.start(receive, directory, signal);
    },
  });
  const app = await createApp({
    ...guarded,
    config,
    log: silentLog,
    adapters: async (shared) => [watched(createSlackAdapter({ ...shared, config: config.slack ?? fail() }))],
  });
  stage.owns(() => app.stop());
  const { url } = await app.start();
  slack.target(`${url}/slack/events`);
  return { slack, directory: given.directory ?? fail() };
}

test("an adapter can look up who answers here, what is asked, and who may answer it", async () => {
  const { slack, directory } = await setUp();
  const thread = await mention(slack, "order a laptop");
  const [button] = await until(() => slack.thread("C1", thread).replies.find(({ buttons }) => buttons.length > 1)?.buttons);
  const id = button?.value ?? "";
  const question = await until(() => directory.question(id));
  const ann = { id: "UANN", workspace: "T1" };
  const ben = { id: "UBEN", workspace: "T1" };

  expect(question).toMatchObject({ open: true, choices: [{ label: "Approve" }, { label: "Maybe" }, { label: "Deny" }] });
  expect(directory.agents(question.thread)).toEqual(["helper", "other"]);
  expect(directory.agents({ ...question.thread, channel: "C9" })).toEqual(["other"]);
  expect(await directory.mayAnswer(id, question.thread, ann)).toBeUndefined();
  expect(await directory.mayAnswer(id, question.thread, ben)).toMatch(/its owner's/);
  expect(await directory.mayAnswer(id, { ...question.thread, thread: "1.1" }, ann)).toMatch(/nothing to answer/);
  expect(await directory.question("task:nothing#0")).toBeUndefined();

  await slack.say({ channel: "C1", user: "UANN", text: "Deny", threadTs: thread });
  await until(async () => (await directory.question(id))?.open === false);
  expect(await directory.mayAnswer(id, question.thread, ann)).toMatch(/is over/);
});

const fail = (): never => {
  throw new Error("this should have been there");
};
