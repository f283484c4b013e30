import { type StreamResponse, Task, TaskState } from "@a2a-js/sdk";
import { describe, expect, test } from "@jest/globals";
import { taskEvents, toEvents, unnamed } from "../../../src/agents/events.ts";
import { readPayload } from "../../../src/agents/read.ts";
import { fixture } from "./fixture.ts";

const said = (text: string) => [{ kind: "text", text }];

function task(fields: Record<string, unknown>) {
  return taskEvents(Task.fromJSON({ id: "t", contextId: "c", ...fields }));
}

function response(body: unknown): StreamResponse {
  const payload = readPayload(body);
  if (!payload) throw new Error("not A2A");
  return { payload };
}

const agentSays = (text: string, messageId = "m") => ({ messageId, role: "ROLE_AGENT", parts: [{ text }] });
const userSays = (text: string) => ({ messageId: "u", role: "ROLE_USER", parts: [{ text }] });

describe("a task", () => {
  test("tells each artifact as a whole, its chunks joined without a gap, then its end", () => {
    const artifacts = [
      { artifactId: "a", parts: [{ text: "Hello " }, { text: "world" }] },
      { artifactId: "b", parts: [{ text: "more" }] },
    ];
    expect(task({ status: { state: "TASK_STATE_COMPLETED", timestamp: "2026-01-01T00:00:00Z" }, artifacts })).toMatchObject([
      { kind: "output", artifact: "a", append: false, parts: said("Hello world"), mark: "2026-01-01T00:00:00Z" },
      { kind: "output", artifact: "b", append: false, parts: said("more") },
      { kind: "ended", outcome: "completed", parts: [], mark: "2026-01-01T00:00:00Z" },
    ]);
  });

  test("does not say the same twice, in an artifact and in its status", () => {
    const artifacts = [{ artifactId: "a", parts: [{ text: "the answer" }] }];
    const same = task({ status: { state: "TASK_STATE_COMPLETED", message: agentSays("the answer ") }, artifacts });
    const other = task({ status: { state: "TASK_STATE_COMPLETED", message: agentSays("and a word") }, artifacts });

    expect(same.at(-1)).toMatchObject({ kind: "ended", parts: [] });
    expect(other.at(-1)).toMatchObject({ kind: "ended", parts: said("and a word") });
  });

  test("that has neither artifact nor status message ends with what its history says last", () => {
    const history = [userSays("ask"), agentSays("thinking", "m-1"), agentSays("the answer", "m-2")];
    expect(task({ status: { state: "TASK_STATE_COMPLETED" }, history }).at(-1)).toMatchObject({ parts: said("the answer"), mark: "m-2" });
    expect(task({ status: { state: "TASK_STATE_INPUT_REQUIRED" }, history }).at(-1)).toMatchObject({ parts: said("the answer") });
  });

  test("never takes the answer to an earlier question for the answer to this one", () => {
    const history = [userSays("one"), agentSays("first"), userSays("two")];
    expect(task({ status: { state: "TASK_STATE_COMPLETED" }, history })).toMatchObject([{ kind: "ended", parts: [] }]);
  });

  test("that works shows no history", () => {
    expect(task({ status: { state: "TASK_STATE_WORKING" }, history: [agentSays("old")] })).toEqual([
      { kind: "working", taskId: "t", contextId: "c" },
    ]);
  });

  test.each([
    [TaskState.TASK_STATE_REJECTED, "rejected"],
    [TaskState.TASK_STATE_CANCELED, "canceled"],
    [TaskState.TASK_STATE_FAILED, "failed"],
  ])("in state %i has ended as %s", (state, outcome) => {
    expect(task({ status: { state, message: agentSays("why") } })).toMatchObject([{ kind: "ended", outcome, parts: said("why") }]);
  });

  test.each([0, -1, 99])("in state %i, which nobody knows, is open", (state) => {
    expect(task({ status: { state } })).toMatchObject([{ kind: "working" }]);
  });
});

describe("a message", () => {
  const message = { kind: "message", role: "agent", messageId: "m-1", parts: [{ kind: "text", text: "words" }] };

  test("alone is the whole answer", () => {
    expect(toEvents(response(message)).map((event) => event.kind)).toEqual(["output", "ended"]);
  });

  test("within a task's stream is a piece of it", () => {
    expect(toEvents(response(message), true).map((event) => event.kind)).toEqual(["output"]);
  });

  test("without an id has no mark", () => {
    for (const messageId of [undefined, unnamed]) expect(toEvents(response({ ...message, messageId }))[0]).not.toHaveProperty("mark");
  });
});

describe("what the systems send", () => {
  test.each([
    [
      "sistava-send",
      [
        { kind: "output", taskId: "task-uuid", artifact: "artifact-0", append: false, parts: said("Done.") },
        { kind: "ended", taskId: "task-uuid", outcome: "completed", parts: [] },
      ],
    ],
    ["sistava-stream", [{ kind: "working", taskId: "task-uuid", text: "Reading" }]],
    ["status-01", [{ kind: "ended", taskId: "t-1", outcome: "completed", parts: said("Done.") }]],
    [
      "inkeep-transfer",
      [
        {
          kind: "output",
          taskId: "task-1",
          artifact: "transfer",
          append: false,
          parts: [{ kind: "data", data: { type: "transfer", targetSubAgentId: "other" } }, ...said("not mine")],
        },
        { kind: "ended", taskId: "task-1", outcome: "completed", parts: [] },
      ],
    ],
    ["agentspace-artifact", [{ kind: "output", taskId: "t", contextId: "c", artifact: "a", append: false, parts: said("Hello") }]],
  ])("such as %s is read by its shape", (name, events) => {
    expect(toEvents(response(fixture(name)))).toEqual(events);
  });
});

describe("parts", () => {
  test("keep links apart from files, and leave out what cannot be shown", () => {
    const parts = [
      { url: "https://a.example/p" },
      { url: "https://a.example/f.pdf", mediaType: "application/pdf" },
      { url: "no url" },
      { text: "" },
      {},
    ];
    expect(toEvents(response({ artifactUpdate: { taskId: "t", artifact: { artifactId: "a", parts } } }))).toMatchObject([
      {
        parts: [
          { kind: "link", url: "https://a.example/p", title: "https://a.example/p" },
          { kind: "file", name: "f.pdf", mediaType: "application/pdf", url: "https://a.example/f.pdf" },
        ],
      },
    ]);
  });
});
