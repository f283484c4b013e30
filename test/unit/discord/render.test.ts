import { describe, expect, test } from "@jest/globals";
import { toDiscordMarkdown } from "../../../adapters/discord/markdown.ts";
import { toNonce } from "../../../adapters/discord/nonce.ts";
import { splitReply, toLiveText, toMessage } from "../../../adapters/discord/render.ts";
import { isLater, toSnowflake, toTime } from "../../../adapters/discord/snowflake.ts";
import { toThreadName } from "../../../adapters/discord/text.ts";
import { textReply } from "../../../src/model/reply.ts";

describe("markdown", () => {
  test.each([
    ["# One\n#### Four ####\n**bold** _it_", "# One\n**Four**\n**bold** _it_"],
    ["[bank](https://evil.test/x_(1)) and [https://a.test](https://a.test)", "bank (https://evil.test/x_(1)) and https://a.test"],
    ["![a cat](https://a.test/cat.png)", "a cat (https://a.test/cat.png)"],
    ["[see [1] here](https://evil.test)", "[see [1] here] (https://evil.test)"],
    ["[[[bank](a)](b)](https://evil.test)", "[[bank (a)] (b)] (https://evil.test)"],
    ["[bank\nhere](https://evil.test)", "[bank\nhere] (https://evil.test)"],
    ["`[x](y)` stays, [x](y) not", "`[x](y)` stays, x (y) not"],
    ["```md\n[x](y)\n#### z\n```\n#### z", "```md\n[x](y)\n#### z\n```\n**z**"],
    ["|a|b|\n|-|-|\n|1|22|\nafter", "```\na    b\n---  ---\n1    22\n```\nafter"],
    ["one\r\ntwo<br/>three", "one\ntwo\nthree"],
  ])("%j", (markdown, expected) => {
    expect(toDiscordMarkdown(markdown)).toBe(expected);
  });
});

describe("splitting", () => {
  const code = `\`\`\`js\n${"const x = 1;\n".repeat(40)}\`\`\``;

  test("pieces of at most 2,000 characters, with a code block whole", () => {
    const pieces = splitReply(textReply(`${"word ".repeat(380)}\n\n${code}\n\nend`, "answer"));
    const texts = pieces.flatMap(({ parts }) => parts.map((part) => (part.kind === "text" ? part.text : "")));
    expect(texts).toHaveLength(2);
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(2_000);
    expect(texts[1]).toBe(`${code}\n\nend`);
  });

  test("a long answer is its beginning and a file with all of it; the first takes the live message's place, the last has the choices", () => {
    const text = Array.from({ length: 500 }, (_, line) => `Line ${line} of a long answer.`).join("\n\n");
    const replaces = { platform: "discord", message: "1", address: {} };
    const choices = [{ id: "0", label: "Yes" }];
    const [first, second, ...rest] = splitReply({ ...textReply(text, "answer", { replaces }), choices });
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      replaces,
      parts: [{ kind: "text", text: expect.stringMatching(/^Line 0[\s\S]*The whole answer is in the file\.$/) }],
    });
    expect(first).not.toHaveProperty("choices");
    expect(second).toMatchObject({ choices, parts: [{ kind: "file", name: "answer.md", mediaType: "text/markdown" }] });
    const [file] = second?.parts ?? [];
    expect(file?.kind === "file" && Buffer.from(file.bytes ?? "", "base64").toString()).toBe(text);
  });

  test("a file is a piece of its own, and a reply that is nothing else has no text", () => {
    const file = { kind: "file", name: "a.csv", mediaType: "text/csv", bytes: Buffer.from("1,2").toString("base64") } as const;
    expect(splitReply({ ...textReply("see", "answer"), parts: [{ kind: "text", text: "see" }, file] }).map(({ parts }) => parts)).toEqual([
      [{ kind: "text", text: "see" }],
      [file],
    ]);
    const [only, ...others] = splitReply({ ...textReply("", "answer"), parts: [file] });
    expect(others).toEqual([]);
    expect(toMessage(only ?? { parts: [] })).toMatchObject({ content: "", files: [{ name: "a.csv", data: Buffer.from("1,2") }] });
  });

  test.each(["<br>", "[ ]()", " "])("a reply of which nothing is shown, such as %j, is a message all the same", (text) => {
    expect(splitReply(textReply(text, "answer")).map(({ parts }) => parts)).toEqual([[{ kind: "text", text: "*(no text)*" }]]);
  });

  test("a reply without words says so", () => {
    expect(toMessage(textReply("", "answer")).content).toBe("*(no text)*");
    expect(splitReply(textReply("  ", "answer"))).toMatchObject([{ parts: [{ text: "*(no text)*" }] }]);
  });

  test("no message calls anybody or unfolds links", () => {
    expect(toMessage(textReply("@everyone <@1>", "answer"))).toMatchObject({
      allowed_mentions: { parse: [], replied_user: false },
      flags: 4,
    });
  });

  test("live text is never longer than a message", () => {
    expect(toLiveText("word ".repeat(2_000)).length).toBeLessThanOrEqual(2_000);
    expect(toLiveText("")).toBe("");
  });
});

test("a nonce is the same for the same delivery, and fits", () => {
  expect(toNonce("task:discord:1#1")).toBe(toNonce("task:discord:1#1"));
  expect(toNonce("task:discord:1#1")).toMatch(/^[a-z2-7]{25}$/);
  expect(new Set(Array.from({ length: 1_000 }, (_, id) => toNonce(`d${id}`))).size).toBe(1_000);
});

test("ids tell the time, and times make ids that are before those of their moment", () => {
  expect(toTime("175928847299117063")).toBe(1_462_015_105_796);
  expect(isLater("175928847299117063", toSnowflake(1_462_015_105_796))).toBe(true);
  expect(isLater(toSnowflake(1_462_015_105_797), "175928847299117063")).toBe(true);
  expect(toSnowflake(0)).toBe("0");
});

test.each([
  ["  \n**The `printer`** burns\nsince Monday", "The printer burns"],
  ["", "Conversation"],
  ["> ", "Conversation"],
  [`${"long ".repeat(40)}`, `${"long ".repeat(40).slice(0, 89).trimEnd()}…`],
])("a thread is named after %j", (text, name) => {
  expect(toThreadName(text).replace(/ …$/, "…")).toBe(name);
});
