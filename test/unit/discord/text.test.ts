import { describe, expect, test } from "@jest/globals";
import { toCleanText } from "../../../adapters/discord/text.ts";

const names = {
  role: (id: string) => (id === "11" ? "Admins" : undefined),
  channel: (id: string) => (id === "22" ? "general" : undefined),
};
const called = (id: string, username: string) => ({ id, username, global_name: null, bot: false, member: null });
const clean = (content: string, ...people: ReturnType<typeof called>[]) => toCleanText(content, "99", people, names);

describe("what a person wrote", () => {
  test.each([
    ["<@99> hello", "hello"],
    ["<@!99>, hello", "hello"],
    ["hello <@99> again", "hello again"],
    ["hello <@99>, can you", "hello, can you"],
    ["stop <@!99>!", "stop!"],
    ["a <@99> <@99> b", "a b"],
    ["<@33> and <@!44>", "@ann and @44"],
    ["<@&11> and <@&12>", "@Admins and @role"],
    ["<#22> and <#23>", "#general and #23"],
    ["<:fire:55> <a:party:56>", ":fire: :party:"],
    ["</agent new:77>", "/agent new"],
    ["at <t:1618953630:R> or <t:0>", "at 2021-04-20T21:20:30Z or 1970-01-01T00:00:00Z"],
    ["<t:99999999999:F> <t:-99999999999> <t:1:RR>", "5138-11-16T09:46:39Z -001199-02-15T14:13:21Z <t:1:RR>"],
    ["a < b <c> &lt;", "a < b <c> &lt;"],
  ])("%j reads %j", (content, expected) => {
    expect(clean(content, called("33", "ann"))).toBe(expected);
  });

  test("reads no mark-up in anybody's name", () => {
    expect(clean("ask <@33>", called("33", "<@&11>"))).toBe("ask @<@&11>");
    expect(clean("ask <@33>", called("33", "<#22> <:fire:55>"))).toBe("ask @<#22> <:fire:55>");
  });
});
