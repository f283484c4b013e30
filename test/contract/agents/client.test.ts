import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RemoteAgent } from "../../../src/agents/client.ts";
import { decodePush, presentedCredentials } from "../../../src/agents/push.ts";
import type { AgentClient, AgentEvent, AgentRequest } from "../../../src/model/agent.ts";
import { until } from "../../support/until.ts";
import { ScriptedAgent } from "./script.ts";
import { type Lack, servers } from "./servers.ts";
import { all, clientFor, errorOf, type Listening, listen, never, shown, taskOf } from "./support.ts";

/** The SDK's servers write to the console what they refuse. */
beforeAll(() => {
  for (const name of ["info", "warn", "error"] as const) console[name] = () => undefined;
});

describe.each(servers)("an agent that speaks $name", ({ start, lacks, config, whole, dialect }) => {
  const agent = new ScriptedAgent();
  /** What the system itself lacks is left out, and shows as skipped. */
  const testWith = (...needs: readonly Lack[]) => (needs.some((need) => lacks.includes(need)) ? test.skip : test);
  let server: { readonly url: string; close(): Promise<void> };
  let streaming: RemoteAgent;
  let blocking: AgentClient;
  let pushing: AgentClient;
  let receiver: Receiver;

  beforeAll(async () => {
    server = await start(agent);
    receiver = await startReceiver();
    streaming = clientFor({ ...config, url: server.url });
    blocking = clientFor({ ...config, url: server.url, delivery: [whole] });
    pushing = clientFor({ ...config, url: server.url, delivery: ["push"] });
  });
  afterAll(async () => {
    await receiver.close();
    await server.close();
  });

  test("is known by its card", async () => {
    expect((await streaming.describe(never)).dialect).toBe(dialect);
  });

  let counter = 0;
  const ask = (text: string, more: Partial<AgentRequest> = {}): AgentRequest => {
    counter += 1;
    return { messageId: `m-${counter}`, text, metadata: {}, ...more };
  };

  testWith("message")("answers with a message: the output and its end", async () => {
    for (const client of [streaming, blocking]) {
      const events = await all(client.send(ask("message"), never));

      expect(events.map((event) => event.kind)).toEqual(["output", "ended"]);
      expect(shown(events)).toBe("just words");
      expect(events[0]?.mark).toBeDefined();
    }
  });

  testWith("whole")("answers a blocking call with a task: the artifact as a whole and its end", async () => {
    const events = await all(blocking.send(ask("stream"), never));

    expect(events).toMatchObject([
      { kind: "output", append: false, parts: [{ kind: "text", text: "Hello world" }] },
      { kind: "ended", outcome: "completed", parts: [] },
    ]);
    expect(taskOf(events).taskId).toBe(agent.turns.at(-1)?.taskId);
  });

  testWith("chunks")("streams chunks, of which the later ones continue the first", async () => {
    const events = await all(streaming.send(ask("stream"), never));

    expect(events).toContainEqual(expect.objectContaining({ kind: "working", text: "thinking" }));
    expect(events.filter((event) => event.kind === "output").map((event) => event.append)).toEqual([false, true]);
    expect(shown(events)).toBe("Hello world");
    expect(events.at(-1)).toMatchObject({ kind: "ended", outcome: "completed" });
  });

  testWith("input")("asks for input and goes on in the same task", async () => {
    for (const client of [streaming, blocking]) {
      const question = await all(client.send(ask("ask"), never));
      expect(question.at(-1)).toMatchObject({ kind: "inputRequired", parts: [{ kind: "text", text: "which device?" }] });
      const task = taskOf(question);

      const events = await all(client.send(ask("the blue one", task), never));

      expect(shown(events)).toBe("got: the blue one");
      expect(events.at(-1)).toMatchObject({ kind: "ended", outcome: "completed", taskId: task.taskId });
      expect(agent.turns.at(-1)).toMatchObject({ taskId: task.taskId, contextId: task.contextId, continued: true });
    }
  });

  testWith("signIn")("says that it failed, and that somebody must sign in", async () => {
    expect((await all(blocking.send(ask("fail"), never))).at(-1)).toMatchObject({
      kind: "ended",
      outcome: "failed",
      parts: [{ kind: "text", text: "boom" }],
    });
    expect((await all(streaming.send(ask("auth"), never))).at(-1)).toMatchObject({ kind: "authRequired" });
  });

  test("may put the answer into its closing words", async () => {
    expect(shown(await all(blocking.send(ask("last words"), never)))).toBe("in the status");
  });

  test("cancels a task: the stream ends with it, and the call tells it", async () => {
    const events: AgentEvent[] = [];
    let canceled: AgentEvent | undefined;
    for await (const event of streaming.send(ask("hold"), never)) {
      events.push(event);
      if (event.kind === "output") canceled = await streaming.cancel(taskOf(events), never);
    }

    expect(events.at(-1)).toMatchObject({ kind: "ended", outcome: "canceled" });
    if (!lacks.includes("canceled")) expect(canceled).toMatchObject({ kind: "ended", outcome: "canceled" });
  });

  testWith("push")("pushes to the address that went with the message, and the push decodes", async () => {
    const push = { url: `${receiver.origin}/hook`, token: "s3cret-token" };
    const events = await all(pushing.send(ask("stream", { push }), never));
    expect(events.every((event) => event.kind === "working" || event.kind === "output")).toBe(true);
    const task = taskOf(events);

    await until(() => receiver.pushes.find((seen) => seen.events.some((event) => event.kind === "ended" && event.taskId === task.taskId)));

    const mine = receiver.pushes.filter((seen) => seen.events.some((event) => event.taskId === task.taskId));
    expect(mine.every((seen) => seen.credentials.includes("s3cret-token"))).toBe(true);
    expect(shown(mine.flatMap((seen) => seen.events))).toBe("Hello world");
    expect(mine.at(-1)?.events.at(-1)).toMatchObject({ kind: "ended", contextId: task.contextId, mark: expect.anything() });
  });

  test("a task is taken up again by resubscribing, and nothing is missing", async () => {
    const { task } = await leaveEarly(streaming, ask("hold"));
    const events: AgentEvent[] = [];
    for await (const event of streaming.resume(task, never)) {
      events.push(event);
      if (event.kind === "working") agent.release(task.taskId);
    }

    expect(shown(events)).toBe("one two");
    expect(events.at(-1)).toMatchObject({ kind: "ended", outcome: "completed" });
  });

  test("a task is taken up again by getting it", async () => {
    const { task } = await leaveEarly(streaming, ask("hold"));
    const getting = clientFor({ ...config, url: server.url, operations: { resubscribe: false } });
    const before = await all(getting.resume(task, never));
    expect(before.at(-1)?.kind).toBe("working");
    agent.release(task.taskId);

    const after = await until(async () => {
      const events = await all(getting.resume(task, never));
      return events.at(-1)?.kind === "ended" ? events : undefined;
    });

    expect(shown(after)).toBe("one two");
  });

  testWith("end")("a finished task is told whole, and a message into it says that it is gone", async () => {
    const task = taskOf(await all(streaming.send(ask("stream"), never)));

    expect(shown(await all(streaming.resume(task, never)))).toBe("Hello world");
    for (const client of [streaming, blocking]) expect((await errorOf(all(client.send(ask("more", task), never)))).kind).toBe("taskGone");
  });

  test("an unknown task is gone, whatever is asked of it", async () => {
    const task = { taskId: "00000000-0000-4000-8000-000000000000" };

    expect((await errorOf(all(streaming.resume(task, never)))).kind).toBe("taskGone");
    if (!lacks.includes("serverIds")) expect((await errorOf(all(blocking.send(ask("more", task), never)))).kind).toBe("taskGone");
    expect((await errorOf(streaming.cancel(task, never))).kind).toBe("taskGone");
  });

  testWith("context")("begins a new task in the same context after a finished one", async () => {
    const { taskId, contextId = "" } = taskOf(await all(blocking.send(ask("one"), never)));

    const events = await all(blocking.send(ask("two", { contextId, referenceTaskIds: [taskId] }), never));

    expect(taskOf(events).contextId).toBe(contextId);
    expect(taskOf(events).taskId).not.toBe(taskId);
  });

  test("finds the task of a message where tasks can be listed", async () => {
    const request = ask("one");
    const task = taskOf(await all(blocking.send(request, never)));
    expect((await blocking.abilities(never)).list).toBe(!lacks.includes("list"));

    const found = blocking.find(request.messageId, task.contextId ?? "", never);

    if (lacks.includes("list")) return expect((await errorOf(found)).kind).toBe("unsupported");
    expect(await found).toEqual(task);
    expect(await blocking.find("nobody's", task.contextId ?? "", never)).toBeUndefined();
  });
});

/** Reads a stream up to its first output and leaves it. */
async function leaveEarly(client: AgentClient, request: AgentRequest) {
  const events: AgentEvent[] = [];
  for await (const event of client.send(request, never)) {
    events.push(event);
    if (event.kind === "output") break;
  }
  return { task: taskOf(events) };
}

interface Receiver extends Listening {
  readonly pushes: { readonly credentials: readonly string[]; readonly events: readonly AgentEvent[] }[];
}

async function startReceiver(): Promise<Receiver> {
  const pushes: Receiver["pushes"] = [];
  const server = await listen(() => async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    const { authorization, "x-a2a-notification-token": token } = request.headers;
    const headers = { authorization, "x-a2a-notification-token": String(token) };
    pushes.push({ credentials: presentedCredentials(headers), events: decodePush(JSON.parse(body)) });
    response.writeHead(200).end();
  });
  return { ...server, pushes };
}
