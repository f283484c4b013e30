import { describe, expect, test } from "@jest/globals";
import { parseLink as discord } from "../../../adapters/discord/link.ts";
import { parseLink as slack } from "../../../adapters/slack/link.ts";
import { parseLink as teams } from "../../../adapters/teams/link.ts";

describe("a link of Slack", () => {
  test.each([
    [
      "https://acme.slack.com/archives/C0123/p1700000000123456",
      { channel: "C0123", threads: ["1700000000.123456"], message: "1700000000.123456" },
    ],
    [
      "https://acme.slack.com/archives/C0123/p1700000009654321?thread_ts=1700000000.123456&cid=C0123",
      { channel: "C0123", threads: ["1700000000.123456"], message: "1700000009.654321" },
    ],
    ["https://acme.enterprise.slack.com/archives/D0123/p1700000000123456", { channel: "D0123", threads: ["1700000000.123456", "dm"] }],
  ])("%s", (link, place) => {
    expect(slack(new URL(link))).toMatchObject({ platform: "slack", ...place });
  });

  test.each([
    "https://acme.slack.com/archives/C0123",
    "https://slack.com.evil.example/archives/C0123/p1700000000123456",
    "https://example.com/",
  ])("%s is none", (link) => {
    expect(slack(new URL(link))).toBeUndefined();
  });
});

describe("a link of Teams", () => {
  const channel = "19:abc@thread.tacv2";
  test.each([
    [
      `https://teams.microsoft.com/l/message/${encodeURIComponent(channel)}/1700000000123?tenantId=t1&groupId=g&parentMessageId=1700000000000`,
      { workspace: "t1", channel, threads: ["1700000000000"], message: "1700000000123" },
    ],
    [`https://teams.cloud.microsoft/l/message/${channel}/1700000000123`, { channel, threads: ["1700000000123"], message: "1700000000123" }],
    [
      `https://teams.microsoft.com/l/message/19:g@thread.v2/1700000000123?context=%7B%22contextType%22%3A%22chat%22%7D`,
      { channel: "19:g@thread.v2", threads: ["chat"] },
    ],
  ])("%s", (link, place) => {
    expect(teams(new URL(link))).toMatchObject({ platform: "teams", ...place });
  });

  test.each(["https://teams.microsoft.com/l/team/19:abc", "https://example.com/l/message/19:abc/1"])("%s is none", (link) => {
    expect(teams(new URL(link))).toBeUndefined();
  });
});

describe("a link of Discord", () => {
  test.each([
    [
      "https://discord.com/channels/100000000000000001/200000000000000002/300000000000000003",
      { workspace: "100000000000000001", threads: ["200000000000000002", "300000000000000003"], message: "300000000000000003" },
    ],
    [
      "https://ptb.discord.com/channels/@me/200000000000000002/300000000000000003",
      { workspace: "dm", channel: "200000000000000002", threads: ["chat"] },
    ],
  ])("%s", (link, place) => {
    expect(discord(new URL(link))).toMatchObject({ platform: "discord", ...place });
  });

  test.each(["https://discord.com/channels/1/2", "https://discord.com.evil.example/channels/1/2/3", "https://example.com/"])(
    "%s is none",
    (link) => {
      expect(discord(new URL(link))).toBeUndefined();
    },
  );
});
