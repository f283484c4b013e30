import { expect, test } from "@jest/globals";
import { slackSchema } from "../../../adapters/slack/config.ts";

const needed = { botToken: "xoxb-1", signingSecret: "s" };
const problems = (input: unknown) => slackSchema.safeParse(input).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

test("token and secret are enough", () => {
  expect(slackSchema.parse(needed)).toEqual({
    ...needed,
    apiUrl: "https://slack.com/api/",
    directMessages: "chat",
    command: "/agent",
    agentView: true,
    files: true,
    emails: true,
    reactions: true,
    manifest: { name: "Agent Bridge", description: "Ask your company's agents, in a channel or in a direct message." },
    feedbackButtons: false,
    pace: { perSecond: 1, burst: 4 },
  });
});

test.each([
  [{ botToken: "xoxp-1" }, "botToken: "],
  [{ signingSecret: "" }, "signingSecret: "],
  [{ apiUrl: "slack.com" }, "apiUrl: "],
  [{ apiUrl: "ftp://slack.com" }, "apiUrl: "],
  [{ command: "agent" }, "command: "],
  [{ command: true }, "command: "],
  [{ manifest: { name: "x".repeat(36) } }, "manifest.name: "],
  [{ directMessages: "both" }, "directMessages: "],
  [{ bottoken: "x" }, ": Unrecognized key"],
])("%j is refused, and the key is named", (wrong, expected) => {
  expect(problems({ ...needed, ...wrong })?.join("\n")).toContain(expected);
});

test("an app-level token takes the place of the signing secret, and without either both are named", () => {
  expect(slackSchema.parse({ botToken: "xoxb-1", appToken: "xapp-1-A1-2" })).toMatchObject({ appToken: "xapp-1-A1-2" });
  expect(problems({ botToken: "xoxb-1" })).toEqual(["signingSecret: is missing, and so is appToken"]);
  expect(problems({ botToken: "xoxb-1", appToken: "xoxb-2" })?.[0]).toContain("appToken: is an app-level token");
});
