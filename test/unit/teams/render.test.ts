import { describe, expect, test } from "@jest/globals";
import { postLimit, splitReply, toMessage } from "../../../adapters/teams/render.ts";
import type { ReplyPart } from "../../../src/model/reply.ts";
import { textReply } from "../../../src/model/reply.ts";

const say = (...parts: readonly ReplyPart[]) => toMessage({ parts, tone: "answer" }, true, "d1");
const cite = (...citations: readonly object[]): ReplyPart => ({ kind: "data", data: JSON.parse(JSON.stringify({ citations })) });
const claims = (message: ReturnType<typeof say>) => message.entities?.[0]?.citation;

describe("a message for Teams", () => {
  test("holds every part, and nothing that could be pressed or that calls anybody", () => {
    const message = say(
      { kind: "text", text: "# Done\n<at>Ann</at>" },
      { kind: "link", url: "https://a.test/x", title: "The *page*" },
      { kind: "link", url: "javascript:alert(1)", title: "<b>press" },
      { kind: "file", name: "a_b.pdf", mediaType: "application/pdf" },
      { kind: "data", data: { a: "```" } },
    );
    expect(message.text).toBe(
      '**Done**\n\n&lt;at>Ann&lt;/at>\n\nThe \\*page\\*: https://a.test/x\n\n&lt;b\\>press: `javascript:alert(1)`\n\na\\_b.pdf (application/pdf)\n\n````json\n{\n  "a": "```"\n}\n````',
    );
    expect(Object.keys(message).toSorted()).toEqual(["channelData", "entities", "text", "textFormat", "type"]);
    expect(message.entities?.map(({ type }) => type)).toEqual(["https://schema.org/Message"]);
  });

  test("is never empty", () => {
    expect(say({ kind: "text", text: " \n" }).text).toBe("_(no text)_");
  });
});

describe("sources", () => {
  test("are shown where their numbers stand; where none does, the numbers are added", () => {
    const source = { title: "T", url: "https://a.test" };
    expect(claims(say({ kind: "text", text: "so it is [2]" }, cite(source, { title: "U" })))).toMatchObject([{ position: 2 }]);
    const added = say({ kind: "text", text: "so it is" }, cite(source, { title: "U" }));
    expect(added.text).toBe("so it is\n\nSources: [1] [2]");
    expect(claims(added)).toHaveLength(2);
  });

  test("are at most ten, each number once, and short", () => {
    const many = Array.from({ length: 12 }, (_, index) => ({
      title: `${"x".repeat(99)} ${index}`,
      snippet: "y ".repeat(200),
      position: index + 1,
    }));
    const text = many.map(({ position }) => `[${position}]`).join(" ");
    const cited = claims(say({ kind: "text", text }, cite(...many, { title: "again", position: 1 })));
    expect(cited).toHaveLength(10);
    expect(JSON.stringify(cited)).not.toMatch(/x{81}|again/);
    expect(JSON.stringify(cited).length).toBeLessThan(5_000);
  });

  test("that cannot be used are left out, and data that names none is shown", () => {
    expect(say({ kind: "text", text: "[1]" }, cite({ url: "javascript:x" }, { nothing: 1 })).entities?.[0]).not.toHaveProperty("citation");
    expect(say(cite({ color: "red" })).text).toContain('"red"');
    expect(say({ kind: "data", data: { citations: "none" } }).text).toContain('"citations"');
    expect(say({ kind: "data", data: { citations: [], more: 1 } }).text).toContain('"more"');
  });

  test("go with the piece that cites them", () => {
    const parts: readonly ReplyPart[] = [
      { kind: "text", text: `first [1]\n\n${"word ".repeat(4_500)}\n\nlast [2]` },
      cite({ title: "A" }, { title: "B" }),
    ];
    const pieces = splitReply({ parts, tone: "answer", notify: false, replaces: { platform: "teams", message: "1", address: {} } });
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.map((piece) => JSON.stringify(claims(toMessage(piece, true, "d1")) ?? []))).toEqual([
      expect.stringContaining('"A"'),
      ...pieces.slice(2).map(() => "[]"),
      expect.stringContaining('"B"'),
    ]);
    expect(pieces.map(({ replaces }) => replaces !== undefined)).toEqual(pieces.map((_, index) => index === 0));
  });
});

describe("choices", () => {
  const choices = (count: number) => Array.from({ length: count }, (_, index) => ({ id: String(index), label: `Choice ${index}` }));

  test("are buttons that name delivery and choice, for clients with and without invokes", () => {
    const message = toMessage({ parts: [{ kind: "text", text: "Shall I?" }], tone: "question", choices: choices(2) }, true, "d1");
    expect(message.text).toBe("Shall I?");
    const data = { a2aQuestion: "d1", a2aChoice: "0" };
    expect(message.attachments).toMatchObject([
      {
        content: {
          actions: [
            {
              type: "Action.Execute",
              title: "Choice 0",
              data,
              fallback: { type: "Action.Submit", data: { ...data, msteams: { text: "Choice 0" } } },
            },
            { title: "Choice 1" },
          ],
        },
      },
    ]);
    expect(JSON.stringify(message.attachments)).not.toMatch(/OpenUrl/);
  });

  test("of which there are many stand in rows, for Teams hides the seventh of a row", () => {
    const message = toMessage({ parts: [{ kind: "text", text: "Which?" }], tone: "question", choices: choices(8) }, true, "d1");
    const { actions, body } = Object(message.attachments?.[0]?.content);
    expect(actions).toBeUndefined();
    expect(body.map((row: { actions: readonly unknown[] }) => row.actions.length)).toEqual([6, 2]);
  });

  test("stand under the last piece", () => {
    const parts: readonly ReplyPart[] = [{ kind: "text", text: "word ".repeat(4_500) }];
    const pieces = splitReply({ parts, choices: choices(2), tone: "question", notify: true });
    expect(pieces.map((piece) => toMessage(piece, true, "d1").attachments?.length ?? 0)).toEqual([...pieces.slice(1).map(() => 0), 1]);
  });
});

test("a table that is split stays text of fixed width in every piece", () => {
  const rows = Array.from({ length: 900 }, (_, index) => `| row ${index} | ${"x".repeat(30)} |`).join("\n");
  const pieces = splitReply(textReply(`| a | b |\n|---|---|\n${rows}`, "answer"));
  expect(pieces.length).toBeGreaterThan(1);
  for (const piece of pieces) {
    const { text = "" } = toMessage(piece, false, "d1");
    expect(text.length).toBeLessThanOrEqual(postLimit);
    expect(text).toMatch(/^```\n[\s\S]*\n```$/);
  }
});
