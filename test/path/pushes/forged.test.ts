import { describe, expect, test } from "@jest/globals";
import { createStage, whispers } from "../../support/stage.ts";
import { createChat } from "../../support/systems/chat.ts";
import { createPusher, forgedStatus, forgedTask, post, tokenHeader } from "../../support/systems/pushes.ts";
import { createSpark } from "../../support/systems/systems.ts";
import { until } from "../../support/until.ts";

const stage = createStage();

/** Two agents that push, each with a message in a channel of its own that waits for its answer. */
async function setUp(limits: Readonly<Record<string, number>> = {}) {
  const [pusher, otherPusher] = [createPusher(), createPusher()];
  const agent = await stage.agent({ name: "pusher", script: pusher.script });
  const other = await stage.agent({ name: "other", script: otherPusher.script });
  const settings = { delivery: ["push"], operations: { get: false, list: false, resubscribe: false } };
  const world = await stage.world({
    slack: { channels: [{ id: "C2" }] },
    config: {
      agents: { pusher: { url: agent.url, ...settings }, other: { url: other.url, ...settings } },
      routes: [{ agent: "other", channel: "C2" }, { agent: "pusher" }],
      limits,
    },
  });
  const chat = createChat(world.slack);
  const otherChat = createChat(world.slack, { channel: "C2", user: "UBEN" });
  await Promise.all([chat.say("one"), otherChat.say("uno")]);
  await until(() => agent.tasks().length === 1 && other.tasks().length === 1);
  const own = { url: agent.received[0]?.pushUrl ?? "", token: agent.received[0]?.pushToken };
  const others = { url: other.received[0]?.pushUrl ?? "", token: other.received[0]?.pushToken };
  const ids = { id: agent.tasks()[0]?.id ?? "", contextId: agent.tasks()[0]?.contextId ?? "" };
  const finish = async () => {
    pusher.open();
    otherPusher.open();
    await Promise.all([chat.heard(1), otherChat.heard(1)]);
    expect([chat.replies(), otherChat.replies()]).toEqual([["Answer to one"], ["Answer to uno"]]);
    expect(
      world.slack
        .channel("C1")
        .concat(world.slack.channel("C2"))
        .map(({ bot }) => bot),
    ).toEqual([false, false]);
  };
  return { world, agent, own, others, ids, finish };
}

describe("of a push to an address of a turn's own nothing reaches a thread when", () => {
  test("its id is guessed, or its credential is missing, empty, guessed or that of another turn", async () => {
    const { own, others, ids, finish } = await setUp();
    const forged = forgedTask(ids, "COMPLETED");
    const guessed = own.url.replace(/[^/]+$/, "AAAAAAAAAAAAAAAAAAAAAA");
    for (const [url, headers] of [
      [guessed, tokenHeader(own.token)],
      [`${own.url}x`, tokenHeader(own.token)],
      [own.url.slice(0, -1), tokenHeader(own.token)],
      [own.url.replace(/[^/]+$/, ids.id), tokenHeader(own.token)],
      [own.url, {}],
      [own.url, tokenHeader("")],
      [own.url, tokenHeader("guessed")],
      [own.url, tokenHeader(others.token)],
      [own.url, { authorization: `Bearer ${others.token}` }],
      [own.url, { authorization: "Basic Og==" }],
      [own.url, { cookie: `token=${own.token}` }],
      [`${own.url}?token=${own.token}`, {}],
    ] as const)
      expect(await post(url, forged, headers)).toBe(404);
    await finish();
  });

  test("its id and token are those of another agent: an address is good for one agent's turn alone", async () => {
    const { own, others, ids, finish } = await setUp();
    const forged = forgedTask(ids, "COMPLETED");
    expect(await post(own.url.replace("/pusher/", "/other/"), forged, tokenHeader(own.token))).toBe(404);
    expect(await post(others.url.replace("/other/", "/pusher/"), forged, tokenHeader(others.token))).toBe(404);
    expect(await post(others.url, "{}", tokenHeader(own.token))).toBe(404);
    await finish();
  });

  test("the agent itself sends what is no answer: it is refused, and the answer still comes", async () => {
    const { own, finish } = await setUp();
    for (const body of ["", "null", "[]", '"text"', "{}", '{"task":5}', "<html>", `${"[".repeat(5_000)}${"]".repeat(5_000)}`])
      expect(await post(own.url, body, tokenHeader(own.token))).toBe(400);
    await finish();
  });

  test("the agent names the task of another agent: what it says stays in its own thread", async () => {
    const { world, own, finish } = await setUp();
    const other = world.slack.channel("C2")[0]?.ts ?? "";
    const stolen = { id: "task-of-other", contextId: "context-of-other" };
    expect(await post(own.url, forgedStatus(stolen, "WORKING"), tokenHeader(own.token))).toBe(200);
    await finish();
    expect(world.slack.thread("C2", other).replies.map(({ text }) => text)).toEqual(["Answer to uno"]);
  });
});

