import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createFolder, runCommand } from "../../support/command.ts";

let folder: Awaited<ReturnType<typeof createFolder>>;
const agents = "agents: { desk: { url: https://desk.example.com }, spark: { preset: spark, url: https://spark.example.com } }";
const head = 'publicUrl: https://bridge.example.com\nslack: { botToken: "${TOKEN}", signingSecret: "${SECRET}" }\n';
beforeAll(async () => {
  folder = await createFolder({
    "all.yaml": `${head}${agents}\nroutes: [{ agent: spark, channel: C2, workspace: T1 }, { agent: desk, followUps: thread }]\n`,
    "some.yaml": `${head}${agents}\nroutes: [{ agent: spark, channel: C2 }, { agent: desk, workspace: T2 }]\n`,
  });
});
afterAll(() => folder.remove());
const run = (file: string, ...more: readonly string[]) => runCommand(["routes", "test", ...more, "--config", folder.path(file)]);

test("the agent that would answer is named with the reason, without any secret", async () => {
  const { code, out } = await run("all.yaml", "slack", "T1", "C1");
  expect(code).toBe(0);
  expect(out).toContain("no   routes[0]: spark, for channel C2");
  expect(out).toContain("yes  routes[1]: desk, everywhere else");
  expect(out).toContain("desk answers there (https://desk.example.com)");
  expect(out).toContain("everybody may go on");
  expect((await run("all.yaml", "slack", "T1", "C2")).out).toMatch(
    /yes {2}routes\[0\]: spark, for workspace T1, channel C2[\s\S]*identity +needed/,
  );
});

test("where nobody answers, it says so and ends with 3", async () => {
  expect(await run("some.yaml", "slack", "T1", "C1")).toMatchObject({ code: 3, out: expect.stringContaining("Nobody answers there") });
  const { code, out } = await run("some.yaml", "slack", "T1", "C1", "--json");
  expect(code).toBe(3);
  expect(JSON.parse(out)).toMatchObject({
    agent: null,
    routes: [{ name: "routes[0]", why: "for channel C2" }, { why: "for workspace T2" }],
  });
});

test("a platform that is not configured has nobody to answer, and one that does not exist is a mistake", async () => {
  expect(await run("all.yaml", "teams", "T1", "C1")).toMatchObject({
    code: 3,
    out: expect.stringContaining("Nobody answers there: teams is not in the configuration."),
  });
  expect(await run("all.yaml", "slak", "T1", "C1")).toMatchObject({
    code: 2,
    err: expect.stringContaining("there is no platform slak: it is slack, teams or discord"),
  });
});
