import { describe, expect, test } from "@jest/globals";
import { parseInline, parseMarkdown } from "../../../src/simulator/page/markdown.js";

describe("Markdown of the page", () => {
  test("headings, lists, quotes, tables, code and rules are told apart", () => {
    const text =
      "# Title\n\nword\nmore\n\n- one\n  2. two\n\n> said\n\n| A | B |\n|---|:-:|\n| 1 | 2 |\n\n```js\nconst x = '<b>';\n```\n\n---";

    expect(parseMarkdown(text)).toEqual([
      { kind: "heading", level: 1, inline: [{ kind: "text", text: "Title" }] },
      { kind: "paragraph", inline: [{ kind: "text", text: "word\nmore" }] },
      {
        kind: "list",
        items: [
          { depth: 0, mark: "•", inline: [{ kind: "text", text: "one" }] },
          { depth: 1, mark: "2.", inline: [{ kind: "text", text: "two" }] },
        ],
      },
      { kind: "quote", inline: [{ kind: "text", text: "said" }] },
      { kind: "table", head: ["A", "B"].map(cell), rows: [["1", "2"].map(cell)] },
      { kind: "code", text: "const x = '<b>';" },
      { kind: "rule" },
    ]);
  });

  test("inline marks nest, and words with marks inside stay words", () => {
    expect(parseInline("**bold _it_** `a*b*` ~~no~~ snake_case_word 2*3*4")).toEqual([
      {
        kind: "strong",
        inline: [
          { kind: "text", text: "bold " },
          { kind: "em", inline: [{ kind: "text", text: "it" }] },
        ],
      },
      { kind: "text", text: " " },
      { kind: "code", text: "a*b*" },
      { kind: "text", text: " " },
      { kind: "del", inline: [{ kind: "text", text: "no" }] },
      { kind: "text", text: " snake_case_word 2*3*4" },
    ]);
  });

  test("only web addresses become links, and HTML is nothing but text", () => {
    expect(parseInline("[a](https://a.test/?x=1) <https://b.test|b> [c](javascript:alert(1)) <img src=x onerror=alert(1)>")).toEqual([
      { kind: "link", url: "https://a.test/?x=1", text: "a" },
      { kind: "text", text: " " },
      { kind: "link", url: "https://b.test", text: "b" },
      { kind: "text", text: " [c](javascript:alert(1)) <img src=x onerror=alert(1)>" },
    ]);
  });

  test("mentions are read", () => {
    expect(parseInline("<@UANN> <!here>")).toEqual([
      { kind: "mention", id: "UANN" },
      { kind: "text", text: " " },
      { kind: "mention", id: "here" },
    ]);
  });

  test.each(["*", "`", "[", "<", "**a", "> ", "- ", "|", "```\n", "_a ", "https://"])(
    "no text takes long, not even many times %j",
    (piece) => {
      const text = piece.repeat(Math.ceil(40_000 / piece.length));
      const started = performance.now();

      parseMarkdown(text);

      expect(performance.now() - started).toBeLessThan(2_000);
    },
  );
});

function cell(text: string) {
  return [{ kind: "text", text }];
}
