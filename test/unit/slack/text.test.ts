import { describe, expect, test } from "@jest/globals";
import { beginsWithMention, mentionedUsers, toCleanText } from "../../../adapters/slack/text.ts";

const clean = (text: string, names: ReadonlyMap<string, string> = new Map()) => toCleanText(text, "UBOT", names);

describe("clean text", () => {
  test.each([
    ["<@UBOT> hello", "hello"],
    ["<@UBOT|bridge>: hello", "hello"],
    ["hey <@UBOT> can you", "hey can you"],
    ["thanks <@UBOT>", "thanks"],
    ["ask(<@UBOT>)", "ask()"],
    ["tell <@UBEN|ben> and <@UCAT>", "tell @ben and @UCAT"],
    ["see <#C2|general> and <#C3>", "see #general and #C3"],
    ["<!subteam^S1|@admins> and <!subteam^S2> and <!here>", "@admins and @S2 and @here"],
    ["<!date^1392734382^{date_num}|2014-02-18>", "2014-02-18"],
    ["<https://a.test/?x=1&amp;y=2>", "https://a.test/?x=1&y=2"],
    ["<https://a.test|the page>", "the page (https://a.test)"],
    ["<http://a.test|a.test>", "http://a.test"],
    ["<mailto:a@b.test|a@b.test>", "a@b.test"],
    ["1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"],
    ["&amp;lt;b&amp;gt;", "&lt;b&gt;"],
    ["```if (a &lt; b) {\n  x();\n}```", "```if (a < b) {\n  x();\n}```"],
    ["hello <@UBOT>, can you", "hello, can you"],
    ["stop <@UBOT>!", "stop!"],
    ["a <@UBOT> <@UBOT> b", "a b"],
    ["try <@UBOT>.sh", "try .sh"],
    ["<@UBOT>", ""],
  ])("%j reads %j", (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  test("a person who is known is called by their name", () => {
    expect(clean("ask <@UBEN>", new Map([["UBEN", "Ben"]]))).toBe("ask @Ben");
  });
});

test("a reply that turns to somebody first is recognised", () => {
  expect(beginsWithMention("<@UBEN> look")).toBe(true);
  expect(beginsWithMention(" <!subteam^S1> look")).toBe(true);
  expect(beginsWithMention("look <@UBEN>")).toBe(false);
  expect(beginsWithMention("<https://a.test> look")).toBe(false);
});

test("mentioned users are found once each", () => {
  expect(mentionedUsers("<@UBEN> <@UCAT|cat> <@UBEN>")).toEqual(["UBEN", "UCAT"]);
});
