import { afterEach, describe, expect, test } from "@jest/globals";
import {
  complete,
  detach,
  drop,
  fail,
  holdPushes,
  httpError,
  inputRequired,
  message,
  output,
  releasePushes,
  repeatPush,
  silent,
  wait,
  working,
} from "../../../src/simulator/agents/steps.ts";
import { until } from "../../support/until.ts";
import { answerOf, closeAll, collect, connect, say, startAgent, startHook, stateOf, taskIn, wires } from "./support.ts";

afterEach(closeAll);

const [rpc10, rest10, rpc03, rest03] = wires;
const never = Promise.withResolvers<void>().promise;

describe.each(wires)("a call to the simulated agent over $protocol $binding", (wire) => {
  test("is cut where the script says so, and the task is still brought to its end", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await startAgent(wire, () => [
      working(),
      output("a", "half "),
      drop(),
      wait(gate.promise),
      output("a", "whole", { append: true }),
      complete(),
    ]);
    const client = await connect(agent);
    await expect(collect(client.sendMessageStream(say("go")))).rejects.toThrow();
    gate.resolve();
    await until(() => agent.tasks()[0]?.state === "completed");
    const id = agent.tasks()[0]?.id ?? "";
    expect(answerOf(await client.getTask({ id, tenant: "", historyLength: undefined }))).toBe("half whole");
    expect([...agent.countByMessageId().values()]).toEqual([1]);
  });

  test("gets the HTTP status of the script, and counts as not taken if nothing was said before", async () => {
    const statuses: number[] = [];
    const watching: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      statuses.push(response.status);
      expect(response.headers.get("retry-after")).toBe(response.status === 503 ? "7" : null);
      return response;
    };
    const agent = await startAgent(wire, () => [httpError(503, { headers: { "retry-after": "7" } }), complete()]);
    const client = await connect(agent, watching);
    await expect(client.sendMessage(say("go"))).rejects.toThrow();
    expect(statuses).toEqual([200, 503]);
    expect(agent.received.map((line) => line.taken)).toEqual([false]);
    expect(agent.tasks()).toEqual([]);
  });

  test("hears nothing at all from a silent agent", async () => {
    const agent = await startAgent(wire, () => [silent()]);
    const client = await connect(agent);
    const stop = new AbortController();
    const sending = client.sendMessage(say("go"), { signal: stop.signal });
    await until(() => agent.received[0]?.taken);
    stop.abort();
    await expect(sending).rejects.toThrow();
    expect(agent.tasks()).toEqual([]);
  });
});

