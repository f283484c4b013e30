import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { fail, working } from "../../src/simulator/agents/steps.ts";
import { createFolder } from "../support/command.ts";
import { createStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const stage = createStage();

test("the reference of a notice leads through every log line of its message, and no line says what was said or a secret", async () => {
  const agent = await stage.agent({ script: ({ text }) => [working("thinking"), fail(`canary-answer to ${text}`)] });
  const folder = await createFolder();
  stage.owns(() => folder.remove());
  const logFile = folder.path("log");
  const auth = { type: "bearer", token: "canary-token" };
  const world = await stage.world({ config: { agents: { helper: { url: agent.url, auth } } }, logFile });
  const { slack } = world;
  slack.fault({ method: "chat.postMessage", kind: "429", retryAfter: 0 });
  const { ts } = await slack.say({ channel: "C1", user: "UANN", text: "<@UBOT> canary-question" });
  const notice = await until(() => slack.thread("C1", ts).replies.find(({ text }) => text.includes("could not finish")));
  const reference = /`([0-9A-Z]{8})`/.exec(notice.text)?.[1] ?? "";

  // A step is logged after its commit.
  const text = await until(async () => {
    const written = await readFile(logFile, "utf8");
    return written.includes('"msg":"posted"') && written.includes('"msg":"turn ended"') ? written : undefined;
  });
  const lines = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const said = lines.filter((line) => line.reference === reference).map(({ msg }) => msg);
  for (const step of ["message taken", "agent is asked", "agent heard", "turn ended", "delivery failed", "posted"])
    expect(said).toContain(step);
  const rows = lines.filter((line) => [line.row, line.task].some((id) => typeof id === "string" && id.includes(ts)));
  expect(rows.filter((line) => line.reference !== reference)).toEqual([]);
  for (const secret of ["canary", "xoxb-", "ann@"]) expect(text).not.toContain(secret);
});
