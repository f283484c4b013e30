import { afterEach, describe, expect, test } from "@jest/globals";
import { createSimulatedAgent, type SimulatedAgent, type SimulatedAgentOptions } from "../../../src/simulator/agents/agent.ts";
import { createDemoScript } from "../../../src/simulator/agents/demo-script.ts";
import { until } from "../../support/until.ts";
import { answerOf, closeAll, closing, collect, connect, say, startHook, stateOf, taskIn, wordsOf } from "./support.ts";

afterEach(closeAll);

/** Time stands still, and nobody waits for it; `slept` says how long one would have. */
function standingClock() {
  const slept: number[] = [];
  return { slept, now: () => 1_000, sleep: async (ms: number) => void slept.push(ms), after: () => () => undefined };
}

async function startDemo(options: Partial<SimulatedAgentOptions> = {}): Promise<SimulatedAgent> {
  const wire = { protocol: "1.0", binding: "JSONRPC" } as const;
  const agent = await createSimulatedAgent({
    name: "Parrot",
    modes: { streaming: true, push: true },
    clock: standingClock(),
    ...wire,
    ...options,
  });
  closing(() => agent.stop());
  return agent;
}

describe("the demo agent", () => {
  test("quotes what is said, remembers what was said before, and knows who asks as far as it was told", async () => {
    const client = await connect(await startDemo());
    const first = taskIn(await client.sendMessage(say("good morning")));
    expect(answerOf(first)).toContain("> good morning");
    expect(answerOf(first)).toContain("I was not told who you are");
    const metadata = { userPrincipalName: "ada@corp.example", displayName: "Ada" };
    const second = answerOf(taskIn(await client.sendMessage(say("good evening", { contextId: first.contextId, metadata }))));
    expect(second).toContain("You said before: “good morning”");
    expect(second).toContain("**Ada** (`ada@corp.example`)");
    expect(answerOf(taskIn(await client.sendMessage(say("elsewhere"))))).not.toContain("said before");
  });

  test("tells a newcomer every word that it knows", async () => {
    const reply = await (await connect(await startDemo())).sendMessage(say("help"));
    const [part] = "messageId" in reply ? reply.parts : [];
    const text = part?.content?.$case === "text" ? part.content.value : "";
    for (const word of ["stream", "slow", "job", "ask", "sign in", "fail", "reject", "long", "hostile", "cut", "silent"])
      expect(text).toContain(word);
  });

  test("streams in about twenty pieces over about four seconds", async () => {
    const clock = standingClock();
    const agent = await startDemo({ clock });
    const events = await collect((await connect(agent)).sendMessageStream(say("stream a poem")));
    const pieces = events.filter((event) => event.payload?.$case === "artifactUpdate").length;
    expect(pieces).toBeGreaterThanOrEqual(18);
    const seconds = clock.slept.reduce((sum, ms) => sum + ms, 0) / 1000;
    expect(seconds).toBeGreaterThan(3);
    expect(seconds).toBeLessThan(5);
    expect(agent.tasks()[0]?.answer).toMatch(/^### The wire\n[\s\S]+\*\*written\*\*\.$/);
  });

  test("can answer everything in pieces, or everything later", async () => {
    const hook = await startHook();
    const streamer = await startDemo({ script: createDemoScript("streamed") });
    const events = await collect((await connect(streamer)).sendMessageStream(say("good morning")));
    expect(events.filter((event) => event.payload?.$case === "artifactUpdate").length).toBeGreaterThan(10);
    expect(streamer.tasks()[0]?.answer).toContain("> good morning");
    const patient = await startDemo({ script: createDemoScript("later") });
    const configuration = { taskPushNotificationConfig: { url: hook.url, token: "t" } };
    expect(stateOf(taskIn(await (await connect(patient)).sendMessage(say("good morning", {}, configuration))))).toBe("TASK_STATE_WORKING");
    await until(() => hook.posts.some((post) => JSON.stringify(post.body).includes("> good morning")));
  });

  test("does a job of so many seconds and brings the result by push, or by the open call where there is no webhook", async () => {
    const hook = await startHook();
    const clock = standingClock();
    const agent = await startDemo({ clock });
    const client = await connect(agent);
    const configuration = { taskPushNotificationConfig: { url: hook.url, token: "t" } };
    const early = taskIn(await client.sendMessage(say("job 20", {}, configuration)));
    expect(stateOf(early)).toBe("TASK_STATE_WORKING");
    await until(() => hook.posts.some((post) => JSON.stringify(post.body).includes("Your job is done")));
    expect(stateOf(taskIn(await client.sendMessage(say("something slow"))))).toBe("TASK_STATE_COMPLETED");
    expect(clock.slept).toEqual([20_000, 6_000]);
  });

  test("asks, and is content with the answer", async () => {
    const client = await connect(await startDemo());
    const asked = taskIn(await client.sendMessage(say("ask me something")));
    expect(stateOf(asked)).toBe("TASK_STATE_INPUT_REQUIRED");
    const done = taskIn(await client.sendMessage(say("my phone", { taskId: asked.id })));
    expect(stateOf(done)).toBe("TASK_STATE_COMPLETED");
    expect(answerOf(done)).toContain("**my phone**");
  });

  test.each([
    ["fail please", "TASK_STATE_FAILED", /shoelaces/],
    ["reject this", "TASK_STATE_REJECTED", /turn down/],
  ])("answers “%s” with %s", async (text, state, words) => {
    const task = taskIn(await (await connect(await startDemo())).sendMessage(say(text)));
    expect(stateOf(task)).toBe(state);
    expect(wordsOf(task)).toMatch(words);
  });

  test("asks to sign in and goes on by itself", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await startDemo({ clock: { now: () => 1_000, sleep: () => gate.promise, after: () => () => undefined } });
    const task = taskIn(await (await connect(agent)).sendMessage(say("sign in")));
    expect(stateOf(task)).toBe("TASK_STATE_AUTH_REQUIRED");
    gate.resolve();
    await until(() => agent.tasks()[0]?.state === "completed");
  });

  test("breaks the line on “cut” and keeps the whole answer for who asks again", async () => {
    const agent = await startDemo();
    const client = await connect(agent);
    await expect(collect(client.sendMessageStream(say("cut")))).rejects.toThrow();
    await until(() => agent.tasks()[0]?.state === "completed");
    expect(agent.tasks()[0]?.answer).toContain("**written**");
  });

  test("never answers “silent”", async () => {
    const agent = await startDemo();
    const signal = new AbortController();
    const sending = (await connect(agent)).sendMessage(say("be silent"), { signal: signal.signal });
    await until(() => agent.received[0]?.taken);
    signal.abort();
    await expect(sending).rejects.toThrow();
  });

  test("writes forty thousand characters with tables and closed code blocks on “long”", async () => {
    const answer = answerOf(taskIn(await (await connect(await startDemo())).sendMessage(say("long"))));
    expect(answer.length).toBeGreaterThan(39_000);
    expect(answer.length).toBeLessThanOrEqual(40_000);
    expect(answer).toContain("|---|---|---|");
    expect(answer.split("```").length % 2).toBe(1);
  });

  test("sends what a malicious agent would on “hostile”", async () => {
    const answer = answerOf(taskIn(await (await connect(await startDemo())).sendMessage(say("hostile"))));
    for (const bait of ["<!channel>", "@everyone", "<script>", "javascript:", "evil.example.net"]) expect(answer).toContain(bait);
  });

  test("notes what is said while it works", async () => {
    const gate = Promise.withResolvers<void>();
    const hook = await startHook();
    const agent = await startDemo({ clock: { now: () => 1_000, sleep: () => gate.promise, after: () => () => undefined } });
    const client = await connect(agent);
    const configuration = { taskPushNotificationConfig: { url: hook.url, token: "t" } };
    const { id: taskId } = taskIn(await client.sendMessage(say("job 9", {}, configuration)));
    const joined = taskIn(await client.sendMessage(say("and faster", { taskId })));
    expect(wordsOf(joined)).toContain("“and faster”");
    gate.resolve();
    await until(() => agent.tasks()[0]?.state === "completed");
    expect(agent.violations).toEqual([]);
  });
});
