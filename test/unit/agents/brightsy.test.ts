import { TaskState } from "@a2a-js/sdk";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readUpdate, readUpdates, type Update } from "../../../src/agents/dialects/brightsy-task.ts";
import { fixture } from "./fixture.ts";

const user = (text: string) => ({ role: "user", content: [{ type: "text", text }] });
const assistant = (text: string) => ({ role: "assistant", content: [{ type: "text", text }] });
const read = (task: unknown, final?: boolean) => readUpdate({ result: { ...(final !== undefined && { final }), task } }, "asked-1");
const wordsOf = ({ task }: ReturnType<typeof read>) =>
  task.artifacts.map(({ parts }) => parts.map(({ content }) => (content?.$case === "text" ? content.value : "?")).join(""));

describe("a task of Brightsy's", () => {
  test("is read as it is documented", () => {
    const update = readUpdate(fixture("brightsy-event"), "");
    expect(update).toMatchObject({ ended: true, bare: false, task: { id: "abc-123", status: { state: TaskState.TASK_STATE_COMPLETED } } });
    expect(wordsOf(update)).toEqual(["Hello"]);
  });

  test("is found where it may stand, and without an id is the one that was asked for", () => {
    const task = { id: "t", task_status: "running" };
    for (const body of [task, { task }, { result: task }, { result: { task } }]) expect(readUpdate(body, "asked-1").task.id).toBe("t");
    expect(read({ task_status: "running" }).task.id).toBe("asked-1");
    expect(readUpdate(undefined, "asked-1").task.id).toBe("asked-1");
  });

  test("tells what was said after the last message alone", () => {
    const messages = [user("one"), assistant("first"), user("two"), assistant("second"), assistant("third")];
    expect(wordsOf(read({ task_status: "completed", messages }))).toEqual(["second", "third"]);
    expect(wordsOf(read({ task_status: "completed", messages: [assistant("first"), assistant("second")] }))).toEqual(["second"]);
  });

  test("leaves out what is not for people, and takes plain text as content", () => {
    const messages = [user("one"), { role: "tool", content: "secret" }, { role: "assistant", content: "plain" }];
    expect(wordsOf(read({ task_status: "completed", messages }))).toEqual(["plain"]);
  });

  test("that has not answered yet is not done, whatever it was before", () => {
    expect(read({ task_status: "completed", messages: [user("one"), assistant("first"), user("two")] })).toMatchObject({ ended: false });
    expect(read({ task_status: "completed" })).toMatchObject({ ended: true, bare: true });
  });

  test.each([
    ["running", false, TaskState.TASK_STATE_WORKING],
    ["in_progress", false, TaskState.TASK_STATE_WORKING],
    ["constructor", false, TaskState.TASK_STATE_WORKING],
    [undefined, false, TaskState.TASK_STATE_WORKING],
    ["pondered", true, TaskState.TASK_STATE_COMPLETED],
    ["Failed", false, TaskState.TASK_STATE_FAILED],
    ["cancelled", false, TaskState.TASK_STATE_CANCELED],
    ["requires-input", false, TaskState.TASK_STATE_INPUT_REQUIRED],
  ])("in state %s, final %s, is in state %i", (task_status, final, state) => {
    expect(read({ task_status, messages: [user("a"), assistant("b")] }, final).task.status?.state).toBe(state);
  });

  test("is read whatever it holds", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (task_status, messages, id) => {
        expect(typeof read({ task_status, messages, id }).ended).toBe("boolean");
        expect(typeof readUpdate(messages, "x").ended).toBe("boolean");
      }),
    );
  });
});

describe("a stream of Brightsy's", () => {
  const stream = (text: string) => new Response(text, { headers: { "content-type": "text/event-stream" } });
  const all = async (text: string) => {
    const updates: Update[] = [];
    for await (const update of readUpdates(stream(text), "t")) updates.push(update);
    return updates;
  };

  test("is read through what is foreign in it", async () => {
    const text = `: hi\n\ndata: [DONE]\n\ndata: ${JSON.stringify(fixture("brightsy-event"))}\n\n`;
    expect((await all(text)).map(wordsOf)).toEqual([["Hello"]]);
    expect(await all("")).toEqual([]);
  });

  test("that holds nothing else is none", async () => {
    await expect(all("data: <html>\n\n")).rejects.toMatchObject({ kind: "protocol" });
  });
});
