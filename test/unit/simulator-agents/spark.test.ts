import { SendMessageRequest, type Task } from "@a2a-js/sdk";
import { LegacyRestTransport } from "@a2a-js/sdk/compat/v0_3/client";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createSparkAgent, type SparkAgent, type SparkOptions } from "../../../src/simulator/agents/spark.ts";
import { until } from "../../support/until.ts";
import { closeAll, closing, connect, startHook, stateOf, taskIn } from "./support.ts";

afterEach(closeAll);

async function startSpark(options: Partial<SparkOptions> = {}): Promise<SparkAgent> {
  const spark = await createSparkAgent({ name: "spark", reply: (turn) => `answer to ${turn.text}`, ...options });
  closing(() => spark.stop());
  return spark;
}

const ada = { userPrincipalName: "ada@corp.example" };
let made = 0;

async function ask(
  spark: SparkAgent,
  text: string,
  ids: object = {},
  more: { metadata?: object; push?: string; fetch?: typeof fetch } = {},
): Promise<Task> {
  made += 1;
  const transport = new LegacyRestTransport({ endpoint: spark.url, fetchImpl: more.fetch ?? fetch });
  const metadata = more.metadata ?? ada;
  const message = { messageId: `m${made}`, role: "ROLE_USER", parts: [{ text }], metadata, ...ids };
  const configuration = more.push === undefined ? {} : { configuration: { taskPushNotificationConfig: { url: more.push, token: "t" } } };
  return taskIn(await transport.sendMessage(SendMessageRequest.fromJSON({ message, metadata, ...configuration })));
}

const textOf = (post: { readonly body: Record<string, unknown> } | undefined) => post?.body.artifacts;
const artifact = (text: string) => [expect.objectContaining({ parts: [{ kind: "text", text }] })];