describe("the books of a simulated agent", () => {
  test("hold every message with what came along", async () => {
    const agent = await startAgent(rpc10, () => [complete("ok")]);
    const client = await connect(agent);
    const first = taskIn(
      await client.sendMessage(say("one", { metadata: { userId: "U1" } }, undefined, { userId: "U1", platform: "slack" })),
    );
    await client.sendMessage(say("two", { contextId: first.contextId, referenceTaskIds: [first.id] }));
    expect(agent.received).toMatchObject([
      {
        text: "one",
        metadata: { message: { userId: "U1" }, request: { userId: "U1", platform: "slack" } },
        taken: true,
        operation: "send",
      },
      { text: "two", contextId: first.contextId, referenceTaskIds: [first.id], headers: { "a2a-version": "1.0" } },
    ]);
    expect(agent.calls.map((call) => call.operation)).toEqual(["SendMessage", "SendMessage"]);
    expect(agent.violations).toEqual([]);
  });

  test("count a message that was sent twice, and call it a violation", async () => {
    const agent = await startAgent(rest10, () => [complete("ok")]);
    const client = await connect(agent);
    const request = say("one");
    await client.sendMessage(request);
    await client.sendMessage(request);
    expect([...agent.countByMessageId().values()]).toEqual([2]);
    expect(agent.violations).toEqual([expect.stringMatching(/was sent again/)]);
  });

  test("know a message again where the agent is idempotent", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await startAgent(rpc10, () => [working(), detach(), wait(gate.promise), output("a", "done"), complete()], {
      idempotent: true,
    });
    const client = await connect(agent);
    const request = say("one");
    const first = taskIn(await client.sendMessage(request));
    expect(taskIn(await client.sendMessage(request)).id).toBe(first.id);
    gate.resolve();
    await until(() => agent.tasks()[0]?.state === "completed");
    const [again] = await collect(client.sendMessageStream(request));
    expect(again?.payload?.$case === "task" && answerOf(again.payload.value)).toBe("done");
    expect([...agent.countByMessageId().values()]).toEqual([1]);
    expect(agent.violations).toEqual([]);
  });

  test("do not count a message that a fault kept from the agent", async () => {
    const agent = await startAgent(rpc03, () => [complete("ok")]);
    agent.failNext({ kind: "status", status: 500 }, { kind: "drop" });
    const client = await connect(agent);
    const request = say("one");
    await expect(client.sendMessage(request)).rejects.toThrow();
    await expect(client.sendMessage(request)).rejects.toThrow();
    await client.sendMessage(request);
    expect([...agent.countByMessageId().values()]).toEqual([1]);
    expect(agent.received.map((line) => line.taken)).toEqual([false, false, true]);
    expect(agent.violations).toEqual([]);
  });

  test("name what a message got wrong about tasks and contexts", async () => {
    const agent = await startAgent(rpc10, (turn) => [turn.text === "ask" ? inputRequired("what?") : complete("ok")]);
    const client = await connect(agent);
    const done = taskIn(await client.sendMessage(say("one")));
    const open = taskIn(await client.sendMessage(say("ask")));
    await expect(client.sendMessage(say("two", { taskId: done.id }))).rejects.toThrow();
    await expect(client.sendMessage(say("two", { taskId: "nobody" }))).rejects.toThrow();
    await expect(client.sendMessage(say("two", { taskId: open.id, contextId: done.contextId }))).rejects.toThrow();
    await client.sendMessage(say("two", { contextId: "mine", referenceTaskIds: ["nothing"] }));
    expect(
      agent.violations.map((violation) =>
        violation
          .replace(/message \S+ /, "")
          .split(" ")
          .slice(0, 4)
          .join(" "),
      ),
    ).toEqual([
      "was sent to task",
      "names the unknown task",
      `names task ${open.id} in`,
      "names the unknown context",
      "refers to the unknown",
    ]);
  });

  test("let a caller make contextIds where that is agreed", async () => {
    const agent = await startAgent(rpc10, () => [message("ok")], { clientContexts: true });
    await (await connect(agent)).sendMessage(say("one", { contextId: "mine" }));
    expect(agent.violations).toEqual([]);
  });

  test("know the contexts of bare messages too", async () => {
    const agent = await startAgent(rpc10, () => [message("ok")]);
    const client = await connect(agent);
    const reply = await client.sendMessage(say("one"));
    await client.sendMessage(say("two", { contextId: reply.contextId }));
    expect(agent.violations).toEqual([]);
  });

  const post = (url: string, body: object, headers: Record<string, string> = {}) =>
    fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
  const text = { messageId: "m1", role: "ROLE_USER", parts: [{ text: "x" }] };
  const v1 = { "a2a-version": "1.0" };

  test.each([
    ["no version", rest10, "/message:send", { message: text }, {}, /A2A-Version missing/],
    ["the wrong version", rpc03, "", { jsonrpc: "2.0", id: 1, method: "message/send", params: {} }, v1, /A2A-Version 1.0/],
    ["no messageId", rest10, "/message:send", { message: { ...text, messageId: undefined } }, v1, /message.messageId/],
    ["the agent's role", rest10, "/message:send", { message: { ...text, role: "ROLE_AGENT" } }, v1, /message.role/],
    ["nested metadata", rest10, "/message:send", { message: text, metadata: { user: { name: "x" } } }, v1, /metadata.user/],
    ["a field of 0.3", rest10, "/message:send", { message: text, configuration: { blocking: true } }, v1, /configuration/],
    [
      "a part of 1.0 without kind",
      rpc03,
      "",
      { jsonrpc: "2.0", id: 1, method: "message/send", params: { message: text } },
      {},
      /message.kind/,
    ],
    ["parts instead of content", rest03, "/v1/message:send", { message: text }, {}, /message.content/],
    [
      "a webhook that is no URL",
      rest10,
      "/message:send",
      { message: text, configuration: { taskPushNotificationConfig: { url: "x" } } },
      v1,
      /url/,
    ],
    ["a request without id", rpc10, "", { jsonrpc: "2.0", method: "GetTask", params: {} }, v1, /without id/],
  ] as const)("call %s a violation", async (_what, wire, path, body, headers, violation) => {
    const agent = await startAgent(wire, () => [complete("ok")]);
    await post(`${agent.endpoint}${path}`, body, headers);
    expect(agent.violations).toEqual(expect.arrayContaining([expect.stringMatching(violation)]));
  });

  test("hold a message with a flaw too, where the agent takes it all the same", async () => {
    const agent = await startAgent(rest10, () => [complete("ok")]);
    await post(`${agent.endpoint}/message:send`, { message: text, metadata: { user: { name: "x" } } }, v1);
    expect(agent.received).toMatchObject([{ messageId: "m1", text: "x", taken: true }]);
    expect(agent.violations).toHaveLength(1);
  });

  test("call a body that is not JSON a violation", async () => {
    const agent = await startAgent(rpc10, () => [complete("ok")]);
    const response = await fetch(agent.endpoint, { method: "POST", headers: { "content-type": "application/json", ...v1 }, body: "{" });
    expect(response.status).toBe(400);
    expect(agent.violations).toEqual([expect.stringMatching(/not JSON/)]);
  });

  test.each([
    [rpc10, "message/send", {}, -32009],
    [rpc03, "SendMessage", v1, -32601],
  ] as const)("stand beside what a true agent answers to a call of another time", async (wire, method, headers, code) => {
    const agent = await startAgent(wire, () => [complete("ok")]);
    const response = await post(agent.endpoint, { jsonrpc: "2.0", id: 1, method, params: { message: text } }, headers);
    expect(await response.json()).toMatchObject({ id: 1, error: { code } });
    expect(agent.received.map((line) => line.taken)).not.toContain(true);
  });

  test("call a webhook a violation where the card declares no push", async () => {
    const agent = await startAgent(rpc10, () => [complete("ok")], { modes: { streaming: true, push: false } });
    const url = "http://127.0.0.1:9/hook";
    await (await connect(agent)).sendMessage(say("one", {}, { taskPushNotificationConfig: { url, token: "t" } }));
    expect(agent.violations).toEqual([expect.stringMatching(/declares no push/)]);
  });
});

