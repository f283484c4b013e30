import { describe, expect, test } from "@jest/globals";
import { type Ending, fingerprint, reduce, toLiveText, toOutcome, toReplies } from "../../../src/bridge/respond.ts";
import { type Answer, nothingYet } from "../../../src/bridge/rows.ts";
import type { AgentEvent } from "../../../src/model/agent.ts";
import type { ReplyPart } from "../../../src/model/reply.ts";

const text = (value: string): ReplyPart => ({ kind: "text", text: value });
const output = (artifact: string, value: string, append = false): AgentEvent => ({
  kind: "output",
  artifact,
  append,
  parts: [text(value)],
});
const ended = (outcome: "completed" | "failed" | "canceled" | "rejected", words = ""): AgentEvent => ({
  kind: "ended",
  outcome,
  parts: words === "" ? [] : [text(words)],
});
const heard = (...events: AgentEvent[]): Answer => events.reduce(reduce, nothingYet);
const ending = (answer: Answer, more: Partial<Ending> = {}): Ending => ({
  outcome: toOutcome(answer) ?? "open",
  answer,
  shown: [],
  reference: "REF1",
  late: false,
  ...more,
});
const said = (answer: Answer, more: Partial<Ending> = {}) =>
  toReplies(ending(answer, more)).map(
    (reply) => `${reply.tone}: ${reply.parts.map((part) => (part.kind === "text" ? part.text : part.kind)).join("")}`,
  );

describe("the reducer of a turn", () => {
  test("joins the chunks of one artifact without a gap, and artifacts with a paragraph", () => {
    const answer = heard(output("a", "Hel"), output("a", "lo", true), output("b", "world"), ended("completed"));
    expect(toLiveText(answer)).toBe("Hello\n\nworld");
    expect(said(answer)).toEqual(["answer: Hello\n\nworld"]);
  });

  test("replaces an artifact that comes whole again, so that a repeated snapshot changes nothing", () => {
    expect(said(heard(output("a", "one"), output("a", "one two"), output("a", "one two"), ended("completed")))).toEqual([
      "answer: one two",
    ]);
  });

  test("takes the closing words as the answer where there is no artifact", () => {
    expect(said(heard(ended("completed", "All done.")))).toEqual(["answer: All done."]);
  });

  test("adds closing words that say something else, and leaves out those that repeat the artifact", () => {
    expect(said(heard(output("a", "Report"), ended("completed", "Anything else?")))).toEqual(["answer: Report\n\nAnything else?"]);
    expect(said(heard(output("a", "Report"), ended("completed", " Report ")))).toEqual(["answer: Report"]);
  });

  test("is never silent: a completed turn without a word gets a notice with its reference", () => {
    expect(said(heard(ended("completed")))).toEqual([expect.stringMatching(/^notice: .*REF1/)]);
    expect(said(heard(output("a", "  \n"), ended("completed")))).toEqual([expect.stringMatching(/^notice: .*REF1/)]);
  });

  test.each(["failed", "rejected", "canceled"] as const)(
    "a turn that %s says so, with the agent's words and what it had made",
    (outcome) => {
      const lines = said(heard(output("a", "half an answer"), ended(outcome, "no disk")));
      expect(lines[0]).toBe("answer: half an answer");
      expect(lines[1]).toMatch(/^notice: .*REF1[\s\S]*no disk/);
    },
  );

  test("is not silent either where its words are none for the eye", () => {
    const noWord = /^notice: The agent finished without an answer/;
    for (const blank of [" \n", "\u200b", "\ufeff\u2060\u0000"]) {
      expect(said(heard(output("a", blank), ended("completed")))).toEqual([expect.stringMatching(noWord)]);
      expect(said(heard(ended("completed", blank)))).toEqual([expect.stringMatching(noWord)]);
      expect(said(heard({ kind: "inputRequired", parts: [text(blank)] }))).toEqual([
        "question: The agent needs more from you to go on. Answer here in this thread.",
      ]);
      expect(said(heard({ kind: "authRequired", parts: [text(blank)] }), { outcome: "authRequired" })).toEqual([
        "question: The agent needs you to sign in before it can go on.",
      ]);
    }
    const choices = { kind: "data", data: { choices: ["Yes", "No"] } } as const;
    const [question] = toReplies(ending(heard({ kind: "inputRequired", parts: [text("\n"), choices] })));
    expect(question).toMatchObject({ tone: "question", choices: [{ label: "Yes" }, { label: "No" }] });
  });

  test("a question ends the turn and is asked once", () => {
    const answer = heard(output("a", "I found two."), { kind: "inputRequired", parts: [text("Which one?")] });
    expect(toOutcome(answer)).toBe("inputRequired");
    expect(said(answer)).toEqual(["answer: I found two.", "question: Which one?"]);
    expect(said(answer, { shown: [fingerprint([text("I found two.")]), fingerprint([text("Which one?")])] })).toEqual([]);
  });

  test("a message that is an artifact as well is said once, whichever comes first", () => {
    const message: AgentEvent = { kind: "output", artifact: "m1", mark: "m1", append: false, parts: [text("Hello.")] };
    expect(said(heard(message, output("a", "Hello."), ended("completed")))).toEqual(["answer: Hello."]);
    expect(said(heard(output("a", "Hello."), message, ended("completed")))).toEqual(["answer: Hello."]);
    expect(said(heard(message, output("a", "World."), ended("completed")))).toEqual(["answer: Hello.\n\nWorld."]);
    expect(said(heard(output("a", "Hello."), output("b", "Hello."), ended("completed")))).toEqual(["answer: Hello.\n\nHello."]);
  });

  test("a question that is an artifact as well is asked once", () => {
    const answer = heard(output("a", "I found two."), output("b", "Which one?\n"), { kind: "inputRequired", parts: [text("Which one?")] });
    expect(said(answer)).toEqual(["answer: I found two.", "question: Which one?"]);
    expect(said(heard(output("b", "Which one?"), { kind: "inputRequired", parts: [text("Which one?")] }))).toEqual([
      "question: Which one?",
    ]);
  });

  test("a sign-in leaves the turn open, and work that goes on takes the request back", () => {
    const asked = heard({ kind: "authRequired", parts: [text("Sign in")] });
    expect(toOutcome(asked)).toBeUndefined();
    expect(reduce(asked, { kind: "working" }).phase).toBe("open");
  });

  test("what was shown in this turn is not shown again", () => {
    const answer = heard(output("a", "Same"), ended("completed"));
    expect(said(answer, { shown: [fingerprint([text("Same")])] })).toEqual([]);
  });

  test("a late answer says that it is late, and a late end without an answer stays unsaid", () => {
    expect(said(heard(output("a", "Here"), ended("completed")), { late: true })).toEqual([
      expect.stringMatching(/^answer: .*[Ll]ate.*Here/s),
    ]);
    expect(said(heard(ended("canceled")), { late: true })).toEqual([]);
  });

  test.each(["expired", "unreachable", "refused", "lost", "stopped"] as const)("a turn given up as %s ends with a reference", (outcome) => {
    expect(said(nothingYet, { outcome })).toEqual([expect.stringMatching(/^notice: .*REF1/)]);
  });
});
