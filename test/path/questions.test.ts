import { describe, expect, test } from "@jest/globals";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { ordering, told } from "../support/questions.ts";
import { createStage, mention, replies, whispers } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

async function setUp(settings: Record<string, unknown> = {}, route: Record<string, unknown> = { followUps: "thread" }) {
  const agent = await stage.agent({ script: ordering });
  const world = await stage.world({
    config: { agents: { helper: { url: agent.url, ...settings } }, routes: [{ agent: "helper", ...route }] },
  });
  return { agent, world, slack: world.slack };
}

/** The newest message of the bot with buttons. */
const question = (slack: SlackSimulator, thread: string) =>
  slack.thread("C1", thread).replies.findLast(({ bot, buttons }) => bot && buttons.some(({ type }) => type === "button"));

async function ask(slack: SlackSimulator, text = "order a laptop") {
  const thread = await mention(slack, text);
  const asked = await until(() => question(slack, thread));
  const press = async (label: string, user = "UANN", message = asked) => {
    const { actionId = "" } = message.buttons.find((button) => button.label === label) ?? {};
    return (await slack.click({ channel: "C1", user, ts: message.ts, actionId })).status;
  };
  return { thread, asked, press };
}

/** A click of a client that still shows a button which is not there any more, or never was. */
async function pressStale(slack: SlackSimulator, thread: string, ts: string, value: string): Promise<void> {
  const payload = {
    type: "block_actions",
    team: { id: "T1" },
    user: { id: "UANN", team_id: "T1" },
    api_app_id: slack.workspace.app.id,
    container: { type: "message", message_ts: ts, channel_id: "C1", thread_ts: thread },
    actions: [{ type: "button", action_id: "a2a_choice_0", value, action_ts: slack.workspace.ts() }],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const { status } = await slack.deliver(body, { contentType: "application/x-www-form-urlencoded" });
  expect(status).toBe(200);
}

describe("a question in Slack", () => {
  test("is answered by a click: the agent hears the choice as the clicker's words in the open task, and the buttons go", async () => {
    const { slack, agent } = await setUp();
    const { thread, asked, press } = await ask(slack);
    expect(asked.buttons.map(({ label }) => label)).toEqual(["Approve", "Maybe", "Deny"]);
    expect(await press("Approve", "UBEN")).toBe(200);
    await until(() => replies(slack, thread).includes("You said Approve."));
    expect(replies(slack, thread)).toEqual([
      expect.stringMatching(/^Shall I order.*\n\n.*\*\*Approve\*\*, chosen by Ben/s),
      "You said Approve.",
    ]);
    expect(question(slack, thread)).toBeUndefined();
    const [, second] = told(agent);
    expect(second).toEqual({ text: "Approve", task: agent.tasks()[0]?.id });
    expect(agent.violations).toEqual([]);
  });

  test("can be answered after a restart, and the next one is a question of its own", async () => {
    const { slack, agent, world } = await setUp();
    const { thread, asked, press } = await ask(slack);
    await world.restart();
    await press("Maybe");
    await until(() => question(slack, thread)?.text.startsWith("Really?"));
    await pressStale(slack, thread, asked.ts, asked.buttons[0]?.value ?? "");
    await until(() => whispers(slack, "UANN", thread).some((text) => text.includes("answered already")));
    await press("Deny", "UANN", question(slack, thread));
    await until(() => replies(slack, thread).includes("You said Deny."));
    expect(told(agent).map(({ text }) => text)).toEqual(["order a laptop", "Maybe", "Deny"]);
    expect(
      new Set(
        told(agent)
          .slice(1)
          .map(({ task }) => task),
      ).size,
    ).toBe(1);
  });

  test("that two people answer at the same time, and one of them twice, is answered once", async () => {
    const { slack, agent } = await setUp();
    const { thread, press } = await ask(slack);
    const statuses = await Promise.all([
      press("Approve", "UANN"),
      press("Deny", "UBEN"),
      press("Approve", "UANN"),
      press("Approve", "UBEN"),
    ]);
    expect(statuses).toEqual([200, 200, 200, 200]);
    await until(() => replies(slack, thread).some((text) => text.startsWith("You said")));
    const late = () => [...whispers(slack, "UANN", thread), ...whispers(slack, "UBEN", thread)];
    await until(() => late().length === 3);
    expect(late().every((text) => /answered already/.test(text))).toBe(true);
    expect(agent.received).toHaveLength(2);
    expect(replies(slack, thread)).toHaveLength(2);
  });

  test("of an owner's conversation is theirs; somebody else hears so alone", async () => {
    const { slack, agent } = await setUp({ threadIdentity: "owner-only" });
    const { thread, press } = await ask(slack);
    await press("Approve", "UBEN");
    await until(() => whispers(slack, "UBEN", thread).some((text) => text.includes("its owner's")));
    expect(question(slack, thread)).toBeDefined();
    await press("Deny", "UANN");
    await until(() => replies(slack, thread).includes("You said Deny."));
    expect(agent.received).toHaveLength(2);
  });

  test("is for the asker where only they may go on", async () => {
    const { slack, agent } = await setUp({}, { followUps: "asker" });
    const { thread, press } = await ask(slack);
    await press("Approve", "UBEN");
    await until(() => whispers(slack, "UBEN", thread).some((text) => text.includes("somebody else")));
    await press("Approve", "UANN");
    await until(() => replies(slack, thread).includes("You said Approve."));
    expect(agent.received).toHaveLength(2);
  });

  test("is not for people of other organisations", async () => {
    const { slack, agent } = await setUp();
    slack.addPerson({ id: "UEVE", name: "Eve", guest: "multi" });
    slack.workspace.channels.get("C1")?.members.add("UEVE");
    const { thread, press } = await ask(slack);
    await press("Approve", "UEVE");
    await until(() => whispers(slack, "UEVE", thread).some((text) => text.includes("own organisation only")));
    expect(question(slack, thread)).toBeDefined();
    expect(agent.received).toHaveLength(1);
  });

  test.each(["new", "no, a phone", "Maybe"])("is over once somebody has said %j", async (words) => {
    const { slack, agent } = await setUp();
    const { thread, asked } = await ask(slack);
    const before = replies(slack, thread).length;
    await slack.say({ channel: "C1", user: "UANN", text: words, threadTs: thread });
    await until(() => replies(slack, thread).length > before);
    const shown = await until(() => slack.thread("C1", thread).replies.find(({ ts, buttons }) => ts === asked.ts && buttons.length === 0));
    expect(shown.text.includes("Answered by Ann Archer below")).toBe(words !== "new");
    const heard = agent.received.length;
    await pressStale(slack, thread, asked.ts, asked.buttons[0]?.value ?? "");
    await until(() => whispers(slack, "UANN", thread).some((text) => text.includes("is over")));
    expect(agent.received).toHaveLength(heard);
  });

  test("whose words are not kept any more is over, too", async () => {
    const { slack, agent, world } = await setUp();
    const { thread, press } = await ask(slack);
    await until(async () => (await world.app.ledger.stats()).every(({ state }) => state === "done"));
    await until(async () => (await world.app.ledger.purge({ contentMs: 0, factsMs: 3_600_000 })).content > 0);
    await press("Approve");
    await until(() => whispers(slack, "UANN", thread).some((text) => text.includes("nothing to answer")));
    expect(agent.received).toHaveLength(1);
  });

  test("that was never asked is answered in words only, and stored nowhere", async () => {
    const { slack, world } = await setUp();
    const { thread, asked } = await ask(slack);
    const elsewhere = await ask(slack);
    const rows = async () => (await world.app.ledger.stats()).reduce((sum, { queue, count }) => sum + (queue === "control" ? 0 : count), 0);
    const before = await rows();
    const foreign = slack.thread("C1", elsewhere.thread).replies.at(-1)?.buttons[0]?.value ?? "";
    for (const value of ["task:nothing#0", foreign]) await pressStale(slack, thread, asked.ts, value);
    await until(() => whispers(slack, "UANN", thread).filter((text) => text.includes("nothing to answer")).length === 2);
    expect(await rows()).toBe(before);
  });
});

test("a turn of unknown outcome is asked again by a button, once", async () => {
  const { slack, agent } = await setUp({
    delivery: ["blocking"],
    operations: { get: false, resubscribe: false, list: false, push: false },
  });
  const { thread, asked, press } = await ask(slack, "break off");
  expect(asked.text).toContain("say `again`");
  expect(asked.buttons.map(({ label }) => label)).toEqual(["Ask again"]);
  await Promise.all([press("Ask again"), press("Ask again", "UBEN")]);
  await until(() => agent.received.length === 2 && replies(slack, thread)[0]?.includes("chosen by"));
  await until(() => [...whispers(slack, "UANN", thread), ...whispers(slack, "UBEN", thread)].length === 1);
  expect(agent.received.map(({ text }) => text)).toEqual(["break off", "break off"]);
});