describe("the pushes of a simulated agent", () => {
  test("are held, let go one by one, repeated and made by hand", async () => {
    const hook = await startHook();
    const agent = await startAgent(rpc03, () => [output("a", "done"), complete()]);
    agent.hold();
    const task = taskIn(
      await (await connect(agent)).sendMessage(say("go", {}, { taskPushNotificationConfig: { url: hook.url, token: "t1" } })),
    );
    expect([agent.waiting, hook.posts.length]).toEqual([3, 0]);
    await agent.release(1);
    expect([agent.waiting, hook.posts.length]).toEqual([2, 1]);
    await agent.release();
    expect(await agent.pushAgain(2)).toEqual([200, 200]);
    expect(hook.posts).toHaveLength(5);
    expect(await agent.pushFor(task.id, { text: "too late", state: "failed" })).toBe(200);
    expect(await agent.pushFor(task.id, { token: "wrong" })).toBe(200);
    expect(await agent.pushFor(task.id, { token: null, body: "{}", contentType: "text/plain" })).toBe(200);
    expect(await agent.pushFor("made-up", { url: hook.url })).toBe(200);
    const [late, wrong, bare, other] = hook.posts.slice(5);
    expect(late?.body).toMatchObject({ id: task.id, status: { state: "failed" }, artifacts: [{ parts: [{ text: "too late" }] }] });
    expect(late?.headers["x-a2a-notification-token"]).toBe("t1");
    expect(wrong?.headers["x-a2a-notification-token"]).toBe("wrong");
    expect([bare?.body, bare?.headers["content-type"], bare?.headers["x-a2a-notification-token"]]).toEqual([{}, "text/plain", undefined]);
    expect(other?.body).toMatchObject({ id: "made-up", status: { state: "completed" } });
    expect(agent.tasks()[0]).toMatchObject({ state: "completed", answer: "done" });
  });

  test("are steered by the script as well", async () => {
    const hook = await startHook();
    const agent = await startAgent(rpc10, () => [holdPushes(), working(), releasePushes(), complete("done"), repeatPush()]);
    await (await connect(agent)).sendMessage(say("go", {}, { taskPushNotificationConfig: { url: hook.url, token: "t" } }));
    await until(() => hook.posts.length === 4);
    const states = hook.posts.map(({ body }) => JSON.stringify(body).match(/TASK_STATE_(\w+)/)?.[1]);
    expect(states.slice(2)).toEqual(["COMPLETED", "COMPLETED"]);
  });

  test("carry what was registered: a scheme with credentials instead of the token in 1.0", async () => {
    const hook = await startHook();
    const agent = await startAgent(rpc10, () => [complete("done")]);
    const authentication = { scheme: "Bearer", credentials: "cred" };
    await (await connect(agent)).sendMessage(say("go", {}, { taskPushNotificationConfig: { url: hook.url, token: "t", authentication } }));
    await until(() => hook.posts.length === 2);
    expect(hook.posts[0]?.headers.authorization).toBe("Bearer cred");
    expect(hook.posts[0]?.headers["x-a2a-notification-token"]).toBeUndefined();
  });

  test("carry the token and no scheme in 0.3, as its SDK did", async () => {
    const hook = await startHook();
    const agent = await startAgent(rpc03, () => [complete("done")]);
    const authentication = { scheme: "Bearer", credentials: "cred" };
    await (await connect(agent)).sendMessage(say("go", {}, { taskPushNotificationConfig: { url: hook.url, token: "t", authentication } }));
    await until(() => hook.posts.length === 2);
    expect(hook.posts[0]?.headers["x-a2a-notification-token"]).toBe("t");
    expect(hook.posts[0]?.headers.authorization).toBeUndefined();
  });

  test("are not tried twice, and a dead webhook is status 0", async () => {
    const agent = await startAgent(rpc10, () => [complete("done")]);
    await (await connect(agent)).sendMessage(say("go", {}, { taskPushNotificationConfig: { url: "http://127.0.0.1:9/", token: "t" } }));
    await until(() => agent.pushes.length === 2);
    expect(agent.pushes.map((push) => push.status)).toEqual([0, 0]);
  });
});

