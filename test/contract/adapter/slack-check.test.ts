import { afterEach, expect, test } from "@jest/globals";
import type { Adapter, Finding } from "../../../src/model/adapter.ts";
import { createSlackWorld } from "./slack-world.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
const check = async (adapter: Adapter) => (await adapter.check?.("https://bridge.example.com", new AbortController().signal)) ?? [];
const of = (findings: readonly Finding[], what: string) => findings.find((finding) => finding.what === what);

async function slackFindings(options: Parameters<typeof createSlackWorld>[0]) {
  const world = await createSlackWorld(options);
  ends.push(() => world.stop());
  return check(world.adapter);
}

test("a sound app is called so, and where its events must go is told", async () => {
  const findings = await slackFindings({});
  expect(of(findings, "bot token")).toMatchObject({ state: "good", says: expect.stringContaining("workspace T1") });
  expect(of(findings, "scopes")).toMatchObject({ state: "good" });
  expect(of(findings, "request URL")).toMatchObject({ says: expect.stringContaining("https://bridge.example.com/slack/events") });
});

test("a scope that is missing is named with what needs it", async () => {
  const findings = await slackFindings({ prepare: (slack) => void slack.workspace.app.scopes.delete("users:read.email") });
  expect(of(findings, "scopes")).toMatchObject({ state: "bad", says: expect.stringContaining("users:read.email (for users.info)") });
});
