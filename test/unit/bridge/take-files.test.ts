import { expect, test } from "@jest/globals";
import { nothingYet } from "../../../src/bridge/rows.ts";
import { takeOutput } from "../../../src/bridge/take-output.ts";

const megabytes = (count: number) => "A".repeat(count * 1_048_576);
const file = (artifact: string, bytes: string) =>
  ({ kind: "output", artifact, append: false, parts: [{ kind: "file", name: "a.bin", mediaType: "image/png", bytes }] }) as const;
const sizes = (answer: ReturnType<typeof takeOutput>) =>
  answer.artifacts.map(({ parts }) => parts.map((part) => (part.kind === "file" ? part.bytes?.length : 0)));

test("what files an answer may hold is bounded: those beyond lose their bytes, and are still told", () => {
  const large = megabytes(30);
  const once = takeOutput(nothingYet, file("one", large));
  // The same artifact again takes the place of the first.
  expect(sizes(takeOutput(once, file("one", large)))).toEqual([[large.length]]);
  const twice = takeOutput(once, file("two", large));
  expect(sizes(twice)).toEqual([[large.length], [undefined]]);
  expect(twice.artifacts[1]?.parts).toEqual([{ kind: "file", name: "a.bin", mediaType: "image/png" }]);
  expect(sizes(takeOutput(once, { ...file("one", megabytes(1)), append: true }))).toEqual([[large.length, 1_048_576]]);
});