describe("the Spark-like agent", () => {
  test("makes the ids, keeps them for ever and answers by the webhook alone, without credentials", async () => {
    const spark = await startSpark();
    const hook = await startHook();
    spark.webhook(hook.url);
    const first = await ask(spark, "one");
    await until(() => hook.posts.length === 1);
    const second = await ask(spark, "two", { contextId: first.contextId, taskId: first.id });
    await until(() => hook.posts.length === 2);
    expect([stateOf(first), stateOf(second)]).toEqual(["TASK_STATE_SUBMITTED", "TASK_STATE_WORKING"]);
    expect([second.id, second.contextId]).toEqual([first.id, first.contextId]);
    expect(hook.posts.map((post) => post.body.id)).toEqual([first.id, first.id]);
    expect(hook.posts.map(textOf)).toEqual([artifact("answer to one"), artifact("answer to two")]);
    for (const { headers } of hook.posts) {
      expect(headers.authorization).toBeUndefined();
      expect(headers["x-a2a-notification-token"]).toBeUndefined();
    }
    expect(spark.conversations()).toEqual([{ contextId: first.contextId, taskId: first.id, ...ada, said: ["one", "two"] }]);
    expect(spark.violations).toEqual([]);
  });

  test("begins a new conversation when an id is missing or wrong, and holds it against the caller", async () => {
    const spark = await startSpark();
    const first = await ask(spark, "one");
    const half = await ask(spark, "two", { contextId: first.contextId });
    const wrong = await ask(spark, "three", { contextId: first.contextId, taskId: "nobody" });
    expect(new Set([first.contextId, half.contextId, wrong.contextId]).size).toBe(3);
    expect(spark.violations).toHaveLength(2);
  });

  test("refuses a message that does not say who asks, or says it in two ways", async () => {
    const spark = await startSpark();
    await expect(ask(spark, "one", {}, { metadata: {} })).rejects.toThrow(/userPrincipalName/);
    await expect(ask(spark, "one", { metadata: { userPrincipalName: "eve@corp.example" } })).rejects.toThrow(/userPrincipalName/);
    expect(spark.received.map((line) => line.taken)).toEqual([false, false]);
    expect([...spark.countByMessageId().values()]).toEqual([0, 0]);
    expect(spark.violations).toHaveLength(2);
  });

  test("sees a second person in somebody's conversation", async () => {
    const spark = await startSpark();
    const { id: taskId, contextId } = await ask(spark, "one");
    await ask(spark, "two", { taskId, contextId }, { metadata: { userPrincipalName: "eve@corp.example" } });
    expect(spark.violations).toEqual([expect.stringContaining("brings eve@corp.example into the conversation of ada@corp.example")]);
  });

  test("holds answers and lets them go one by one, in any order and again", async () => {
    const spark = await startSpark({ reply: () => "the same" });
    const hook = await startHook();
    spark.webhook(hook.url);
    spark.hold();
    const { id: taskId, contextId } = await ask(spark, "one");
    await ask(spark, "two", { taskId, contextId });
    await ask(spark, "three", { taskId, contextId });
    await until(() => spark.answers.length === 3);
    expect(hook.posts).toEqual([]);
    expect(await spark.answers[1]?.send()).toBe(200);
    expect(await spark.answers[0]?.send()).toBe(200);
    expect(await spark.pushAgain(2)).toEqual([200, 200]);
    await spark.release();
    expect(spark.answers.map((answer) => answer.sent)).toEqual([[200], [200], [200]]);
    expect(hook.posts.map(textOf)).toEqual(Array.from({ length: 5 }, () => artifact("the same")));
  });

  test("never pushes twice by itself, whatever the webhook says", async () => {
    const spark = await startSpark();
    const hook = await startHook();
    hook.status = 503;
    spark.webhook(hook.url);
    await ask(spark, "one");
    await until(() => spark.answers[0]?.sent.length);
    expect(spark.pushes.map((push) => push.status)).toEqual([503]);
    expect(await spark.pushFor({ contextId: "c", taskId: "t" }, "unasked")).toBe(503);
  });

  test("says nothing at all where the reply is undefined, and puts the text into the status where asked", async () => {
    const spark = await startSpark({ answerIn: "status", reply: (turn) => (turn.text === "one" ? undefined : "two it is") });
    const hook = await startHook();
    spark.webhook(hook.url);
    await ask(spark, "one");
    await ask(spark, "two");
    await until(() => hook.posts.length === 1);
    expect(hook.posts[0]?.body).toMatchObject({ status: { state: "completed", message: { parts: [{ text: "two it is" }] } } });
    expect(hook.posts[0]?.body.artifacts).toBeUndefined();
  });

  test("takes the webhook from the request where it is set up so, and insists on its own otherwise", async () => {
    const hook = await startHook();
    const open = await startSpark({ webhookFromRequest: true });
    await ask(open, "one", {}, { push: hook.url });
    await until(() => hook.posts.length === 1);
    await expect(ask(open, "two")).rejects.toThrow(/pushNotification/);
    const fixed = await startSpark();
    fixed.webhook("http://127.0.0.1:9/elsewhere");
    await expect(ask(fixed, "one", {}, { push: hook.url })).rejects.toThrow(/pushNotification/);
  });

  test("has no other doors: no card, no stream, no task", async () => {
    const spark = await startSpark({ paths: "bare" });
    const get = async (path: string, method = "GET") => (await fetch(`${spark.url}${path}`, { method })).status;
    expect(await get("/.well-known/agent-card.json")).toBe(404);
    expect(spark.violations).toEqual([]);
    expect(await get("/v1/tasks/t1")).toBe(404);
    expect(await get("/v1/message:send", "POST")).toBe(404);
    expect(spark.violations).toHaveLength(2);
  });

  test("shows a 0.3 card where it is set up so", async () => {
    const spark = await startSpark({ card: true });
    const client = await connect({ url: `${spark.url}/` });
    expect(client.protocolVersion).toBe("0.3");
    expect((await client.getAgentCard()).supportedInterfaces[0]?.protocolBinding).toBe("HTTP+JSON");
  });

  test("asks for a token on every request, the card included", async () => {
    const spark = await startSpark({ card: true, oauth: { clientId: "bridge", clientSecret: "s3 cret" } });
    expect((await fetch(`${spark.url}/.well-known/agent-card.json`)).status).toBe(401);
    await expect(ask(spark, "one")).rejects.toThrow();
    const response = await fetch(spark.tokenUrl, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from("bridge:s3%20cret").toString("base64")}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    const token = Reflect.get(Object(await response.json()), "access_token");
    const bearing: typeof fetch = (url, init) =>
      fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), authorization: `Bearer ${token}` } });
    expect(stateOf(await ask(spark, "one", {}, { fetch: bearing }))).toBe("TASK_STATE_SUBMITTED");
    spark.auth.revoke();
    await expect(ask(spark, "two", {}, { fetch: bearing })).rejects.toThrow();
    expect(spark.received).toHaveLength(1);
  });

  test("keeps its answers while it is dead and sends them when it is back", async () => {
    const spark = await startSpark();
    const hook = await startHook();
    spark.webhook(hook.url);
    spark.hold();
    await ask(spark, "one");
    await until(() => spark.answers.length === 1);
    await spark.kill();
    const sending = spark.release();
    await expect(ask(spark, "two")).rejects.toThrow();
    expect(hook.posts).toEqual([]);
    await spark.revive();
    await sending;
    expect(hook.posts).toHaveLength(1);
    await ask(spark, "three");
  });

  test("plays a helpdesk for people who try the demo", async () => {
    const clock = { now: () => 0, sleep: async () => undefined, after: () => () => undefined };
    const spark = await createSparkAgent({ name: "spark", clock });
    closing(() => spark.stop());
    for (const text of ["hello", "thanks", "thanks", "my laptop is slow", "silent", "fail", "ask me", "teams crashes"])
      await ask(spark, text);
    await until(() => spark.answers.length === 7);
    expect(spark.answers.map((answer) => answer.text).filter((text) => text === "You are welcome!")).toHaveLength(2);
    expect(spark.answers.at(-1)?.text).toContain("teams crashes");
  });
});
