import { expect, test } from "@jest/globals";
import { toPartMarkdown } from "../../../adapters/shared/part.ts";

test.each([
  ["turns the reading direction round", "bill\u202etxt\u2066.exe", "https://a.test", "billtxt.exe: https://a.test"],
  ["is a heading", "# Big", "https://a.test", "\\# Big: https://a.test"],
  ["is empty for the eye", "\u200b\u202e", "https://a.test", "https://a.test"],
  ["has an address that turns the reading direction round", "bill", "https://a.test/\u202etset.b", "bill: `https://a.test/tset.b`"],
])("a link whose title %s is shown as it is", (_, title, url, expected) => {
  expect(toPartMarkdown({ kind: "link", title, url })).toBe(expected);
});
