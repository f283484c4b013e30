import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { splitMarkdown } from "../../../adapters/shared/split.ts";

const words = (text: string) => text.replace(/\s+/g, "");

describe("splitting Markdown", () => {
  test("a short text is one piece", () => {
    expect(splitMarkdown("hello\n\nworld\n", 100)).toEqual(["hello\n\nworld"]);
  });

  test("a text without words is no piece", () => {
    expect(splitMarkdown(" \n\n ", 100)).toEqual([]);
  });

  test("is cut between paragraphs", () => {
    expect(splitMarkdown(`${"a".repeat(30)}\n\n${"b".repeat(30)}\n\n${"c".repeat(10)}`, 45)).toEqual([
      "a".repeat(30),
      `${"b".repeat(30)}\n\n${"c".repeat(10)}`,
    ]);
  });

  test("a code block that fits moves to the next piece as a whole", () => {
    const code = "```js\nlet a = 1;\nlet b = 2;\n```";
    expect(splitMarkdown(`${"word ".repeat(6)}\n${code}\nend`, 50)).toEqual([`${"word ".repeat(6).trim()}`, `${code}\nend`]);
  });

  test("a code block that is too long is closed and opened again with its language", () => {
    const lines = Array.from({ length: 20 }, (_, index) => `  line ${index};`);
    const pieces = splitMarkdown(["before", "", "```ts", ...lines, "```", "after"].join("\n"), 80);
    const code = pieces.filter((piece) => piece.includes("line"));
    expect(code.length).toBeGreaterThan(2);
    for (const piece of code) expect(piece).toMatch(/^```ts\n[^`]*\n```(\nafter)?$/);
    expect(code.flatMap((piece) => piece.split("\n").filter((line) => line.includes("line")))).toEqual(lines);
    expect(pieces.at(-1)).toMatch(/\nafter$/);
  });

  test("back-ticks inside a longer fence do not close it", () => {
    const text = "````md\n```js\nx\n```\n````\n\nend";
    expect(splitMarkdown(text, 30)).toEqual([text]);
    expect(splitMarkdown(text, 24)).toEqual(["````md\n```js\nx\n```\n````", "end"]);
  });

  test("a long paragraph is cut between lines, then words, then anywhere but inside a character", () => {
    expect(splitMarkdown("one two three\nfour five six", 16)).toEqual(["one two three", "four five six"]);
    expect(splitMarkdown("one two three four", 9)).toEqual(["one two", "three", "four"]);
    expect(splitMarkdown("😀😀😀", 3)).toEqual(["😀", "😀", "😀"]);
  });

  test("a cut in code keeps the spaces of the lines", () => {
    const pieces = splitMarkdown(`\`\`\`\n${"x".repeat(60)}  y\n    indented\n\`\`\``, 40);
    expect(pieces.join("\n")).toContain("    indented");
  });

  test("no piece is a code block with nothing in it, where the text is more than that", () => {
    const code = (lines: string) => `\`\`\`js\n${lines}\n\`\`\``;
    expect(splitMarkdown(code(`\n${"x".repeat(50)}`), 40)).toEqual([code("x".repeat(30)), code("x".repeat(20))]);
    expect(splitMarkdown(code("\n".repeat(80)), 40)).toHaveLength(1);
  });

  test("an unfinished code block is closed in every piece", () => {
    const pieces = splitMarkdown(`\`\`\`\n${"line\n".repeat(30)}`, 60);
    for (const piece of pieces) expect(piece.match(/```/g)).toHaveLength(2);
  });

  test("whatever is given, pieces fit, lose no word, are cut no further, and hold whole characters", () => {
    const line = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.constantFrom("", "", "```", "```js", "````", "~~~", "  ```", "- item", "> quote", "| a | b |", "x".repeat(90)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 40, max: 120 }), (lines, limit) => {
        const text = lines.join("\n").replaceAll("\r", "");
        const pieces = splitMarkdown(text, limit);
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(limit);
          expect(piece).not.toMatch(/^[\udc00-\udfff]|[\ud800-\udbff]$/);
          expect(splitMarkdown(piece, limit)).toEqual([piece]);
        }
        if (!/`|~/.test(text)) expect(words(pieces.join(""))).toBe(words(text));
      }),
      { numRuns: 300 },
    );
  });
});
