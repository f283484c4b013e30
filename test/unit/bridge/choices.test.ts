import { expect, test } from "@jest/globals";
import { toQuestion } from "../../../src/bridge/choices.ts";
import type { ReplyPart } from "../../../src/model/reply.ts";
import type { Json } from "../../../src/model/thread.ts";

const text: ReplyPart = { kind: "text", text: "Shall I?" };
const ask = (data: Json) => toQuestion([text, { kind: "data", data }]);

test("choices become buttons, each once, and their part is not shown", () => {
  const { parts, choices } = ask({ choices: ["Yes", "Maybe", "Yes", "No"] });
  expect(parts).toEqual([text]);
  expect(choices).toEqual([
    { id: "0", label: "Yes", style: "positive" },
    { id: "1", label: "Maybe" },
    { id: "2", label: "No", style: "negative" },
  ]);
});

test("a tool that wants to be approved has buttons, and what it wants to do stays to be seen", () => {
  const data = { interaction_type: "tool_approval", tool_name: "execute_command", tool_input: "rm -rf /tmp/old" };
  const shown: ReplyPart = { kind: "data", data: { tool_name: "execute_command", tool_input: "rm -rf /tmp/old" } };
  const { parts, choices } = ask({ ...data, options: ["approve", "deny"] });
  expect(parts).toEqual([text, shown]);
  expect(choices).toEqual([
    { id: "0", label: "approve", style: "positive" },
    { id: "1", label: "deny", style: "negative" },
  ]);
  expect(ask(data)).toEqual({ parts, choices });
});

test.each([{ choices: Array.from({ length: 11 }, (_, index) => `Choice ${index}`) }, { choices: ["short", "x".repeat(76)] }])(
  "choices that no button could show in full are listed to be answered in words",
  (data) => {
    const { parts, choices } = ask(data);
    expect(choices).toEqual([]);
    expect(parts.at(-1)).toEqual({ kind: "text", text: data.choices.map((label) => `- ${label}`).join("\n") });
  },
);

test.each<Json>([
  { choices: [] },
  { choices: [{ title: "Yes", value: "rm -rf" }] },
  { choices: ["Yes"], url: "https://evil.test" },
  { options: ["Yes"] },
  ["Yes", "No"],
  "Yes",
  null,
])("what is no offer is shown as data: %j", (data) => {
  expect(ask(data)).toEqual({ parts: [text, { kind: "data", data }], choices: [] });
});
