import { afterEach, describe, expect, test } from "@jest/globals";
import { complete, detach, inputRequired, message, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import { until } from "../../support/until.ts";
import { answerOf, closeAll, collect, connect, say, startAgent, startHook, stateOf, taskIn, wires, wordsOf } from "./support.ts";

afterEach(closeAll);

const pushTo = (protocol: string, url: string) => ({ taskPushNotificationConfig: { url, token: "tok-1", id: `of ${protocol}` } });

describe.each(wires)("the simulated agent over $protocol $binding, with the SDK's client", (wire) => {
  test("answers with a bare message", async () => {
    const agent = await startAgent(wire, (turn) => [message(`you said ${turn.text}`)]);
    const client = await connect(agent);
    const result = await client.sendMessage(say("good day"));
    expect("messageId" in result && result.parts[0]?.content?.value).toBe("you said good day");
    expect(client.protocolVersion).toBe(wire.protocol);
    expect(agent.violations).toEqual([]);
  });

  test("answers a blocking call with the finished task", async () => {
    const agent = await startAgent(wire, (turn) => [
      working("thinking"),
      output("a", "Hello "),
      output("a", turn.text, { append: true }),
      complete(),
    ]);
    const task = taskIn(await (await connect(agent)).sendMessage(say("world")));
    expect(stateOf(task)).toBe("TASK_STATE_COMPLETED");
    expect(answerOf(task)).toBe("Hello world");
    expect(agent.tasks()).toEqual([{ id: task.id, contextId: task.contextId, state: "completed", answer: "Hello world" }]);
    expect(agent.violations).toEqual([]);
  });

  test("streams each step before the next begins", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await startAgent(wire, async function* () {
      yield working("thinking");
      yield output("a", "Hello ");
      await gate.promise;
      yield output("a", "world", { append: true, last: true });
      yield complete();
    });
    const client = await connect(agent);
    const kinds: (string | undefined)[] = [];
    for await (const event of client.sendMessageStream(say("go"))) {
      kinds.push(event.payload?.$case);
      if (kinds.length === 3) gate.resolve();
    }
    expect(kinds).toEqual(["task", "statusUpdate", "artifactUpdate", "artifactUpdate", "statusUpdate"]);
    expect(agent.tasks()[0]).toMatchObject({ state: "completed", answer: "Hello world" });
    expect(agent.received[0]).toMatchObject({ operation: "stream", taken: true });
    expect(agent.violations).toEqual([]);
  });

  test("leaves a blocking call early and pushes the rest in the shape of its protocol", async () => {
    const hook = await startHook();
    const gate = Promise.withResolvers<void>();
    const agent = await startAgent(wire, () => [working("on it"), detach(), wait(gate.promise), output("a", "done"), complete()]);
    const client = await connect(agent);
    const task = taskIn(await client.sendMessage(say("go", {}, pushTo(wire.protocol, hook.url))));
    expect([stateOf(task), wordsOf(task)]).toEqual(["TASK_STATE_WORKING", "on it"]);
    gate.resolve();
    const { posts } = hook;
    // It knows of an answer a moment after the hook has given it.
    await until(() => agent.pushes.length === 4);
    for (const post of posts) expect(post.headers["x-a2a-notification-token"]).toBe("tok-1");
    const last = posts.at(-1);
    if (wire.protocol === "1.0") {
      expect(posts.map((post) => Object.keys(post.body)[0])).toEqual(["task", "statusUpdate", "artifactUpdate", "statusUpdate"]);
      expect(last?.body).toMatchObject({ statusUpdate: { taskId: task.id, status: { state: "TASK_STATE_COMPLETED" } } });
    } else {
      expect(posts.map((post) => post.body.kind)).toEqual(["task", "task", "task", "task"]);
      expect(last?.body).toMatchObject({
        id: task.id,
        status: { state: "completed" },
        artifacts: [{ parts: [{ kind: "text", text: "done" }] }],
      });
    }
    expect(agent.pushes.map((push) => push.status)).toEqual([200, 200, 200, 200]);
    expect(agent.received[0]).toMatchObject({ pushUrl: hook.url, pushToken: "tok-1" });
    expect(agent.violations).toEqual([]);
  });

  test("ends a stream early and goes on by itself", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await startAgent(wire, () => [working("on it"), detach(), wait(gate.promise), output("a", "done"), complete()]);
    const events = await collect((await connect(agent)).sendMessageStream(say("go")));
    expect(events.map((event) => event.payload?.$case)).toEqual(["task", "statusUpdate"]);
    gate.resolve();
    await until(() => agent.tasks()[0]?.state === "completed");
    expect(agent.tasks()[0]?.answer).toBe("done");
  });

  test("asks, and takes the next message of the same task as the answer", async () => {
    const agent = await startAgent(wire, (turn) =>
      turn.question === undefined ? [working(), inputRequired("which one?")] : [output("a", `${turn.question} ${turn.text}`), complete()],
    );
    const client = await connect(agent);
    const asked = taskIn(await client.sendMessage(say("repair it")));
    expect([stateOf(asked), wordsOf(asked)]).toEqual(["TASK_STATE_INPUT_REQUIRED", "which one?"]);
    const done = taskIn(await client.sendMessage(say("the red one", { taskId: asked.id, contextId: asked.contextId })));
    expect(done.id).toBe(asked.id);
    expect([stateOf(done), answerOf(done)]).toEqual(["TASK_STATE_COMPLETED", "which one? the red one"]);
    expect(agent.violations).toEqual([]);
  });

  test("cancels a running task", async () => {
    const agent = await startAgent(wire, () => [
      working("on it"),
      detach(),
      wait(Promise.withResolvers<void>().promise),
      complete("never"),
    ]);
    const client = await connect(agent);
    const task = taskIn(await client.sendMessage(say("go")));
    expect(stateOf(await client.cancelTask({ id: task.id, tenant: "", metadata: undefined }))).toBe("TASK_STATE_CANCELED");
    expect(agent.tasks()[0]?.state).toBe("canceled");
  });

  test("gives a task again, and takes a subscriber in the middle of it", async () => {
    const gate = Promise.withResolvers<void>();
    const agent = await startAgent(wire, () => [
      output("a", "half "),
      detach(),
      wait(gate.promise),
      output("a", "whole", { append: true }),
      complete(),
    ]);
    const client = await connect(agent);
    const task = taskIn(await client.sendMessage(say("go")));
    expect(answerOf(await client.getTask({ id: task.id, tenant: "", historyLength: undefined }))).toBe("half ");
    const kinds: (string | undefined)[] = [];
    for await (const event of client.resubscribeTask({ id: task.id, tenant: "" })) {
      kinds.push(event.payload?.$case);
      gate.resolve();
    }
    expect(kinds).toEqual(["task", "artifactUpdate", "statusUpdate"]);
    expect(answerOf(await client.getTask({ id: task.id, tenant: "", historyLength: undefined }))).toBe("half whole");
    expect(agent.violations).toEqual([]);
  });

  test("lists its tasks in 1.0, and knows no list before", async () => {
    const agent = await startAgent(wire, () => [complete("done")]);
    const client = await connect(agent);
    const request = say("go");
    const task = taskIn(await client.sendMessage(request));
    const listed = client.listTasks({ contextId: task.contextId, tenant: "", status: 0, pageToken: "", statusTimestampAfter: undefined });
    if (wire.protocol === "0.3") await expect(listed).rejects.toThrow();
    else {
      const { tasks } = await listed;
      expect(tasks[0]?.history.map((said) => said.messageId)).toContain(request.message?.messageId);
    }
  });

  test("does not do what it was told not to do", async () => {
    const modes = { streaming: false, push: false, get: false, list: false, cancel: false };
    const agent = await startAgent(wire, () => [working(), detach(), wait(Promise.withResolvers<void>().promise)], { modes });
    const client = await connect(agent);
    const task = taskIn(await client.sendMessage(say("go")));
    await expect(client.getTask({ id: task.id, tenant: "", historyLength: undefined })).rejects.toThrow();
    await expect(client.cancelTask({ id: task.id, tenant: "", metadata: undefined })).rejects.toThrow();
    await expect(collect(client.resubscribeTask({ id: task.id, tenant: "" }))).rejects.toThrow();
    expect((await client.getAgentCard()).capabilities).toMatchObject({ streaming: false, pushNotifications: false });
  });
});
