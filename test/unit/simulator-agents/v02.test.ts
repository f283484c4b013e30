import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { A2AClient } from "a2a-sdk-02/client";
import type { VendorAgent } from "../../../src/simulator/agents/kit.ts";
import { complete, output, message as say, silent, working } from "../../../src/simulator/agents/steps.ts";
import { createV02Agent, type V02Options } from "../../../src/simulator/agents/v02.ts";
import { until } from "../../support/until.ts";
import { startPeer02 } from "./peer02.ts";
import { all, ask, type Caller, call, type Json, json, message } from "./raw.ts";
import { closeAll, closing } from "./support.ts";

afterEach(closeAll);

async function start(options: V02Options = {}): Promise<VendorAgent> {
  const agent = await createV02Agent(options);
  closing(() => agent.stop());
  return agent;
}

/** What the peer does, see `peer02.ts`. */
const asThePeer: V02Options["script"] = (turn) => {
  if (turn.text === "message") return [say("just words")];
  if (turn.text === "ask") return [{ kind: "status", state: "inputRequired", content: "which?" }];
  return [working("on it"), output("a", "Hello "), output("a", turn.text, { append: true, last: true }), complete()];
};

/** Ids become numbers in the order of their first appearance, times a T, an error its code. */
function normal(value: Json, names: Map<string, string>): Json {
  if (typeof value === "string" && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value)) {
    names.set(value, names.get(value) ?? `#${names.size}`);
    return names.get(value);
  }
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return "T";
  if (Array.isArray(value)) return value.map((one) => normal(one, names));
  if (typeof value !== "object" || value === null) return value;
  if ("error" in value) return { id: normal(value.id, names), error: value.error.code };
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, normal(one, names)]));
}

/** The same conversation with any agent; what it answered. */
async function talk(agent: Caller): Promise<readonly Json[]> {
  const heard: Json[] = [];
  const note = async (answer: Promise<Json>) => {
    heard.push(await answer);
    return heard.at(-1);
  };
  const first = await note(ask(agent, "message/send", { message: message("world") }));
  const { id, contextId } = first.result;
  const bare = await note(ask(agent, "message/send", { message: message("message") }));
  await note(ask(agent, "tasks/get", { id: bare.result.taskId }));
  await note(ask(agent, "tasks/get", { id }));
  await note(ask(agent, "tasks/get", { id, historyLength: 1 }));
  await note(ask(agent, "tasks/get", { id: "nobody" }));
  await note(ask(agent, "tasks/cancel", { id: "nobody" }));
  await note(ask(agent, "tasks/cancel", { id }));
  await note(ask(agent, "message/send", { message: message("more", { taskId: id, contextId }) }));
  await note(ask(agent, "message/send", { message: message("more", { taskId: "nobody" }) }));
  await note(ask(agent, "message/send", { message: message("world", { contextId }) }));
  const question = await note(ask(agent, "message/send", { message: message("ask") }));
  await note(
    ask(agent, "message/send", { message: message("this", { taskId: question.result.id, contextId: question.result.contextId }) }),
  );
  await note(ask(agent, "message/send", { message: message("world"), configuration: { blocking: false, acceptedOutputModes: [] } }));
  await note(ask(agent, "tasks/pushNotificationConfig/get", { id }));
  await note(ask(agent, "tasks/list", {}));
  await note(all(call(agent, "message/stream", { message: message("world") })));
  await note(all(call(agent, "message/stream", { message: message("message") })));
  await note(all(call(agent, "message/stream", { message: message("more", { taskId: id, contextId }) })));
  await note(all(call(agent, "tasks/resubscribe", { id })));
  await note(all(call(agent, "tasks/resubscribe", { id: "nobody" })));
  return heard;
}

describe("the 0.2 agent", () => {
  test("answers as the server of the SDK of 0.2 does, word for word", async () => {
    const silenced = jest.spyOn(console, "error").mockImplementation(() => undefined); // the peer prints what it refuses
    closing(async () => silenced.mockRestore());
    const agent = await start({ script: asThePeer });
    const peer = await startPeer02();
    const [ours, theirs] = [await talk(agent), await talk(peer)].map((heard) => heard.map((one) => normal(one, new Map())));
    expect(ours).toHaveLength(21);
    expect(ours).toEqual(theirs);
  });

  test("is what the client of the SDK of 0.2 can talk to", async () => {
    const agent = await start({ script: asThePeer });
    const client = new A2AClient(agent.url);
    const kinds: string[] = [];
    for await (const event of client.sendMessageStream({
      message: { ...message("world"), kind: "message", role: "user", parts: [{ kind: "text", text: "world" }] },
    }))
      kinds.push(event.kind);
    expect(kinds).toEqual(["task", "status-update", "artifact-update", "artifact-update", "status-update"]);
    const [task] = agent.tasks();
    expect(await client.getTask({ id: task?.id ?? "" })).toMatchObject({ result: { kind: "task", status: { state: "completed" } } });
    expect(agent.violations).toEqual([]);
  });

  test("shows its version, another or none on a card at agent.json", async () => {
    const versions = [undefined, "0.2.6", null].map(async (protocolVersion) => {
      const agent = await start(protocolVersion === undefined ? {} : { protocolVersion });
      const card = await json(fetch(agent.cardUrl));
      expect((await fetch(agent.cardUrl.replace("agent.json", "agent-card.json"))).status).toBe(404);
      expect(agent.violations).toEqual([]);
      return card.protocolVersion;
    });
    expect(await Promise.all(versions)).toEqual(["0.2.5", "0.2.6", undefined]);
  });

  test("cancels a task at work, and every open call hears of it", async () => {
    const agent = await start({ script: () => [working(), silent()] });
    const blocking = ask(agent, "message/send", { message: message("one") });
    const id = (await until(() => agent.tasks()[0])).id;
    const again = all(call(agent, "tasks/resubscribe", { id }));
    await until(() => agent.calls.length === 2);
    expect((await ask(agent, "tasks/cancel", { id })).result.status.state).toBe("canceled");
    expect((await blocking).result.status.state).toBe("canceled");
    expect((await again).at(-1).result).toMatchObject({ kind: "status-update", status: { state: "canceled" }, final: true });
  });

  test("holds wrong ids, a second sending, a webhook and 1.0 against the caller", async () => {
    const agent = await start({ script: () => [complete("ok")] });
    const twice = message("one");
    await ask(agent, "message/send", { message: twice });
    await ask(agent, "message/send", { message: twice });
    await ask(agent, "message/send", { message: message("two", { contextId: "made-up" }) });
    await ask(agent, "message/send", { message: message("three", { taskId: agent.tasks()[0]?.id }) });
    await ask(agent, "message/send", {
      message: message("four"),
      configuration: { pushNotificationConfig: { url: "http://127.0.0.1/x" } },
    });
    await ask(agent, "SendMessage", { message: message("five") });
    await ask(agent, "message/send", { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "six" }] } });
    expect(agent.violations).toEqual([
      expect.stringContaining("sent again"),
      expect.stringContaining("unknown context made-up"),
      expect.stringContaining("has ended"),
      expect.stringContaining("webhook"),
      "SendMessage is no method of 0.2",
      expect.stringContaining("message.kind"),
      expect.stringContaining("message.role"),
      expect.stringContaining("message.parts"),
    ]);
    expect(agent.countByMessageId().get(twice.messageId)).toBe(2);
  });
});