describe("the life of a simulated agent", () => {
  test("a dead agent refuses, keeps its pushes and comes back at the same port with its tasks", async () => {
    const hook = await startHook();
    const gate = Promise.withResolvers<void>();
    const agent = await startAgent(rpc10, () => [working(), detach(), wait(gate.promise), complete("done")]);
    const client = await connect(agent);
    const task = taskIn(await client.sendMessage(say("go", {}, { taskPushNotificationConfig: { url: hook.url, token: "t" } })));
    await until(() => hook.posts.length === 2);
    await agent.kill();
    gate.resolve();
    await expect(client.sendMessage(say("anybody?"))).rejects.toThrow();
    await until(() => agent.tasks()[0]?.state === "completed");
    expect(hook.posts).toHaveLength(2);
    await agent.revive();
    await until(() => hook.posts.length === 3);
    expect(stateOf(await client.getTask({ id: task.id, tenant: "", historyLength: undefined }))).toBe("TASK_STATE_COMPLETED");
  });

  test("a dying agent cuts the calls that are open", async () => {
    const agent = await startAgent(rest10, () => [working(), wait(never)]);
    const streaming = collect((await connect(agent)).sendMessageStream(say("go")));
    await until(() => agent.tasks()[0]?.state === "working");
    await Promise.all([agent.kill(), expect(streaming).rejects.toThrow()]);
  });

  test("stop ends what waits, hangs or is silent", async () => {
    const agent = await startAgent(rpc10, (turn) => (turn.text === "silent" ? [silent()] : [working(), detach(), wait(never)]));
    const client = await connect(agent);
    await client.sendMessage(say("wait"));
    const silence = client.sendMessage(say("silent"));
    await until(() => agent.received[1]?.taken);
    await Promise.all([agent.stop(), expect(silence).rejects.toThrow()]);
  });

  test("stop ends a script that awaits what never comes", async () => {
    const agent = await startAgent(rpc10, async function* () {
      yield working();
      yield detach();
      await never;
    });
    await (await connect(agent)).sendMessage(say("go"));
    await agent.stop();
    expect(agent.tasks()[0]?.state).toBe("working");
  });

  test("a message that joins a running task does not take it away from the first", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await startAgent(rpc10, (turn) =>
      turn.joining ? [working(`noted ${turn.text}`), detach()] : [working(), detach(), wait(gate.promise), complete("done")],
    );
    const client = await connect(agent);
    const { id: taskId, contextId } = taskIn(await client.sendMessage(say("go")));
    const joined = taskIn(await client.sendMessage(say("faster", { taskId, contextId })));
    expect(stateOf(joined)).toBe("TASK_STATE_WORKING");
    gate.resolve();
    await until(() => agent.tasks()[0]?.state === "completed");
    expect(agent.violations).toEqual([]);
  });

  test("a script that throws ends the task as failed", async () => {
    const agent = await startAgent(rpc10, () => {
      throw new Error("boom");
    });
    expect(stateOf(taskIn(await (await connect(agent)).sendMessage(say("go"))))).toBe("TASK_STATE_FAILED");
    expect(agent.violations).toEqual([]);
  });

  test("a failed task says why", async () => {
    const agent = await startAgent(rest03, () => [fail("no disk left")]);
    const task = taskIn(await (await connect(agent)).sendMessage(say("go")));
    expect(stateOf(task)).toBe("TASK_STATE_FAILED");
    expect(agent.tasks()[0]?.answer).toBe("no disk left");
  });
});
