import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { toGrowingMarkdown } from "../../../adapters/teams/growing.ts";
import { toTeamsMarkdown } from "../../../adapters/teams/markdown.ts";

describe("Markdown for Teams", () => {
  test.each([
    ["# Title", "**Title**"],
    ["## A **bold** title ##", "**A bold title**"],
    ["#hashtag", "#hashtag"],
    ["before\n# Title\nafter", "before\n\n**Title**\n\nafter"],
    ["Title\n=====\nafter", "**Title**\n\nafter"],
    ["- item\n---", "- item\n---"],
    ["a\n\n---\n\nb", "a\n\n---\n\nb"],
    ["#", ""],
  ])("has no headings: %j is %j", (text, expected) => {
    expect(toTeamsMarkdown(text)).toBe(expected);
  });

  test("has tables as text of fixed width", () => {
    const table = "Here:\n| Name | **Room** |\n|:-----|---:|\n| Ann | [4](https://a.test/4) |\n| Ben \\| Co | `5` |\nthat is all";
    expect(toTeamsMarkdown(table)).toBe(
      [
        "Here:",
        "",
        "```",
        "Name      Room",
        "--------  --------------------",
        "Ann       4 (https://a.test/4)",
        "Ben | Co  5",
        "```",
        "",
        "that is all",
      ].join("\n"),
    );
  });

  test.each(["a | b\nc | d", "| a |\n| b |", "a\n---|---", "1 | 2\n| --- | --- | --- |"])(
    "takes no table where there is none: %j",
    (text) => {
      expect(toTeamsMarkdown(text)).not.toContain("```");
    },
  );

  test("leaves code as it is", () => {
    const code = "```html\n# no heading\n<at>Ann</at> | a |\n|---|\n![x](y)\n```\nand `<b>` and ``a ` <c>``";
    expect(toTeamsMarkdown(code)).toBe(code);
    expect(toTeamsMarkdown("```\n# still open")).toBe("```\n# still open");
  });

  test.each([
    ["<at>Ann</at>", "&lt;at>Ann&lt;/at>"],
    ["a < b <3", "a < b <3"],
    ['<img src="https://spy.test/1.png">', '&lt;img src="https://spy.test/1.png">'],
    ["<!-- hidden -->", "&lt;!-- hidden -->"],
    ["see <https://a.test/x>", "see https://a.test/x"],
    ["one<br/>two", "one  \ntwo"],
    ["![chart](https://a.test/c.png)", "[chart](https://a.test/c.png)"],
    ["![](https://a.test/c.png)", "[image](https://a.test/c.png)"],
  ])("takes no HTML and no pictures: %j is %j", (text, expected) => {
    expect(toTeamsMarkdown(text)).toBe(expected);
  });

  const piece = fc.constantFrom(
    "# a",
    "a|b",
    "|---|---|",
    "---",
    "===",
    "```",
    "~~~",
    "`",
    "<at>",
    "![x](y)",
    "**b**",
    "text",
    "",
    "- x",
    "> q",
    " ",
    "\n",
    "<br>",
    "1. y",
  );
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join("\n"));

  test("changes nothing more when it is done twice", () => {
    fc.assert(
      fc.property(text, (markdown) => {
        const once = toTeamsMarkdown(markdown);
        expect(toTeamsMarkdown(once)).toBe(once);
      }),
    );
  });
});

describe("a text that grows", () => {
  /** What is shown at each length of a text. */
  const steps = (text: string) => Array.from({ length: text.length + 1 }, (_, length) => toGrowingMarkdown(text.slice(0, length)));

  test.each([
    "Once upon a time\nthere was a fox.\n\n# Chapter one\n\nIt was brown.",
    "See:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nthat is all",
    "Run this:\n\n```js\nconst x = `a`;\n# no heading\n```\n\nand **that** is it <b>",
    "1. one\n2. two\n   - `three`\n\n[four](https://a.test) ![five](https://a.test/5)",
    "a\n\n~~~\n|a|b|\n|---|---|\n~~~\n\n> quote\n> more",
  ])("keeps what it has shown: %j", (text) => {
    const shown = steps(text);
    for (const [at, next] of shown.entries())
      expect(next === "" || next.startsWith(shown[at - 1] ?? "") || (shown[at - 1] ?? "").startsWith(next)).toBe(true);
    expect(toTeamsMarkdown(text).startsWith(shown.at(-1) ?? "?")).toBe(true);
  });

  test("shows words as they come", () => {
    expect(steps("Hello you").slice(5)).toEqual(["Hello", "Hello", "Hello y", "Hello yo", "Hello you"]);
  });
});
