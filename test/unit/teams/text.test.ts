import { describe, expect, test } from "@jest/globals";
import { beginsWithMention, toCleanText } from "../../../adapters/teams/text.ts";
import type { Mention } from "../../../adapters/teams/wire.ts";

const bot: Mention = { type: "mention", text: "<at>Bridge</at>", mentioned: { id: "28:app", name: "Bridge" } };
const ann: Mention = { type: "mention", text: "<at>Ann</at>", mentioned: { id: "29:ann", name: "Ann Archer" } };
const clean = (text: string, ...mentions: readonly Mention[]) => toCleanText(text, mentions, "28:app");

describe("what a person wrote", () => {
  test.each([
    ["<at>Bridge</at> hello\n", "hello"],
    ["<at>Bridge</at>&nbsp;hello", "hello"],
    ["<at>Bridge</at>, hello", "hello"],
    ["  <at>Bridge</at>: hello", "hello"],
    ["hello <at>Bridge</at>", "hello"],
    ["hello <at>Bridge</at> again", "hello again"],
    ["<at>Bridge</at> a <at>Bridge</at> b", "a b"],
    ["hello <at>Bridge</at>, can you", "hello, can you"],
    ["stop <at>Bridge</at>!", "stop!"],
    ["a <at>Bridge</at> <at>Bridge</at> b", "a b"],
    ["<at>Bridge</at>", ""],
    ["line\n<at>Bridge</at>\nline", "line\n\nline"],
    ["<at>Bridge</at> new", "new"],
  ])("%j is read without our mention: %j", (text, expected) => {
    expect(clean(text, bot)).toBe(expected);
  });

  test("names others as they are called", () => {
    expect(clean("<at>Bridge</at> ask <at>Ann</at> and <at>Ann</at>", bot, ann)).toBe("ask @Ann Archer and @Ann Archer");
  });

  test("takes a tag that no entity stands behind for a word", () => {
    expect(clean('<at id="0">Everybody</at> look')).toBe("@Everybody look");
  });

  test("takes the names of others as they stand, whatever they hold", () => {
    const odd: Mention = { type: "mention", text: "<at>A$&(b)</at>", mentioned: { id: "29:x", name: "A$&(b)" } };
    expect(clean("hello <at>A$&(b)</at>!", odd)).toBe("hello @A$&(b)!");
    const self: Mention = { type: "mention", text: "<at>Br[i]dge (x)</at>", mentioned: { id: "28:app" } };
    expect(clean("<at>Br[i]dge (x)</at> hi", self)).toBe("hi");
  });

  test("reads no mark-up in anybody's name", () => {
    const named = (name: string): Mention => ({ type: "mention", text: "<at>Eve</at>", mentioned: { id: "29:eve", name } });
    expect(clean("ask <at>Eve</at> and <at>Ann</at>", named("<at>Ann</at>"), ann)).toBe("ask @<at>Ann</at> and @Ann Archer");
    expect(clean("ask <at>Eve</at>", named("<at>Admin</at>"), bot)).toBe("ask @<at>Admin</at>");
    expect(toCleanText("&lt; <at>Eve</at>", [named("&amp;lt;")], "28:app", "xml")).toBe("< @&amp;lt;");
  });

  test("is not held up by a long run of spaces", () => {
    const began = performance.now();
    expect(clean(`<at>Bridge</at> a${" ".repeat(60_000)}b`, bot)).toHaveLength(60_002);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test("keeps what only looks like mark-up", () => {
    expect(clean("if a < b && c > d: use &lt;br&gt;")).toBe("if a < b && c > d: use &lt;br&gt;");
    expect(toCleanText("a &lt; b &amp;&amp; c", [], "28:app", "xml")).toBe("a < b && c");
  });

  test("has spaces where Teams has hard ones", () => {
    expect(clean("a&nbsp;b\u00a0c\r\nd")).toBe("a b c\nd");
  });

  test("survives mentions without text or person", () => {
    expect(
      clean("hello", { type: "mention", text: null, mentioned: null }, { type: "clientInfo", text: undefined, mentioned: undefined }),
    ).toBe("hello");
  });
});

test.each([
  ["<at>Ann</at> yes", true],
  ["&nbsp;<at>Ann</at> yes", true],
  ["yes <at>Ann</at>", false],
  ["<attention>", false],
])("whether %j turns to somebody: %j", (text, expected) => {
  expect(beginsWithMention(text)).toBe(expected);
});
