import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { slackifyMarkdown } from "slackify-markdown";
import { isPlain, toFallback } from "../../../adapters/slack/fallback.ts";
import { neutralise } from "../../../adapters/slack/neutral.ts";
import { postLimit, splitReply, toChoicesBlock, toMarkdown, toMessage } from "../../../adapters/slack/render.ts";
import type { ReplyPart } from "../../../src/model/reply.ts";
import { textReply } from "../../../src/model/reply.ts";

const markdown = (...parts: readonly ReplyPart[]) => toMarkdown({ parts });
/** Anything that Slack might take for a call to people or a channel. */
const calls = /<[!@#](?:subteam\^)?[A-Za-z0-9]|(?<![\w.+-])@(?:channel|here|everyone)/;

describe("a text that is taken for plain", () => {
  const words = ["word", "Wörter", "日本", "é", "12", "1", "0", "You said:", "e.g.", "don't", "(so)", "“so”", "http", "www", "x"];
  const signs = [
    ..." \n\n,.;:!?'\"()%/+=$€#-",
    "\n\n",
    "- ",
    "--",
    "==",
    "1. ",
    "2) ",
    "  ",
    "://",
    "\t",
    "*",
    "_",
    "`",
    "|",
    ":-",
    "[",
    "]",
    "~",
  ];

  test("is what the converter makes of it", () => {
    let count = 0;
    const pieces = fc.array(fc.oneof(fc.constantFrom(...words), fc.constantFrom(...signs)), { minLength: 1, maxLength: 12 });
    const check = (text: string) => {
      if (!isPlain(text)) return;
      count += 1;
      expect(slackifyMarkdown(text).trim()).toBe(text);
    };
    fc.assert(
      fc.property(pieces, (all) => check(all.join(""))),
      { numRuns: 3_000 },
    );
    expect(count).toBeGreaterThan(200);
  });

  test.each(["You said: number 12 lorem ipsum.", "First line\nsecond line\n\nA paragraph: 3 + 4 = 7, so 100 % – and #12."])(
    "is %j",
    (text) => expect(isPlain(text)).toBe(true),
  );

  test.each([
    "- a",
    "1. a",
    "# a",
    "a\n===",
    "a\n---",
    "a  \nb",
    " a",
    "a ",
    "a\n",
    "a\n\n\nb",
    "www.a.test",
    "http://a.test",
    "a@b.test",
    "a\tb",
    "",
  ])("is not %j", (text) => expect(isPlain(text)).toBe(false));
});

describe("what an agent cannot do", () => {
  test.each([
    "<!channel>",
    "<!here|here>",
    "<!everyone>",
    "<!group>",
    "<!subteam^S1|@admins>",
    "<@U123ABC>",
    "<@W123|x>",
    "<#C123|general>",
    "@here",
    "**@channel**",
    "(@everyone)",
    "```\n<!channel>\n```",
    "`<@U123>`",
    "&lt;!channel&gt;",
    "&#60;!channel&#62;",
    "&#x3C;@U123&#x3E;",
    "&LT;!channel&GT;",
    "<&#33;here>",
    "&#x3C;&excl;channel>",
    "<&commat;U1>",
    "<\\!channel>",
    "\\<!channel>",
    "\\@here",
    "&commat;here",
    "&#64;channel",
    "[<!channel>](https://a.test)",
    "[x](<!channel>)",
    "![<@U1>](https://a.test/i.png)",
    "| <!here> |\n|---|\n| <@U1> |",
    "<https://a.test|<!channel>>",
    "<<!channel>>",
  ])("call people with %j", (text) => {
    const message = toMessage(markdown({ kind: "text", text }));
    expect(JSON.stringify(message.blocks)).not.toMatch(calls);
    expect(message.text).not.toMatch(calls);
  });

  test("call people with any mixture of such pieces", () => {
    const piece = fc.constantFrom(
      "<",
      ">",
      "!",
      "@",
      "#",
      "channel",
      "here",
      "everyone",
      "U1",
      "C1",
      "&lt;",
      "&gt;",
      "\\",
      "`",
      "*",
      "_",
      " ",
      "\n",
      "|",
      "[",
      "](",
      ")",
      "subteam^S1",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const message = toMessage(markdown({ kind: "text", text: pieces.join("") }));
        expect(JSON.stringify(message.blocks)).not.toMatch(calls);
        expect(message.text).not.toMatch(calls);
      }),
      { numRuns: 500 },
    );
  });

  test("hide where a link leads", () => {
    expect(markdown({ kind: "link", title: "Your bank](https://evil.test)", url: "https://a.test/x" })).toBe(
      "Your bank\\](https://evil.test): https://a.test/x",
    );
    expect(markdown({ kind: "link", title: "x", url: "javascript:alert(1)" })).toBe("x: `javascript:alert(1)`");
    expect(markdown({ kind: "file", name: "a.pdf", mediaType: "application/pdf", url: "https://a.test/a.pdf" })).toBe(
      "a.pdf: https://a.test/a.pdf",
    );
  });

  test("keep the bridge busy with nested Markdown", () => {
    const before = performance.now();
    for (const text of [
      "> ".repeat(5500),
      "- ".repeat(5500),
      "[".repeat(11_000),
      "*a ".repeat(3600),
      "<".repeat(11_000),
      "`".repeat(11_000),
    ]) {
      toMessage(markdown({ kind: "text", text }));
    }
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe("neutralising", () => {
  test("leaves other text alone", () => {
    const text = "a < b, <!DOCTYPE html>, <!-- x -->, #include <stdio.h>, mail@here.com, @hero? <https://a.test|x> List<#T>";
    expect(neutralise(text.replace("@hero? ", "").replace(" List<#T>", ""))).toBe(text.replace("@hero? ", "").replace(" List<#T>", ""));
  });

  test("twice does nothing more", () => {
    const once = neutralise("<!channel> <@U1> @here");
    expect(neutralise(once)).toBe(once);
  });

  test("a text that grows keeps its form", () => {
    const text = "ab <!channel> <@U123> <#C1> @everyone &lt;!here&gt; @here end";
    for (let end = 1; end <= text.length; end++) expect(neutralise(text).startsWith(neutralise(text.slice(0, end)))).toBe(true);
  });
});

describe("rendering", () => {
  test("parts stand under one another; data is code that cannot be broken out of", () => {
    expect(markdown({ kind: "text", text: "one" }, { kind: "data", data: { a: "```" } })).toBe('one\n\n````json\n{\n  "a": "```"\n}\n````');
  });

  test("a reply without words still says that", () => {
    expect(markdown()).toBe("_(no text)_");
    expect(splitReply(textReply(" \n", "answer"))).toHaveLength(1);
  });

  test("the fallback is Slack's own mark-up", () => {
    expect(toFallback("# Title\n\n**bold** [link](https://a.test/?x=1) a < b")).toContain("*Title*");
    expect(toFallback("**bold** [link](https://a.test/)")).toContain("<https://a.test/|link>");
    expect(toFallback("a < b & c")).toBe("a &lt; b &amp; c");
  });

  test("the fallback beside blocks is short enough for an update", () => {
    expect(toMessage("x ".repeat(5000)).text.length).toBeLessThan(4_000);
  });
});

describe("splitting a reply", () => {
  const replaces = { platform: "slack", message: "1.1", address: {} };

  test("only the first piece takes the place of the live message", () => {
    const pieces = splitReply(
      textReply(`${"a ".repeat(6000)}\n\n${"b ".repeat(4000)}`, "answer", { notify: true, replaces, private: "U1" }),
    );
    expect(pieces.map((piece) => piece.replaces)).toEqual([replaces, ...pieces.slice(1).map(() => undefined)]);
    expect(pieces.every((piece) => piece.private === "U1" && piece.tone === "answer")).toBe(true);
  });

  test("every piece fits a Markdown block, also when it is full of mentions", () => {
    for (const piece of splitReply(textReply("<@U1>".repeat(10_000), "answer"))) {
      expect(toMarkdown(piece).length).toBeLessThanOrEqual(postLimit);
    }
  });

  test("a piece is not changed by being split or rendered again", () => {
    for (const piece of splitReply(textReply("hello <!channel>\n\n```js\nx\n```\n".repeat(900), "answer"))) {
      expect(splitReply(piece)).toEqual([piece]);
      expect(piece.parts).toEqual([{ kind: "text", text: toMarkdown(piece) }]);
    }
  });
});

test("a label is cut at a whole character", () => {
  const [button] = toChoicesBlock([{ id: "0", label: `@here ${"x".repeat(67)}😀` }], "d1").elements;
  expect(JSON.stringify(button)).toContain(`${"x".repeat(67)}"`);
});
