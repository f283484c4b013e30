import { randomUUID } from "node:crypto";
import type { Message, Task, TaskStatusUpdateEvent } from "a2a-sdk-02";
import { A2AExpressApp, type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore } from "a2a-sdk-02/server";
import express from "express";
import { listen } from "../../../src/simulator/agents/listener.ts";
import { closing } from "./support.ts";

/** An agent whose server is that of the SDK of 0.2. It says a message, asks back, or answers in two pieces. */
export async function startPeer02(): Promise<{ readonly endpoint: string }> {
  const card = {
    name: "peer",
    description: "a peer",
    url: "http://127.0.0.1",
    version: "1",
    capabilities: { streaming: true },
    defaultInputModes: [],
    defaultOutputModes: [],
    skills: [],
  };
  const app = express();
  // It was typed against another express.
  const peer: { setupRoutes(app: unknown, base: string): unknown } = new A2AExpressApp(
    new DefaultRequestHandler(card, new InMemoryTaskStore(), executor),
  );
  peer.setupRoutes(app, "");
  const listener = await listen(app, 0);
  closing(() => listener.kill());
  return { endpoint: `${listener.url}/` };
}

const executor: AgentExecutor = {
  async execute({ userMessage, taskId, contextId, task }, bus) {
    const ids = { taskId, contextId };
    const [part] = userMessage.parts;
    const text = part?.kind === "text" ? part.text : "";
    const message = (words: string): Message => ({
      kind: "message",
      messageId: randomUUID(),
      role: "agent",
      parts: [{ kind: "text", text: words }],
      ...ids,
    });
    const status = (state: Task["status"]["state"], words?: string): TaskStatusUpdateEvent => ({
      kind: "status-update",
      ...ids,
      status: { state, ...(words === undefined ? {} : { message: message(words) }), timestamp: new Date().toISOString() },
      final: state !== "working",
    });
    const piece = (words: string, append: boolean) => ({
      kind: "artifact-update" as const,
      ...ids,
      artifact: { artifactId: "a", name: "a", parts: [{ kind: "text" as const, text: words }] },
      append,
      lastChunk: append,
    });
    if (text === "message") return bus.publish(message("just words"));
    const timestamp = new Date().toISOString();
    const state = task ? "working" : "submitted";
    const history = [...(task?.history ?? []), userMessage];
    bus.publish({ kind: "task", id: taskId, contextId, status: { state, timestamp }, artifacts: task?.artifacts ?? [], history });
    if (text === "ask") return bus.publish(status("input-required", "which?"));
    bus.publish(status("working", "on it"));
    bus.publish(piece("Hello ", false));
    bus.publish(piece(text, true));
    bus.publish(status("completed"));
  },
  cancelTask: async () => undefined,
};
