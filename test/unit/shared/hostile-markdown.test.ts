import { expect, test } from "@jest/globals";
import { toDiscordMarkdown } from "../../../adapters/discord/markdown.ts";
import { toTeamsMarkdown } from "../../../adapters/teams/markdown.ts";

/** As long as an answer may be. */
const length = 200_000;
const fill = (text: string, part = 1) => text.repeat(length / text.length / part);

const texts = {
  "open brackets": fill("["),
  "open pictures": fill("!["),
  "back-ticks without an end": `a${fill("`", 2)}${fill("b", 2)}`,
  "a heading with a gap": `# a${fill(" ")}b`,
  "a small heading with a gap": `#### a${fill(" ")}b`,
  "a link with a gap": `[a](${fill(" ")}`,
  "a cell of brackets": `|a|\n|-|\n|${fill("[")}|`,
  "a cell of back-ticks": `|a|\n|-|\n|${fill("`", 2)}${fill("b", 2)}|`,
  "a cell with a link without an end": `|a|\n|-|\n|[a](${fill("b")}|`,
  "a cell as long as all rows": `|a|b|\n|-|-|\n|${fill("x", 2)}|y|\n${fill("|a|b|\n", 2)}`,
};

test.each(Object.entries(texts))("an answer of %s neither keeps the bridge busy nor grows beyond measure", (_, text) => {
  for (const convert of [toDiscordMarkdown, toTeamsMarkdown]) {
    const before = performance.now();
    expect(convert(text).length).toBeLessThan(5 * length);
    expect(performance.now() - before).toBeLessThan(1_500);
  }
});

test("a table of which one cell is very long is shown with all its words", () => {
  const table = toDiscordMarkdown(`|a|b|\n|-|-|\n|${"x".repeat(5_000)}|y|\n${"|1|2|\n".repeat(9)}`);
  expect(table.replace(/x+/, "x").split("\n").slice(0, 6)).toEqual(["```", "a    b", "---  ---", "x  y", "1    2", "1    2"]);
});
