import { afterEach, describe, expect, test } from "@jest/globals";
import type { Message } from "a2a-sdk-03";
import { ClientFactory } from "a2a-sdk-03/client";
import { complete, detach, output, wait, working } from "../../../src/simulator/agents/steps.ts";
import { until } from "../../support/until.ts";
import { closeAll, startAgent, startHook, wires } from "./support.ts";

afterEach(closeAll);

/** The client of that time must find in our 0.3 agent what it found in its own. */
describe.each([wires[2], wires[3]])("the 0.3 agent over $binding, with the client of the SDK of 0.3", (wire) => {
  const message = (text: string): Message => ({ kind: "message", messageId: `old-${text}`, role: "user", parts: [{ kind: "text", text }] });

  test("sends, streams, gets and is pushed to", async () => {
    const hook = await startHook();
    const gate = Promise.withResolvers<void>();
    const agent = await startAgent(wire, (turn) =>
      turn.text === "later"
        ? [working("on it"), detach(), wait(gate.promise), output("a", "done"), complete()]
        : [working("on it"), output("a", "Hello "), output("a", "world", { append: true }), complete()],
    );
    const factory = new ClientFactory();
    const client = await factory.createFromUrl(agent.url);
    const now = await client.sendMessage({ message: message("now") });
    expect(now).toMatchObject({ kind: "task", status: { state: "completed" } });

    const kinds: string[] = [];
    for await (const event of client.sendMessageStream({ message: message("stream") })) kinds.push(event.kind);
    expect(kinds).toEqual(["task", "status-update", "artifact-update", "artifact-update", "status-update"]);

    const pushNotificationConfig = { url: hook.url, token: "t", id: "c1" };
    const later = await client.sendMessage({
      message: message("later"),
      configuration: { acceptedOutputModes: [], pushNotificationConfig },
    });
    expect(later).toMatchObject({ kind: "task", status: { state: "working" } });
    gate.resolve();
    await until(() => hook.posts.length === 4);
    expect(hook.posts.at(-1)?.body).toMatchObject({ kind: "task", status: { state: "completed" }, artifacts: [{ artifactId: "a" }] });
    const id = later.kind === "task" ? later.id : "";
    expect(await client.getTask({ id })).toMatchObject({ kind: "task", id, status: { state: "completed" } });
    expect(agent.violations).toEqual([]);
  });
});
