import { expect, test } from "@jest/globals";
import { toClick, toForm, toRows } from "../../../adapters/discord/components.ts";
import { toWanted } from "../../../adapters/discord/wanted.ts";
import { interaction } from "./fixture.ts";

const names = { role: () => undefined, channel: () => undefined };
const wanted = (whatHappened: string) => toWanted(interaction(whatHappened), "987654321098765432", names);

test("a question by a command, with agent and file", () => {
  expect(wanted("ask")).toMatchObject({
    kind: "ask",
    text: "why does it burn?",
    agent: "helper",
    attachments: [{ name: "log.txt", mediaType: "text/plain; charset=utf-8", size: 12 }],
  });
});

test("what is asked by a command is read as a message is, and shown as it was typed", () => {
  const asked = interaction("ask");
  const typed = "<@987654321098765432> why is <#22> on <:fire:55>?";
  const options = [{ name: "prompt", type: 3, value: typed }];
  const known = { role: () => undefined, channel: () => "general" };
  expect(toWanted({ ...asked, data: asked.data && { ...asked.data, options } }, "987654321098765432", known)).toMatchObject({
    kind: "ask",
    text: "why is #general on :fire:?",
    typed,
  });
});

test("words, lists and names by commands", () => {
  expect(wanted("agent-stop")).toEqual({ kind: "word", word: "stop" });
  expect(wanted("agent-list")).toEqual({ kind: "list" });
  expect(wanted("whoami")).toEqual({ kind: "whoami" });
  expect(wanted("autocomplete")).toEqual({ kind: "complete", typed: "hel" });
});

test("a message that is sent to the agent", () => {
  expect(wanted("send-to-agent")).toEqual({ kind: "send", target: "1441012345678901300", text: "the printer burns", attachments: [] });
});

test("clicks and forms", () => {
  expect(wanted("stop-clicked")).toEqual({ kind: "click", click: { kind: "stop" } });
  expect(wanted("answer-written")).toEqual({ kind: "answer", question: "task:discord:1#2", text: "on Monday" });
});

test("what is none of ours is left alone", () => {
  const other = interaction("whoami");
  expect(toWanted({ ...other, data: undefined }, "1", names)).toBeUndefined();
  expect(toWanted({ ...other, type: 3, data: other.data && { ...other.data, custom_id: "poll:1" } }, "1", names)).toBeUndefined();
});

const buttons = (more: object) =>
  toRows({ choices: [], question: false, feedback: false, deliveryId: "task:discord:1#2", ...more }).flatMap(
    ({ components }) => components,
  );

test("what stands on a button leads back to what was meant", () => {
  const choices = [
    { id: "0", label: "Approve", style: "positive" },
    { id: "1", label: "Deny", style: "negative" },
  ];
  const question = buttons({ choices, question: true });
  expect(question.map(({ label, style }) => [label, style])).toEqual([
    ["Approve", 3],
    ["Deny", 4],
    ["Other answer…", 1],
  ]);
  expect(question.map(({ custom_id: id }) => toClick(id))).toEqual([
    { kind: "choice", question: "task:discord:1#2", choice: "0" },
    { kind: "choice", question: "task:discord:1#2", choice: "1" },
    { kind: "answer", question: "task:discord:1#2" },
  ]);
  expect(buttons({ feedback: true }).map(({ custom_id: id }) => toClick(id))).toEqual([
    { kind: "feedback", delivery: "task:discord:1#2", value: "up" },
    { kind: "feedback", delivery: "task:discord:1#2", value: "down" },
  ]);
  expect(toClick(toForm("What?", "q#1").custom_id)).toEqual({ kind: "answer", question: "q#1" });
});

test("five buttons stand in a row, and none whose id is longer than Discord takes", () => {
  const choices = Array.from({ length: 10 }, (_, id) => ({ id: String(id), label: "x".repeat(75) }));
  expect(toRows({ choices, question: true, feedback: false, deliveryId: "d" }).map(({ components }) => components.length)).toEqual([
    5, 5, 1,
  ]);
  expect(buttons({ feedback: true, deliveryId: "d".repeat(99) })).toEqual([]);
});
