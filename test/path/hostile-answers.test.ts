import { describe, expect, test } from "@jest/globals";
import { authRequired, complete, fail, inputRequired, output, type Step, wait, working } from "../../src/simulator/agents/steps.ts";
import type { SlackSimulator } from "../../src/simulator/slack/simulator.ts";
import { createGate, createStage, mention, replies } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

async function setUp(streaming: boolean, script: () => AsyncIterable<Step>): Promise<SlackSimulator> {
  const agent = await stage.agent({ modes: { streaming, push: false }, script });
  const { slack } = await stage.world({ config: { agents: { helper: { url: agent.url } } } });
  return slack;
}

const callEverybody = [
  "<!channel> <!here> <!everyone> <@UBEN> <@UANN|Ann> <!subteam^S123> <#C1>",
  "@channel @here @everyone",
  "&lt;!channel&gt; &#60;!here&#62; \\<!everyone>",
  "`<!channel>` and\n```\n<!here>\n@everyone\n```",
].join("\n\n");

const callsOf = (slack: SlackSimulator, ts: string) => slack.thread("C1", ts).replies.flatMap(({ calls }) => calls);

describe("an agent that would call everybody calls nobody", () => {
  const ends: readonly { readonly where: string; readonly steps: readonly Step[] }[] = [
    { where: "in an artifact", steps: [output("a", callEverybody), complete()] },
    { where: "in its closing words", steps: [complete(callEverybody)] },
    { where: "in a question", steps: [inputRequired(callEverybody)] },
    { where: "in the reason of a failure", steps: [fail(callEverybody)] },
    { where: "in a sign-in request", steps: [authRequired(callEverybody), complete("done")] },
    { where: "in the name of a file", steps: [output("a", [{ url: "https://example.com/x", filename: callEverybody }]), complete()] },
    { where: "in data", steps: [output("a", [{ data: { note: callEverybody } }]), complete()] },
  ];
  test.each(ends)("$where", async ({ steps }) => {
    for (const streaming of [true, false]) {
      const slack = await setUp(streaming, async function* () {
        yield* steps;
      });
      const ts = await mention(slack, "hello");
      await until(() => replies(slack, ts).length > 0);
      expect(replies(slack, ts).join("\n")).toMatch(/everyone|done/);
      expect(callsOf(slack, ts)).toEqual([]);
    }
  });

  test("while its text grows, cut at every place, or in a word about progress", async () => {
    const gate = createGate();
    const slack = await setUp(true, async function* () {
      yield working("<!channel> @here thinking");
      for (const piece of callEverybody.match(/.{1,3}/gs) ?? []) yield output("a", piece, { append: true });
      yield wait(gate.passed);
      yield complete();
    });
    const seen = new Set<string>();
    const stop = slack.onChange(() => {
      for (const call of callsOf(slack, slack.channel("C1")[0]?.ts ?? "")) seen.add(call);
    });
    const ts = await mention(slack, "hello");
    await until(() => slack.thread("C1", ts).replies.some(({ text }) => text.includes("and")));
    expect(slack.status("C1", ts).text ?? "").not.toMatch(/<!channel>|@here/);
    gate.open();
    await until(() => replies(slack, ts).length === 1);
    stop();
    expect([...seen]).toEqual([]);
  });

  test("and Markdown of many kinds breaks neither the thread nor what comes after", async () => {
    const deep = `${">".repeat(5_000)} deep\n${"[".repeat(5_000)}\n${"*".repeat(5_000)}\n${"- ".repeat(2_000)}x`;
    const odd: Parameters<typeof output>[1] = [
      { text: "\u0000\u202e\ud83d\ude00" },
      { text: deep },
      { raw: "AAAA", filename: "../../etc/passwd" },
    ];
    const slack = await setUp(false, async function* () {
      yield output("a", odd);
      yield complete();
    });
    const ts = await mention(slack, "hello");
    await until(() => replies(slack, ts).length > 0);
    await slack.say({ channel: "C1", user: "UANN", text: "again", threadTs: ts });
    const before = replies(slack, ts).length;
    await until(() => replies(slack, ts).length > before);
    expect(replies(slack, ts)[0]).toContain("deep");
  });
});

describe("an answer of 40,000 characters", () => {
  const line = (index: number) => `Line ${index}: ${"the quick brown fox jumps over the lazy dog ".repeat(2)}end.`;
  const long = Array.from({ length: 425 }, (_, index) => line(index)).join("\n\n");

  test.each([true, false])("arrives in order and whole (streamed: %s)", async (streaming) => {
    expect(long.length).toBeGreaterThan(40_000);
    const slack = await setUp(streaming, async function* () {
      for (let at = 0; at < long.length; at += 4_000) {
        yield output("a", long.slice(at, at + 4_000), { append: at > 0, last: at + 4_000 >= long.length });
        if (streaming) yield wait(30);
      }
      yield complete();
    });
    const ts = await mention(slack, "tell me everything");
    await until(() => replies(slack, ts).at(-1)?.includes(line(424)), 20_000);

    const shown = replies(slack, ts);
    expect(shown.length).toBeGreaterThanOrEqual(4);
    expect(shown.every((text) => text.length <= 12_000)).toBe(true);
    expect(shown.join("\n\n").split(/\n+/)).toEqual(long.split(/\n+/));
    expect([...slack.deliveries().values()].every((count) => count === 1)).toBe(true);
  });

  test("arrives in order and whole though Slack asks to wait, and fails, in between", async () => {
    const slack = await setUp(false, async function* () {
      yield output("a", long);
      yield complete();
    });
    slack.fault({ kind: "429", retryAfter: 1, method: "chat.postMessage" });
    const ts = await mention(slack, "tell me everything");
    await until(() => replies(slack, ts).length >= 1);
    slack.fault({ kind: "dropAfter", method: "chat.postMessage" });
    await until(() => replies(slack, ts).at(-1)?.includes(line(424)), 20_000);

    expect(replies(slack, ts).join("\n\n").split(/\n+/)).toEqual(long.split(/\n+/));
    expect([...slack.deliveries().values()].every((count) => count === 1)).toBe(true);
  });
});
