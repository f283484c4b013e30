import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseBounded } from "../../../src/agents/bounds.ts";
import { agentSchema } from "../../../src/agents/config.ts";
import { toPolicy } from "../../../src/agents/policy.ts";
import { derivedId, prepareRequest, toMetadata } from "../../../src/agents/prepare.ts";
import { toCard } from "../../../src/agents/repair.ts";
import { withTranscript } from "../../../src/agents/transcript.ts";
import { AgentError } from "../../../src/model/errors.ts";

const url = "https://agent.example/a2a";
const config = (more: object) => agentSchema.parse({ url, ...more });

describe("a transcript", () => {
  const said = fc.array(
    fc.record({ from: fc.constantFrom("person" as const, "agent" as const), text: fc.string({ unit: "binary", maxLength: 300 }) }),
    {
      maxLength: 8,
    },
  );

  test("adds no more than its limit, and leaves the message as it is", () => {
    fc.assert(
      fc.property(said, fc.integer({ min: 0, max: 1500 }), fc.string({ maxLength: 200 }), (transcript, limit, text) => {
        const whole = withTranscript(text, transcript, limit);
        expect(whole.endsWith(text)).toBe(true);
        expect(whole.length - text.length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  test("quotes every line of it, whatever it holds", () => {
    fc.assert(
      fc.property(said, (transcript) => {
        const lines = withTranscript("now", transcript, 100_000).split(/\r\n?|[\n\v\f\u0085\u2028\u2029]/);
        const [first, ...rest] = lines;
        if (first === "now") return;
        expect(rest.slice(-3)).toEqual(["", "[Now]", "now"]);
        expect(rest.slice(0, -3).every((line) => line.startsWith("> "))).toBe(true);
      }),
    );
  });

  test("keeps the newest, and of the first that does not fit its end", () => {
    const transcript = [
      { from: "person", text: "long ago" },
      { from: "agent", text: `${"old words ".repeat(30)}the end of it` },
      { from: "person", text: "lately" },
    ] as const;
    const lines = withTranscript("now", transcript, 200).split("\n");

    expect(lines[1]).toMatch(/^> Agent: ….*the end of it$/);
    expect(lines[2]).toBe("> Person: lately");
  });

  test("is off unless it is configured", () => {
    const request = { messageId: "m", text: "now", metadata: {}, transcript: [{ from: "person", text: "before" }] } as const;
    for (const preset of [undefined, "sistava"])
      expect(prepareRequest(request, toPolicy(config({ ...(preset && { preset }) }))).text).toBe("now");
    const prepared = prepareRequest(request, toPolicy(config({ transcript: 200 })));
    expect(prepared.text).toContain("> Person: before");
    expect(prepared).not.toHaveProperty("transcript");
  });
});

describe("an employee", () => {
  const skills = [
    { id: "e-1", name: "Nora Lind" },
    { id: "e-2", name: "Omar Diaz" },
    { id: "e-3", name: "omar diaz" },
  ];
  const card = (count: number) => toCard({ url, skills: skills.slice(0, count) }, { base: url, name: "agent" });
  const chosen = (more: object, count = 3) => toMetadata(config(more), card(count)).employee_id;

  test("is found by id or by a name that only one has", () => {
    expect(chosen({ employee: "e-2" })).toBe("e-2");
    expect(chosen({ employee: " NORA lind " })).toBe("e-1");
  });

  test("need not be named where there is one", () => {
    expect(chosen({ preset: "sistava" }, 1)).toBe("e-1");
  });

  test("of the metadata wins; other systems have none", () => {
    expect(chosen({ preset: "sistava", employee: "e-1", metadata: { employee_id: "own" } })).toBe("own");
    expect(chosen({})).toBeUndefined();
  });

  test("that the card does not show may be named by its UUID", () => {
    expect(chosen({ employee: "5b0f3c9e-6d5f-4a53-9a5c-0d9f6f1f2a11" })).toBe("5b0f3c9e-6d5f-4a53-9a5c-0d9f6f1f2a11");
  });

  test.each([
    [{ preset: "sistava" }, /No employee is set/],
    [{ employee: "Omar Diaz" }, /Several employees/],
    [{ employee: "Nobody" }, /no employee of the configured name/],
  ])("%j is refused in words", (more, explanation) => {
    expect(() => chosen(more)).toThrow(expect.objectContaining({ kind: "unsupported", explanation: expect.stringMatching(explanation) }));
  });
});

test("a derived id is a UUID, the same every time, and another for another purpose", () => {
  const id = derivedId("m-1", "transfer-1");
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(derivedId("m-1", "transfer-1")).toBe(id);
  expect(derivedId("m-1", "transfer-2")).not.toBe(id);
});

describe("JSON of a stranger", () => {
  test("is read as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        expect(parseBounded(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("that is none is nothing", () => {
    for (const text of ["", "<html>", "{", '"', '{"a":"\\"', "[DONE]"]) expect(parseBounded(text)).toBeUndefined();
  });

  test("that is too deep or too wide is refused before it is parsed; brackets in text do not count", () => {
    const deep = "[".repeat(1_000_000);
    const wide = `[${"0,".repeat(200_000)}0]`;
    for (const text of [deep, wide, `{"a":${deep}`]) expect(() => parseBounded(text)).toThrow(AgentError);
    expect(parseBounded(JSON.stringify({ a: `${deep}\\"${deep}` }))).toEqual({ a: `${deep}\\"${deep}` });
  });
});
