import type { Message, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from "a2a-sdk-02";
import { A2AExpressApp, type AgentExecutor, DefaultRequestHandler, InMemoryTaskStore } from "a2a-sdk-02/server";
import express, { type Express } from "express";
import type { ScriptedAgent, Step, Turn } from "./script.ts";

/** The scripted agent behind the SDK's own 0.2 server: its card is at `agent.json` and names no version. */
export function createApp02(agent: ScriptedAgent, origin: () => string): Express {
  const app = express();
  let ready: Express | undefined;
  app.use((request, response, next) => {
    ready ??= routes(agent, origin());
    ready(request, response, next);
  });
  return app;
}

function routes(agent: ScriptedAgent, origin: string): Express {
  const card = {
    name: "scripted",
    description: "",
    version: "1",
    url: `${origin}/`,
    capabilities: { streaming: true },
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [],
  };
  const app = express();
  // It was typed against another express.
  const server: { setupRoutes(app: unknown, base: string): unknown } = new A2AExpressApp(
    new DefaultRequestHandler(card, new InMemoryTaskStore(), toExecutor(agent)),
  );
  server.setupRoutes(app, "");
  return app;
}

function toExecutor(agent: ScriptedAgent): AgentExecutor {
  return {
    async execute({ userMessage, taskId, contextId, task }, bus) {
      const [part] = userMessage.parts;
      const text = part?.kind === "text" ? part.text : "";
      const turn: Turn = { taskId, contextId, text, messageId: userMessage.messageId, continued: task !== undefined };
      for await (const step of agent.play(turn)) bus.publish(toEvent(step, turn, task, userMessage));
      bus.finished();
    },
    async cancelTask(taskId) {
      agent.cancel(taskId);
    },
  };
}

function toEvent(
  step: Step,
  turn: Turn,
  task: Task | undefined,
  message: Message,
): Message | Task | TaskStatusUpdateEvent | TaskArtifactUpdateEvent {
  const { taskId, contextId } = turn;
  const timestamp = new Date().toISOString();
  switch (step.kind) {
    case "message":
      return said(step.text, contextId);
    case "task": {
      const history = [...(task?.history ?? []), message];
      return { kind: "task", id: taskId, contextId, status: { state: step.state, timestamp }, artifacts: task?.artifacts ?? [], history };
    }
    case "status": {
      const words = step.text === undefined ? {} : { message: { ...said(step.text, contextId), taskId } };
      const final = step.state !== "working";
      return { kind: "status-update", taskId, contextId, status: { state: step.state, timestamp, ...words }, final };
    }
    case "chunk": {
      const artifact = { artifactId: "answer", parts: [{ kind: "text" as const, text: step.text }] };
      return { kind: "artifact-update", taskId, contextId, artifact, append: step.append, lastChunk: step.last };
    }
  }
}

function said(text: string, contextId: string): Message {
  return { kind: "message", messageId: crypto.randomUUID(), role: "agent", parts: [{ kind: "text", text }], contextId };
}
