import { afterEach, expect, test } from "@jest/globals";
import { createSparkAgent, type SparkAgent, type SparkOptions } from "../../src/simulator/agents/spark.ts";
import { until } from "../support/until.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World | undefined;
let spark: SparkAgent | undefined;
afterEach(async () => {
  await world?.stop();
  await spark?.stop();
});

/** A bridge with Spark set up as its documentation says: one webhook for all, which nobody signs. */
async function setUp(options: Partial<SparkOptions> = {}, limits: Record<string, number> = {}) {
  spark = await createSparkAgent({ name: "spark", oauth: { clientId: "bridge", clientSecret: "s3cret" }, ...options });
  const auth = { type: "oauth2", tokenUrl: spark.tokenUrl, clientId: "bridge", clientSecret: "s3cret" };
  world = await createWorld({ config: { agents: { spark: { preset: "spark", url: spark.url, auth, push: { auth: "none" }, limits } } } });
  spark.webhook(`${world.url}/a2a/push/spark`);
  const { slack } = world;
  return {
    slack,
    spark,
    replies: (ts: string) =>
      slack
        .thread("C1", ts)
        .replies.filter(({ bot }) => bot)
        .map(({ text }) => text),
    begin: async (text: string) => (await slack.say({ channel: "C1", user: "UANN", text: `<@UBOT> ${text}` })).ts,
    goOn: (ts: string, text: string) => slack.say({ channel: "C1", user: "UANN", text, threadTs: ts }),
  };
}

test("three turns keep both ids, and the same answer twice is posted twice", async () => {
  const { spark, replies, begin, goOn } = await setUp({
    reply: (turn) => (turn.text.includes("first") ? "Hello Ann." : "Please restart it."),
  });
  const ts = await begin("first");
  await until(() => replies(ts).length === 1);
  await goOn(ts, "second");
  await until(() => replies(ts).length === 2);
  await goOn(ts, "third");
  await until(() => replies(ts).length === 3);

  expect(replies(ts)).toEqual(["Hello Ann.", "Please restart it.", "Please restart it."]);
  expect(new Set(spark.received.slice(1).map(({ contextId, taskId }) => `${contextId} ${taskId}`)).size).toBe(1);
  expect(spark.conversations()).toHaveLength(1);
  expect(spark.received.every(({ metadata }) => metadata.message.userPrincipalName === "ann@acme.test")).toBe(true);
  expect(spark.received.every(({ metadata }) => metadata.request.userPrincipalName === "ann@acme.test")).toBe(true);
  expect(spark.violations).toEqual([]);
});

test("an answer to the first turn that comes after the second was sent is posted, and each turn has its own", async () => {
  const { spark, replies, begin, goOn } = await setUp({ reply: (turn) => `Answer to ${turn.text}` });
  spark.hold();
  const ts = await begin("one");
  await until(() => spark.received.length === 1);
  await goOn(ts, "two");
  await until(() => spark.received.length === 2);
  await until(() => spark.answers.length === 2);
  await spark.release();

  await until(() => replies(ts).filter((text) => text.startsWith("Answer")).length === 2);
  expect(replies(ts).filter((text) => text.startsWith("Answer"))).toEqual(["Answer to one", "Answer to two"]);
  await until(async () => (await world?.app.ledger.open("task", `slack:T1:C1:${ts}`))?.length === 0);
});

test("an answer that comes after the expiry notice is posted as late", async () => {
  const { spark, replies, begin, goOn } = await setUp({ reply: (turn) => `Answer to ${turn.text}` }, { answerMinutes: 0.005 });
  spark.hold();
  const ts = await begin("one");
  await until(() => replies(ts).some((text) => /No answer came in time.*Reference/s.test(text)));
  await spark.release();
  await until(() => replies(ts).some((text) => /Late answer[\s\S]*Answer to one/.test(text)));

  await goOn(ts, "two");
  await until(() => replies(ts).at(-1) === "Answer to two");
  expect(replies(ts)).toHaveLength(3);
});

test("the same push three times is posted once", async () => {
  const { spark, replies, begin, goOn } = await setUp({ reply: (turn) => `Answer to ${turn.text}` });
  const ts = await begin("one");
  await until(() => replies(ts).length === 1);
  expect(await spark.pushAgain(2)).toEqual([200, 200]);
  await goOn(ts, "two");
  await until(() => replies(ts).length === 2);
  expect(replies(ts)).toEqual(["Answer to one", "Answer to two"]);
});

test("a push that names no known conversation is refused", async () => {
  const { spark, replies, begin } = await setUp({ reply: () => "Hello." });
  const ts = await begin("one");
  await until(() => replies(ts).length === 1);
  expect(await spark.pushFor({ contextId: "c-unknown", taskId: "t-unknown" }, "gift cards!")).toBe(404);
  expect(replies(ts)).toEqual(["Hello."]);
});

test("an answer survives a restart of the bridge between message and push", async () => {
  const { spark, replies, begin } = await setUp({ reply: (turn) => `Answer to ${turn.text}` });
  spark.hold();
  const ts = await begin("one");
  await until(() => spark.answers.length === 1);
  await world?.restart();
  spark.webhook(`${world?.url}/a2a/push/spark`);
  await spark.pushFor({ contextId: spark.answers[0]?.turn.contextId ?? "", taskId: spark.answers[0]?.turn.taskId ?? "" }, "Answer to one");
  await until(() => replies(ts).length === 1);
  expect(replies(ts)).toEqual(["Answer to one"]);
  expect([...spark.countByMessageId().values()]).toEqual([1]);
});
