import { afterEach, expect, test } from "@jest/globals";
import type { AgentEvent } from "../../../src/model/agent.ts";
import { AgentError } from "../../../src/model/errors.ts";
import { createFakeAgent } from "../../support/bridge/fake-agent.ts";
import { createTaskBench, type TaskBench } from "../../support/bridge/task-bench.ts";

/** A task keeps its artifacts: each snapshot shows those of earlier turns too. */

const ids = { taskId: "t", contextId: "c" };
const snapshot = (mark: string, ...artifacts: readonly (readonly [string, string])[]): readonly AgentEvent[] =>
  artifacts.map(([artifact, text]) => ({ kind: "output", ...ids, mark, artifact, append: false, parts: [{ kind: "text", text }] }));
const question = (mark: string): AgentEvent => ({ kind: "inputRequired", ...ids, mark, parts: [{ kind: "text", text: "Is it good?" }] });
const completed = (mark: string, text = ""): AgentEvent => ({
  kind: "ended",
  ...ids,
  mark,
  outcome: "completed",
  parts: text === "" ? [] : [{ kind: "text", text }],
});

let bench: TaskBench;
afterEach(() => bench.close());

async function* broken(events: readonly AgentEvent[]) {
  yield* events;
  throw new AgentError("broken", "of the test");
}

/** What the thread is told in as many turns of one task. */
async function tell(config: Readonly<Record<string, unknown>>, ...turns: readonly (readonly AgentEvent[])[]) {
  const agent = createFakeAgent({ delivery: ["blocking"], ...config });
  bench = await createTaskBench({ agent });
  for (const events of turns) {
    agent.onSend(events);
    await bench.say("go on");
    await bench.work();
  }
  return bench.posts();
}

test("what an earlier turn has said is not said again beside what is new", async () => {
  const draft = ["a", "A draft."] as const;
  const posts = await tell(
    {},
    [...snapshot("1", draft), question("1")],
    [...snapshot("2", draft, ["b", "A second one."]), question("2")],
    [...snapshot("3", draft, ["b", "A second one."], ["c", "The report."]), completed("3")],
  );
  expect(posts).toEqual(["A draft.", "Is it good?", "A second one.", "Is it good?", "The report."]);
});

test("it is not said again with closing words, nor with a question alone", async () => {
  const draft = ["a", "A draft."] as const;
  const posts = await tell(
    {},
    [...snapshot("1", draft), question("1")],
    [...snapshot("2", draft), question("2")],
    [...snapshot("3", draft), completed("3", "I keep it.")],
  );
  expect(posts).toEqual(["A draft.", "Is it good?", "Is it good?", "I keep it."]);
});

test("an artifact that was changed is said anew", async () => {
  const posts = await tell(
    {},
    [...snapshot("1", ["a", "A draft."]), question("1")],
    [...snapshot("2", ["a", "A report."]), completed("2")],
  );
  expect(posts).toEqual(["A draft.", "Is it good?", "A report."]);
});

test("the same answer once more is an answer", async () => {
  const ok = ["a", "OK."] as const;
  const said = await tell({ taskId: "always" }, [...snapshot("1", ok), completed("1")], [...snapshot("2", ok), completed("2")]);
  expect(said).toEqual(["OK.", "OK."]);
});

test("what is sent by itself is said anew, also where it is the same", async () => {
  const update: AgentEvent = { kind: "output", ...ids, artifact: "a", append: false, parts: [{ kind: "text", text: "OK." }] };
  const said = await tell({ taskId: "always" }, [update, completed("1")], [update, completed("2", "Done.")]);
  expect(said).toEqual(["OK.", "OK.\n\nDone."]);
});

test("what broke off is no earlier turn's, where the message was sent again", async () => {
  const agent = createFakeAgent({ onUnknown: "resend", operations: { get: false, resubscribe: false, list: false } }, { get: false });
  bench = await createTaskBench({ agent, pace: { reach: [1_000] } });
  const both = [
    ["a", "One."],
    ["b", "Two."],
  ] as const;
  agent.onSend([question("1")], () => broken(snapshot("2", both[0])), [...snapshot("3", ...both), completed("3")]);
  for (const text of ["count", "yes"]) {
    await bench.say(text);
    await bench.work();
  }
  bench.clock.advance(1_000);
  await bench.work();
  expect(await bench.posts()).toEqual(["Is it good?", "One.\n\nTwo."]);
});
