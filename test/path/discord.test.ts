import { describe, expect, test } from "@jest/globals";
import { complete, drop, inputRequired, output, type Step, working } from "../../src/simulator/agents/steps.ts";
import type { AgentTurn } from "../../src/simulator/agents/turn.ts";
import { home } from "../../src/simulator/discord/realm.ts";
import { createDiscordBridge, said, saidIn } from "../support/discord/bridge.ts";
import { createGate, createStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

/** Says what was said before, and who asks. */
const recite = (turn: AgentTurn): readonly Step[] => [
  working(),
  output("a", `${turn.metadata.userPrincipalName ?? turn.metadata.displayName ?? "somebody"}: ${[...turn.before, turn.text].join(", ")}`, {
    last: true,
  }),
  complete(),
];

async function setUp(settings: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
  const agent = await stage.agent({ script: recite });
  const bridge = await createDiscordBridge(stage, {
    config: { agents: { helper: { url: agent.url, identity: { fields: ["displayName", "userPrincipalName"] }, ...settings } }, ...more },
  });
  return { agent, ...bridge };
}

describe("a conversation in Discord", () => {
  test("a mention opens a thread named after what was asked, and the thread needs no further mention", async () => {
    const { discord } = await setUp();
    const { id } = discord.say({ channel: home.help, user: "ann", text: "the **printer** burns", mention: true });
    await until(() => saidIn(discord, home.help, id).length === 1);
    discord.say({ channel: id, user: "ann", text: "and smokes" });
    await until(() => saidIn(discord, home.help, id).length === 2);
    expect(saidIn(discord, home.help, id)).toEqual(["Ann Archer: the **printer** burns", "Ann Archer: the **printer** burns, and smokes"]);
    expect(discord.thread(id).name).toBe("the printer burns");
    expect(said(discord.channel(home.help).messages)).toEqual([]);
    expect(discord.violations).toEqual([]);
  });

  test("a thread that was archived before the bridge began goes on", async () => {
    const { discord, world } = await setUp();
    const { id } = discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
    await until(() => saidIn(discord, home.help, id).length === 1);
    await world.stopBridge();
    discord.archive(id);
    await world.startBridge();
    discord.say({ channel: id, user: "ann", text: "two" });
    await until(() => saidIn(discord, home.help, id).length === 2);
    expect(saidIn(discord, home.help, id)[1]).toBe("Ann Archer: one, two");
  });

  test("an answer to a thread that went to the archive meanwhile takes it out again", async () => {
    const gate = createGate();
    const agent = await stage.agent({
      script: async function* (turn) {
        yield working();
        await gate.passed;
        yield output("a", `Answer to ${turn.text}`, { last: true });
        yield complete();
      },
    });
    const { discord } = await createDiscordBridge(stage, { config: { agents: { helper: { url: agent.url } } } });
    const { id } = discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
    await until(() => agent.received.length === 1);
    discord.archive(id);
    gate.open();
    await until(() => saidIn(discord, home.help, id).length === 1);
    expect(saidIn(discord, home.help, id)).toEqual(["Answer to one"]);
    expect(discord.thread(id).archived).toBe(false);
  });

  test("a post of a forum is the thread", async () => {
    const { discord } = await setUp();
    const { id } = discord.post({ user: "ann", forum: home.forum, title: "Printer", text: "it burns", mention: true });
    await until(() => said(discord.thread(id).messages).length === 1);
    discord.say({ channel: id, user: "ann", text: "still" });
    await until(() => said(discord.thread(id).messages).length === 2);
    expect(said(discord.thread(id).messages)).toEqual(["Ann Archer: it burns", "Ann Archer: it burns, still"]);
    expect(discord.threads(home.forum)).toHaveLength(1);
  });

  test("direct messages need no mention and remember", async () => {
    const { discord } = await setUp();
    discord.say({ user: "ann", text: "one" });
    await until(() => said(discord.direct("ann").messages).length === 1);
    discord.say({ user: "ann", text: "two" });
    await until(() => said(discord.direct("ann").messages).length === 2);
    expect(said(discord.direct("ann").messages)).toEqual(["Ann Archer: one", "Ann Archer: one, two"]);
  });

  test("somebody who is in none of the servers is not answered", async () => {
    const { discord, agent } = await setUp();
    discord.addPerson({ id: "eve" }, { guild: false });
    discord.say({ user: "eve", text: "hello" });
    await until(() => said(discord.direct("eve").messages).length === 1);
    expect(said(discord.direct("eve").messages)[0]).toMatch(/its own organisation/);
    expect(agent.received).toEqual([]);
  });
});

describe("identity", () => {
  const required = { identity: { required: true, fields: ["userPrincipalName"] } };

  test("an agent that must know who asks refuses, with the word on how to be known, and answers whom the admin knows", async () => {
    const { discord, world, agent } = await setUp(required);
    const ann = discord.realm.people.get("ann")?.userId;
    const { id } = discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
    await until(() => saidIn(discord, home.help, id).length === 1);
    expect(saidIn(discord, home.help, id)[0]).toContain(`discord:*:${ann}`);
    expect(agent.received).toEqual([]);
    await world.stopBridge();

    const known = await createDiscordBridge(stage, {
      config: { agents: { helper: { url: agent.url, ...required } }, identity: { map: { [`discord:*:${ann}`]: "ann@corp.example" } } },
    });
    const again = known.discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
    await until(() => saidIn(known.discord, home.help, again.id).length === 1);
    expect(saidIn(known.discord, home.help, again.id)).toEqual(["ann@corp.example: one"]);
    const who = await known.discord.command({ user: "ann", channel: home.help, name: "whoami" });
    await until(() => known.discord.channel(home.help).private.some(({ text }) => text.includes("ann@corp.example")));
    expect(who).toBeDefined();
    expect(known.discord.channel(home.help).private.map(({ onlyFor }) => onlyFor)).toEqual(["ann"]);
  });

  test("a name that somebody gives themselves is no identity", async () => {
    const { discord, agent } = await setUp(required);
    discord.addPerson({ id: "mallory", name: "ann@corp.example" });
    const { id } = discord.say({ channel: home.help, user: "mallory", text: "one", mention: true });
    await until(() => saidIn(discord, home.help, id).length === 1);
    expect(agent.received).toEqual([]);
  });
});

describe("commands", () => {
  test("`/ask` begins a thread in which the answer comes, and tells where", async () => {
    const { discord } = await setUp();
    await discord.command({ user: "ann", channel: home.help, name: "ask", options: { prompt: "why does it burn?" } });
    const thread = await until(() => discord.threads(home.help)[0]);
    await until(() => saidIn(discord, home.help, thread.id).length === 1);
    expect(saidIn(discord, home.help, thread.id)).toEqual(["Ann Archer: why does it burn?"]);
    expect(said(discord.channel(home.help).messages)).toEqual(["**Ann Archer** asks:\n> why does it burn?"]);
    await until(() => discord.channel(home.help).private.some(({ text }) => text === `Asked in <#${thread.id}>.`));
    discord.say({ channel: thread.id, user: "ann", text: "well?" });
    await until(() => saidIn(discord, home.help, thread.id).length === 2);
    expect(discord.violations).toEqual([]);
  });

  test("`/ask` offers the agents of the place and asks the one that is chosen", async () => {
    const first = await stage.agent({ script: () => [output("a", "I am the first", { last: true }), complete()] });
    const second = await stage.agent({ script: () => [output("a", "I am the second", { last: true }), complete()] });
    const { discord } = await createDiscordBridge(stage, {
      config: {
        agents: { first: { url: first.url }, second: { url: second.url } },
        routes: [
          { agent: "second", channel: home.random },
          { agent: "second", channel: home.help, role: "100000000000000999" },
          { agent: "first" },
        ],
      },
    });
    const offered = await discord.autocomplete({ user: "ann", channel: home.random, name: "ask", option: "agent", value: "sec" });
    expect(JSON.stringify(offered)).toContain("second");
    await discord.command({ user: "ann", channel: home.random, name: "ask", options: { prompt: "who?", agent: "first" } });
    const thread = await until(() => discord.threads(home.random)[0]);
    await until(() => saidIn(discord, home.random, thread.id).length === 1);
    expect(saidIn(discord, home.random, thread.id)).toEqual(["I am the first"]);

    // In the other channel the second agent is for a role that Ann does not have.
    await discord.command({ user: "ann", channel: home.help, name: "ask", options: { prompt: "who?", agent: "second" } });
    const refused = await until(() => discord.threads(home.help)[0]);
    await until(() => saidIn(discord, home.help, refused.id).length === 1);
    expect(saidIn(discord, home.help, refused.id)[0]).toMatch(/no agent `second` for you here/);
    expect(second.received).toEqual([]);
  });

  test("who may go on with an agent that was chosen is said by the route to that agent", async () => {
    const first = await stage.agent({ script: recite });
    const second = await stage.agent({ script: recite });
    const { discord } = await createDiscordBridge(stage, {
      config: {
        agents: { first: { url: first.url }, second: { url: second.url } },
        routes: [
          { agent: "first", channel: home.random, followUps: "mention" },
          { agent: "second", channel: home.random, followUps: "asker" },
        ],
      },
    });
    await discord.command({ user: "ann", channel: home.random, name: "ask", options: { prompt: "one", agent: "second" } });
    const thread = await until(() => discord.threads(home.random)[0]);
    await until(() => saidIn(discord, home.random, thread.id).length === 1);
    discord.say({ channel: thread.id, user: "ann", text: "two" });
    await until(() => second.received.length === 2);
  });

  test("`again` asks an agent that is for certain roles, as its asker may", async () => {
    let heard = 0;
    const agent = await stage.agent({
      modes: { streaming: true, push: false, get: false },
      script: (turn) => (++heard === 1 ? [drop()] : [output("a", `You said ${turn.text}`, { last: true }), complete()]),
    });
    const operations = { get: false, resubscribe: false, list: false };
    const { discord } = await createDiscordBridge(stage, {
      config: {
        agents: { helper: { url: agent.url, operations } },
        routes: [{ agent: "helper", role: home.staffRole }],
      },
    });
    const { id } = discord.say({ channel: home.help, user: "ann", text: "hello", mention: true });
    await until(() => saidIn(discord, home.help, id).some((text) => text.includes("say `again`")));
    discord.say({ channel: id, user: "ann", text: "again" });
    await until(() => saidIn(discord, home.help, id).includes("You said hello"));
  });

  test("a message is sent to the agent from its menu, and the answer comes in its thread", async () => {
    const { discord } = await setUp();
    const { id } = discord.say({ channel: home.help, user: "ben", text: "the printer burns" });
    await discord.context({ user: "ann", channel: home.help, id, name: "Send to agent" });
    await until(() => saidIn(discord, home.help, id).length === 2);
    expect(saidIn(discord, home.help, id)).toEqual(["**Ann Archer** sent this message to the agent.", "Ann Archer: the printer burns"]);
  });

  test("words are commands in the thread, and have no place in a channel", async () => {
    const { discord } = await setUp();
    await discord.command({ user: "ann", channel: home.help, name: "agent", sub: "status" });
    await until(() => discord.channel(home.help).private.some(({ text }) => text.includes("no conversation here")));
    const { id } = discord.say({ channel: home.help, user: "ann", text: "one", mention: true });
    await until(() => saidIn(discord, home.help, id).length === 1);
    await discord.command({ user: "ann", channel: id, name: "agent", sub: "new" });
    await until(() => saidIn(discord, home.help, id).length === 2);
    discord.say({ channel: id, user: "ann", text: "two" });
    await until(() => saidIn(discord, home.help, id).length === 3);
    expect(saidIn(discord, home.help, id)[2]).toBe("Ann Archer: two");
    await discord.command({ user: "ann", channel: id, name: "agent", sub: "list" });
    await until(() => discord.thread(id).private.some(({ text }) => text.includes("**helper**")));
  });
});

describe("buttons", () => {
  const script = (turn: AgentTurn): readonly Step[] =>
    turn.before.length === 0
      ? [working(), inputRequired([{ text: "Shall I order paper?" }, { data: { choices: ["Approve", "Deny"] } }])]
      : [output("a", `You said ${turn.text}`, { last: true }), complete()];

  async function ask() {
    const agent = await stage.agent({ script });
    const bridge = await createDiscordBridge(stage, { config: { agents: { helper: { url: agent.url } } } });
    const { discord } = bridge;
    const { id } = discord.say({ channel: home.help, user: "ann", text: "paper", mention: true });
    const question = await until(() => discord.threads(home.help)[0]?.replies.find(({ buttons }) => buttons.length > 0));
    return { ...bridge, agent, thread: id, question };
  }

  test("a question is answered by a button after a restart, once, and shows how and by whom", async () => {
    const { discord, world, thread, question, agent } = await ask();
    await world.restart();
    await discord.click({ user: "ann", channel: thread, id: question.id, button: "Approve" });
    await until(() => saidIn(discord, home.help, thread).includes("You said Approve"));
    await until(() => discord.thread(thread).replies.every(({ buttons }) => buttons.every(({ label }) => label !== "Approve")));
    expect(said(discord.thread(thread).replies)[0]).toContain("**Approve**, chosen by Ann Archer");
    expect(agent.received).toHaveLength(2);
  });

  test("a question is answered in words by a form after a restart", async () => {
    const { discord, world, thread, question } = await ask();
    await world.restart();
    const shown = await discord.click({ user: "ann", channel: thread, id: question.id, button: "Other answer…" });
    await discord.submit({ interaction: shown.id, values: { text: "on Monday" } });
    await until(() => saidIn(discord, home.help, thread).includes("You said on Monday"));
  });

  test("somebody else is told that the question is not theirs, and gets no form", async () => {
    const { discord, thread, question, agent } = await ask();
    for (const button of ["Approve", "Other answer…"]) await discord.click({ user: "ben", channel: thread, id: question.id, button });
    await until(() => discord.thread(thread).private.filter(({ onlyFor }) => onlyFor === "ben").length === 2);
    expect(agent.received).toHaveLength(1);
  });

  test("the stop button ends what is being written, and thumbs are taken", async () => {
    const gate = createGate();
    const agent = await stage.agent({
      script: async function* () {
        yield output("a", "The beginning");
        await gate.passed;
        yield output("a", " and the end", { append: true, last: true });
        yield complete();
      },
    });
    const { discord, world } = await createDiscordBridge(stage, { config: { agents: { helper: { url: agent.url } } } });
    const { id } = discord.say({ channel: home.help, user: "ann", text: "write", mention: true });
    const live = await until(() =>
      discord.threads(home.help)[0]?.replies.find(({ buttons }) => buttons.some(({ label }) => label === "Stop")),
    );
    await discord.click({ user: "ann", channel: id, id: live.id, button: "Stop" });
    await until(() => saidIn(discord, home.help, id).some((text) => text.includes("Stopped")));
    gate.open();
    await until(() => discord.thread(id).replies.every(({ buttons }) => buttons.every(({ label }) => label !== "Stop")));

    const other = discord.say({ channel: home.help, user: "ann", text: "again", mention: true });
    const answer = await until(() =>
      discord
        .threads(home.help)
        .find((one) => one.id === other.id)
        ?.replies.find(({ buttons }) => buttons.length === 2),
    );
    await discord.click({ user: "ann", channel: other.id, id: answer.id, button: answer.buttons[0]?.customId ?? "" });
    await until(async () =>
      (await world.app.ledger.trace(`discord:${home.guild}:${home.help}:${other.id}`)).some(({ facts }) =>
        JSON.stringify(facts).includes('"feedback"'),
      ),
    );
  });
});
