import { expect, test } from "@jest/globals";
import { complete, output } from "../../src/simulator/agents/steps.ts";
import type { TeamsSimulator } from "../../src/simulator/teams/simulator.ts";
import { createStage } from "../support/stage.ts";
import { createTeamsBridge, help, said } from "../support/teams/bridge.ts";
import { until } from "../support/until.ts";

const stage = createStage();

async function setUp() {
  const agent = await stage.agent({
    script: (turn) => [output("a", `You said: ${turn.text}`, { last: true }), complete()],
  });
  const bridge = await createTeamsBridge(stage, {
    config: { agents: { helper: { url: agent.url } } },
    teams: { resends: 60, resendAfter: "failure" },
  });
  return { ...bridge, agent };
}

/** A message that nobody has said, to be bent. */
const activity = (teams: TeamsSimulator, text = "hello") => teams.activity({ channel: help, user: "ann", text, mention: true });

const foreign = "11111111-1111-4111-8111-111111111111";
const elsewhere = "https://evil.test/amer/";

test("what Teams did not send, or not for this bot, is refused with a bare status and leaves nothing behind; what it did is answered", async () => {
  const { teams, world, agent } = await setUp();
  const good = activity(teams);
  const conversation = Object(good.conversation);
  const cases: readonly (readonly [string, number, unknown, Parameters<TeamsSimulator["deliver"]>[1]?])[] = [
    ["wrong issuer", 401, good, { token: "wrongIssuer" }],
    ["wrong audience", 401, good, { token: "wrongAudience" }],
    ["expired", 401, good, { token: "expired" }],
    ["not signed by the service", 401, good, { token: "forged" }],
    ["no token", 401, good, { token: "none" }],
    ["foreign tenant", 403, { ...good, conversation: { ...conversation, tenantId: foreign } }],
    ["foreign service url, of which the token knows nothing", 401, { ...good, serviceUrl: elsewhere }],
    ["foreign service url, in the token too", 403, { ...good, serviceUrl: elsewhere }, { serviceUrl: elsewhere }],
    ["no type", 400, { ...good, type: undefined }],
    ["no body", 400, ""],
    ["300 KB", 413, { ...good, text: "x".repeat(300 * 1024) }],
  ];
  const answers: (readonly [string, number, string])[] = [];
  // The SDK tells of bad tokens on the console.
  const told = console.error;
  console.error = () => undefined;
  try {
    for (const [name, , body, bend] of cases) {
      const attempt = await teams.deliver(body, bend);
      answers.push([name, attempt.status, attempt.status === 413 ? "" : attempt.body]);
    }
  } finally {
    console.error = told;
  }
  expect(answers).toEqual(cases.map(([name, status]) => [name, status, ""]));
  expect(await world.app.ledger.stats()).toEqual([]);
  expect(agent.received).toEqual([]);

  const { threadId = "", delivered } = await teams.say({ channel: help, user: "ann", text: "hello", mention: true });
  expect((await delivered).map(({ statuses }) => statuses)).toEqual([[200]]);
  await until(() => said(teams.thread(help, threadId).replies).length === 1);
  expect(said(teams.thread(help, threadId).replies)).toEqual(["You said: hello"]);
  expect(teams.violations).toEqual([]);
});

test("while the store is down Teams gets 503, and what it sends again is answered once, in a channel thread and in a personal chat", async () => {
  const { teams, world, agent } = await setUp();
  await world.app.ledger.close();
  const thread = await teams.say({ channel: help, user: "ann", text: "in the thread", mention: true });
  const chat = await teams.say({ user: "ben", text: "in the chat" });
  expect((await teams.deliver(activity(teams))).status).toBe(503);
  await world.restart();

  for (const { delivered } of [thread, chat]) {
    const [{ statuses } = { statuses: [] }] = await delivered;
    expect(statuses.at(0)).toBe(503);
    expect(statuses.at(-1)).toBe(200);
  }
  const inThread = () => said(teams.thread(help, thread.threadId ?? "").replies);
  const inChat = () => said(teams.chat(teams.personal("ben")).messages);
  await until(() => inThread().length > 0 && inChat().length > 0);
  await teams.settled();
  expect(inThread()).toEqual(["You said: in the thread"]);
  expect(inChat()).toEqual(["You said: in the chat"]);
  expect([...agent.countByMessageId().values()]).toEqual([1, 1]);
  expect(teams.violations).toEqual([]);
});