test("a flood from one address is answered with 429 and the time to wait, whatever it presents", async () => {
  const { own, ids } = await setUp({ pushesPerMinute: 20 });
  const guess = (index: number) => post(own.url.replace(/[^/]+$/, `guess-${index}`), forgedTask(ids, "COMPLETED"));
  const statuses = await Promise.all(Array.from({ length: 60 }, (_, index) => guess(index)));
  expect(new Set(statuses)).toEqual(new Set([404, 429]));
  // The agent's own pushes come from the same address and count too.
  expect(statuses.filter((status) => status === 404).length).toBeLessThanOrEqual(20);
  const refused = await fetch(own.url, { method: "POST", headers: tokenHeader(own.token), body: "{}" });
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("while pushes of a flood are turned away, other people and agents are served", async () => {
  const pusher = createPusher();
  const agent = await stage.agent({ name: "pusher", script: pusher.script });
  const calm = await stage.agent({ name: "calm", modes: { streaming: true, push: false } });
  const world = await stage.world({
    slack: { channels: [{ id: "C2" }] },
    config: {
      agents: { pusher: { url: agent.url, delivery: ["push"], limits: { pollSeconds: 0.05 } }, calm: { url: calm.url } },
      routes: [{ agent: "calm", channel: "C2" }, { agent: "pusher" }],
      limits: { pushesPerMinute: 5 },
    },
  });
  const chat = createChat(world.slack);
  await chat.say("one");
  await until(() => agent.tasks().length === 1);
  const { pushUrl = "", pushToken } = agent.received[0] ?? {};
  const flood = Promise.all(Array.from({ length: 200 }, () => post(pushUrl, "{}", tokenHeader(`${pushToken}x`))));
  const calmChat = createChat(world.slack, { channel: "C2", user: "UBEN" });
  expect(await calmChat.ask("hello")).not.toBe("");
  expect((await flood).filter((status) => status === 429).length).toBeGreaterThanOrEqual(195);
  // The agent's own push meets the same limit, for it comes from the same address; looks at the task bring the answer.
  pusher.open();
  expect(await chat.heard(1)).toEqual(["Answer to one"]);
});

describe("an address that is the same for all and has no secret", () => {
  async function setUpFixed() {
    const first = await createSpark({ reply: ({ text }) => `Answer to ${text}` });
    const second = await createSpark({ reply: ({ text }) => `Second answer to ${text}` });
    stage.owns(() => Promise.all([first.agent.stop(), second.agent.stop()]));
    const world = await stage.world({
      slack: { channels: [{ id: "C2" }] },
      config: {
        agents: { first: first.config, second: { ...second.config, push: { auth: "none", path: "/hooks/second" } } },
        routes: [{ agent: "second", channel: "C2" }, { agent: "first" }],
      },
    });
    const url = `${world.url}/a2a/push/first`;
    first.agent.webhook(url);
    second.agent.webhook(`${world.url}/hooks/second`);
    first.agent.hold();
    const chat = createChat(world.slack);
    await chat.say("one");
    await until(() => first.agent.answers.length === 1);
    const { contextId = "", taskId: id = "" } = first.agent.answers[0]?.turn ?? {};
    return { world, first: first.agent, url, chat, ids: { id, contextId } };
  }

  test("delivers into a known task of its agent only: no guessed pair, no half of one, none of another agent's", async () => {
    const { world, first, url, chat, ids } = await setUpFixed();
    const other = createChat(world.slack, { channel: "C2", user: "UBEN" });
    await other.ask("uno");
    for (const guess of [
      { id: "t", contextId: "c" },
      { ...ids, id: "t" },
      { ...ids, contextId: "" },
      { id: "", contextId: ids.contextId },
    ])
      expect(await post(url, forgedTask(guess, "COMPLETED"))).toBeGreaterThanOrEqual(400);
    expect(await post(`${world.url}/hooks/second`, forgedTask(ids, "COMPLETED"))).toBe(404);
    expect(await post(`${world.url}/a2a/push/second`, forgedTask(ids, "COMPLETED"))).toBe(404);
    expect(await post(`${url}/${ids.id}`, forgedTask(ids, "COMPLETED"), tokenHeader(""))).toBe(404);
    await first.release();
    expect(await chat.heard(1)).toEqual(["Answer to one"]);
    expect(other.replies()).toEqual(["Second answer to uno"]);
  });

  test("asks nobody to sign in, whoever says so, and the turn goes on", async () => {
    const { world, first, url, chat, ids } = await setUpFixed();
    const lure = [{ text: "Please sign in at https://evil.example/login" }, { url: "https://evil.example/login", filename: "Sign in" }];
    expect(await post(url, forgedStatus(ids, "AUTH_REQUIRED", lure))).toBe(200);
    await first.release();
    expect(await chat.heard(1)).toEqual(["Answer to one"]);
    const shown = [...world.slack.thread("C1", chat.ts).replies.map(({ text }) => text), ...whispers(world.slack, "UANN", chat.ts)];
    expect(shown.join("\n")).not.toMatch(/evil|sign in/i);
  });

  test("shows a file or a link as no more than its name, without a button, and calls nobody", async () => {
    const { world, url, chat, ids } = await setUpFixed();
    const parts = [
      { text: "See <!channel> @here <@UBEN> " },
      { url: "https://evil.example/invoice.html", filename: "invoice.html", mediaType: "text/html" },
      { raw: Buffer.from("MZ").toString("base64"), filename: "update.exe" },
    ];
    expect(await post(url, forgedTask(ids, "COMPLETED", parts))).toBe(200);
    await chat.heard(1);
    const shown = world.slack.thread("C1", chat.ts).replies;
    const text = shown.map(({ text }) => text).join("\n");
    expect(text).toMatch(/invoice\.html/);
    expect(text).not.toMatch(/evil\.example|https?:/);
    expect(shown.flatMap(({ calls }) => calls)).toEqual([]);
    expect(shown.flatMap(({ files }) => files)).toEqual([]);
    expect(shown.flatMap(({ buttons }) => buttons).filter(({ type }) => type !== "feedback_buttons")).toEqual([]);
  });

  test.each(["[Your bank](https://evil.example)", "[Your bank][1]\n\n[1]: https://evil.example", "<https://evil.example|Your bank>"])(
    "shows %j as it was written, not as a link under a false name",
    async (text) => {
      const { world, url, chat, ids } = await setUpFixed();
      expect(await post(url, forgedTask(ids, "COMPLETED", [{ text }]))).toBe(200);
      await chat.heard(1);
      const shown = world.slack
        .thread("C1", chat.ts)
        .replies.map((reply) => `${reply.text}\n${reply.fallback}`)
        .join("\n");
      expect(shown).toContain("Your bank");
      expect(shown).not.toMatch(/\]\(|\]\[|\]:|<https?:[^>]*\|Your bank>/);
    },
  );
});
