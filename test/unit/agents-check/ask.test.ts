import { expect, test } from "@jest/globals";
import { createSparkAgent } from "../../../src/simulator/agents/spark.ts";
import { complete, fail, inputRequired, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import { createStage } from "../../support/stage.ts";
import { freePort, run, writeConfig } from "./bench.ts";

const stage = createStage();
const ask = (target: string, text: string) => ({ kind: "agents", verb: "ask", target, text, json: false }) as const;

test("ask prints the answer as it comes, and nothing else on standard output", async () => {
  const agent = await stage.agent({
    script: ({ text }) => [working("thinking"), output("a", "You said "), wait(5), output("a", `“${text}”.`, { append: true }), complete()],
  });

  expect(await run(ask(agent.url, "good evening"))).toEqual({ code: 0, out: "You said “good evening”.\n", err: "[thinking]\n" });
});

test("ask waits for the answer of an agent that only takes a message and is looked at", async () => {
  const agent = await stage.agent({
    modes: { streaming: false, push: false },
    script: () => [working(), wait(20), output("a", "at last"), complete()],
  });

  expect(await run(ask(agent.url, "slowly"))).toMatchObject({ code: 0, out: "at last\n" });
});

test("ask hears an answer that comes by push alone, through a door of its own", async () => {
  const spark = await createSparkAgent({ name: "spark", reply: ({ userPrincipalName }) => `Hello ${userPrincipalName}` });
  stage.owns(() => spark.stop());
  const port = await freePort();
  spark.webhook(`http://127.0.0.1:${port}/a2a/push/spark`);
  const file = await writeConfig({ spark: { url: spark.url, preset: "spark", push: { auth: "none" } } }, port);
  stage.owns(() => file.remove());

  const said = await run({ ...ask("spark", "who am I?"), path: file.path, as: "ann@acme.test" });

  expect(said).toMatchObject({ code: 0, out: "Hello ann@acme.test\n" });
});

test("a question of the agent is an answer, a failure is none", async () => {
  const asking = await stage.agent({ script: () => [inputRequired("In which town?")] });
  const failing = await stage.agent({ script: () => [fail("I broke.")] });

  expect(await run(ask(asking.url, "weather"))).toEqual({ code: 0, out: "In which town?\n", err: "[inputRequired]\n" });
  expect(await run(ask(failing.url, "weather"))).toMatchObject({ code: 4, out: "I broke.\n" });
});

test("an address is asked before the secrets of the configuration are there", async () => {
  const agent = await stage.agent({ script: () => [output("a", "yes"), complete()] });
  const file = await writeConfig({ one: { url: "https://one.example.com", auth: { type: "bearer", token: "${UNSET}" } } }, 0);
  stage.owns(() => file.remove());

  expect(await run({ ...ask(agent.url, "there?"), path: file.path })).toMatchObject({ code: 0, out: "yes\n" });
  await expect(run({ ...ask("one", "there?"), path: file.path })).rejects.toThrow("agents.one.auth.token: the environment variable UNSET");
});

test("as JSON it is one document", async () => {
  const agent = await stage.agent({ script: () => [output("a", "yes"), complete()] });
  const { out } = await run({ ...ask(agent.url, "is it?"), json: true });

  expect(JSON.parse(out)).toMatchObject({ outcome: "completed", text: "yes" });
});

test("list names every agent and where it answers, and no secret", async () => {
  const agents = {
    one: { url: "https://one.example.com" },
    two: { url: "https://two.example.com", preset: "inkeep", auth: { type: "bearer", token: "very-secret" } },
  };
  const file = await writeConfig(agents, 0);
  stage.owns(() => file.remove());
  const [text, json] = await Promise.all([false, true].map((json) => run({ kind: "agents", verb: "list", path: file.path, json })));

  expect(text?.out).toMatch(/two\n +url +https:\/\/two\.example\.com\n +preset +inkeep\n +auth +bearer\n +answers C1\n/);
  expect(JSON.parse(json?.out ?? "")).toMatchObject([
    { name: "one", auth: "none", routes: [{}] },
    { name: "two", routes: [{ channel: "C1" }] },
  ]);
  expect(`${text?.out}${json?.out}`).not.toContain("very-secret");
});

test("an agent that is not configured is told with those that are", async () => {
  const file = await writeConfig({ one: { url: "https://one.example.com" } }, 0);
  stage.owns(() => file.remove());

  await expect(run({ ...ask("won", "hm"), path: file.path })).rejects.toThrow(
    "There is no agent won in the configuration. There are: one.",
  );
});

test("an agent is asked by its name as soon as its own secrets are there, whatever others lack", async () => {
  const agent = await stage.agent({ script: () => [output("a", "yes"), complete()] });
  const unset = { type: "bearer", token: "${UNSET}" };
  const file = await writeConfig({ one: { url: agent.url }, two: { url: agent.url, auth: unset } }, 0, { botToken: "${UNSET_TOO}" });
  stage.owns(() => file.remove());

  expect(await run({ ...ask("one", "there?"), path: file.path })).toMatchObject({ code: 0, out: "yes\n" });
  expect(await run({ kind: "agents", verb: "list", path: file.path, json: false })).toMatchObject({ code: 0 });
  await expect(run({ ...ask("two", "there?"), path: file.path })).rejects.toThrow("agents.two.auth.token");
});

test("a preset that there is not is named, with those that there are", async () => {
  await expect(run({ ...ask("https://a.example.com", "there?"), preset: "bogus" })).rejects.toThrow(
    "--preset: there is no preset bogus. There are: spark, brightsy, inkeep, sistava, agentspace, none.",
  );
});
