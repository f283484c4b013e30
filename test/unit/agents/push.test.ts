import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodePush, presentedCredentials } from "../../../src/agents/push.ts";
import { AgentError } from "../../../src/model/errors.ts";
import { fixture } from "./fixture.ts";

const ids = { taskId: "t-1", contextId: "c-1" };
const said = (text: string) => [{ kind: "text", text }];

describe("a push", () => {
  test.each([
    ["push-10-status", [{ kind: "inputRequired", ...ids, mark: "m-9", parts: said("which device?") }]],
    ["push-10-completed", [{ kind: "ended", outcome: "completed", ...ids, mark: "2026-11-20T10:16:34.000Z", parts: [] }]],
    ["push-10-artifact", [{ kind: "output", ...ids, artifact: "a1", append: true, parts: said("world") }]],
    ["push-10-task", [{ kind: "working", ...ids, mark: "2026-11-20T10:16:33.000Z" }]],
    [
      "push-10-message",
      [
        { kind: "output", contextId: "c-1", mark: "m-7", artifact: "m-7", append: false, parts: said("hello") },
        { kind: "ended", outcome: "completed", contextId: "c-1", mark: "m-7", parts: [] },
      ],
    ],
    [
      "push-03-task",
      [
        { kind: "output", ...ids, mark: "2026-11-20T10:16:35.000Z", artifact: "a1", append: false, parts: said("Hello world") },
        { kind: "ended", outcome: "completed", ...ids, mark: "2026-11-20T10:16:35.000Z", parts: [] },
      ],
    ],
    ["push-03-status", [{ kind: "working", ...ids, mark: "m-2", text: "thinking" }]],
    ["push-03-rest-task", [{ kind: "ended", outcome: "canceled", taskId: "nx-t1", contextId: "nx-c1", parts: said("stopped") }]],
    [
      "push-01-task",
      [
        { kind: "output", taskId: "t-1", contextId: "s-1", artifact: "artifact-0", append: false, parts: said("the answer") },
        { kind: "ended", outcome: "completed", taskId: "t-1", contextId: "s-1", parts: [] },
      ],
    ],
    ["push-bare-artifact", [{ kind: "output", ...ids, artifact: "a", append: false, parts: said("progress") }]],
    [
      "push-files",
      [
        {
          kind: "output",
          ...ids,
          artifact: "a1",
          append: false,
          parts: [
            { kind: "file", name: "report.pdf", mediaType: "application/pdf", url: "https://files.example/report.pdf" },
            { kind: "file", name: "a.txt", mediaType: "text/plain", bytes: "aGk=" },
            { kind: "data", data: { rows: [1, 2] } },
          ],
        },
        { kind: "ended", outcome: "completed", ...ids, parts: [] },
      ],
    ],
  ])("as in %s is read by its shape", (name, events) => {
    expect(decodePush(fixture(name))).toEqual(events);
  });

  test("may hold several things", () => {
    expect(decodePush([fixture("push-10-artifact"), fixture("push-10-completed")]).map((event) => event.kind)).toEqual(["output", "ended"]);
  });

  test("with a state that nobody knows leaves the task open", () => {
    for (const state of ["TASK_STATE_PONDERING", "constructor", 99, null, {}])
      expect(decodePush({ kind: "task", id: "t-1", status: { state } })).toEqual([{ kind: "working", taskId: "t-1" }]);
  });

  test("that says nothing of A2A is a protocol error", () => {
    for (const body of [undefined, null, 1, "task", [], {}, { ok: true }, { task: "t" }, { status: {} }, { result: { result: {} } }])
      expect(() => decodePush(body)).toThrow(expect.objectContaining({ name: "AgentError", kind: "protocol" }));
  });

  test("that is too deep or too wide is a protocol error", () => {
    const deep = JSON.parse(`${'{"task":'.repeat(5000)}1${"}".repeat(5000)}`);
    const wide = { task: { id: "t", status: {}, artifacts: Array.from({ length: 200_000 }, () => 1) } };
    for (const body of [deep, wide]) expect(() => decodePush(body)).toThrow(expect.objectContaining({ kind: "protocol" }));
  });

  test("never fails in any other way, whatever its fields hold", () => {
    const keys = ["task", "message", "statusUpdate", "artifactUpdate", "status", "state", "parts", "content", "artifact", "artifacts"];
    const more = ["history", "id", "taskId", "contextId", "kind", "role", "file", "data", "text", "raw", "url", "result", "__proto__"];
    const { hostile } = fc.letrec((tie) => ({
      hostile: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom("", "task", "completed", "https://x.example/a", null, true, 3),
        fc.array(tie("hostile"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys, ...more), tie("hostile"), { maxKeys: 6 }),
      ),
    }));
    fc.assert(
      fc.property(hostile, (body) => {
        try {
          for (const event of decodePush(body)) expect(typeof event.kind).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(AgentError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("credentials that a push presents", () => {
  test("are its token, its bearer token, and its basic pair with its password", () => {
    const pair = Buffer.from("bridge:tok:en").toString("base64");
    expect(presentedCredentials({ "x-a2a-notification-token": "tok" })).toEqual(["tok"]);
    expect(presentedCredentials({ authorization: "bearer  tok" })).toEqual(["tok"]);
    expect(presentedCredentials({ authorization: `Basic ${pair}` })).toEqual([pair, "tok:en"]);
    expect(presentedCredentials({ "x-a2a-notification-token": "a", authorization: "Bearer b" })).toEqual(["a", "b"]);
  });

  test("are none where there are none", () => {
    for (const authorization of [undefined, "", "Bearer", "Digest x", "Bearer a b"])
      expect(presentedCredentials({ authorization })).toEqual([]);
  });
});
