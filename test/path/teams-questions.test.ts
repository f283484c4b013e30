import { describe, expect, test } from "@jest/globals";
import type { TeamsSimulator } from "../../src/simulator/teams/simulator.ts";
import { ordering, told } from "../support/questions.ts";
import { createStage } from "../support/stage.ts";
import { createTeamsBridge, help, said } from "../support/teams/bridge.ts";
import { until } from "../support/until.ts";

const stage = createStage();

async function setUp(settings: Record<string, unknown> = {}) {
  const agent = await stage.agent({ script: ordering });
  const { teams, world } = await createTeamsBridge(stage, {
    config: { agents: { helper: { url: agent.url, ...settings } }, routes: [{ agent: "helper", followUps: "thread" }] },
  });
  return { agent, teams, world };
}

async function ask(teams: TeamsSimulator) {
  const { threadId = "" } = await teams.say({ user: "ann", channel: help, text: "order a laptop", mention: true });
  const replies = () => teams.thread(help, threadId).replies;
  const { id } = await until(() => replies().find(({ buttons }) => buttons.length > 0));
  /** Resolves to what the clicker alone is shown. */
  const press = async (title: string, user = "ann") => {
    const { answer } = await teams.submitCard({ channel: help, user, id, title });
    expect(answer?.status).toBe(200);
    return String(JSON.parse(answer?.body ?? "{}").value);
  };
  return { threadId, id, replies, press, texts: () => said(replies()) };
}

describe("a question in Teams", () => {
  test("is answered by a click, before a restart or after it, and its card is replaced for everybody", async () => {
    const { teams, agent, world } = await setUp();
    const { press, replies, texts } = await ask(teams);
    await world.restart();
    expect(await press("Approve", "ben")).toBe("Your answer is passed on.");
    await until(() => texts().includes("You said Approve."));
    expect(texts()[0]).toMatch(/^Shall I order.*\*\*Approve\*\*, chosen by Ben/s);
    expect(replies().flatMap(({ buttons }) => buttons)).toEqual([]);
    expect(told(agent)[1]).toEqual({ text: "Approve", task: agent.tasks()[0]?.id });
    expect(teams.violations).toEqual([]);
  });

  test("that two people answer at the same time, and one of them twice, is answered once", async () => {
    const { teams, agent } = await setUp();
    const { press, texts } = await ask(teams);
    const ben = teams.personal("ben");
    const words = await Promise.all([press("Approve", "ann"), press("Deny", "ben"), press("Deny", "ben")]);
    await until(() => texts().some((text) => text.startsWith("You said")));
    const alone = () => [...teams.chat(teams.personal("ann")).messages, ...teams.chat(ben).messages].map(({ text }) => text);
    await until(() => [...words, ...alone()].filter((text) => text.includes("answered already")).length === 2);
    expect(agent.received).toHaveLength(2);
    expect(texts()).toHaveLength(2);
  });

  test("of an owner's conversation is theirs; somebody else reads so on the card, alone", async () => {
    const { teams, agent } = await setUp({ threadIdentity: "owner-only" });
    const { press, replies, texts } = await ask(teams);
    expect(await press("Approve", "ben")).toMatch(/its owner's/);
    expect(replies().some(({ buttons }) => buttons.length > 0)).toBe(true);
    await press("Deny", "ann");
    await until(() => texts().includes("You said Deny."));
    expect(agent.received).toHaveLength(2);
  });

  test("is over once a new conversation was begun: the card goes, and who still sees it reads why nothing comes of it", async () => {
    const { teams, agent } = await setUp();
    const { id, replies, threadId, texts } = await ask(teams);
    const card = replies().find((message) => message.id === id);
    await teams.say({ user: "ann", channel: help, threadId, text: "new", mention: true });
    await until(() => texts().some((text) => text.includes("new conversation")));
    expect(replies().flatMap(({ buttons }) => buttons)).toEqual([]);
    const { type, verb, data } = card?.buttons[0] ?? {};
    const said = teams.activity({ user: "ann", channel: help, threadId, text: "", mention: true });
    const invoke = { ...said, type: "invoke", name: "adaptiveCard/action", value: { action: { type, verb, data } }, replyToId: id };
    const answer = await teams.deliver(invoke);
    expect(JSON.parse(answer.body)).toMatchObject({ statusCode: 200, value: expect.stringMatching(/is over/) });
    expect(agent.received).toHaveLength(1);
  });

  test("is answered in a personal chat by a client that knows no invokes", async () => {
    const { teams, agent } = await setUp();
    const chat = teams.personal("ann");
    await teams.say({ user: "ann", text: "order a laptop" });
    const { buttons, id } = await until(() => teams.chat(chat).messages.find((message) => message.buttons.length > 0));
    const activity = teams.activity({ user: "ann", text: "Deny" });
    await teams.deliver({ ...activity, value: buttons.find(({ title }) => title === "Deny")?.data, replyToId: id });
    await until(() => said(teams.chat(chat).messages).includes("You said Deny."));
    expect(told(agent)[1]).toEqual({ text: "Deny", task: agent.tasks()[0]?.id });
  });
});
