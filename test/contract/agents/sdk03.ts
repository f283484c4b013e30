import type { AgentCard, Artifact, Message, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from "a2a-sdk-03";
import {
  type AgentExecutor,
  DefaultPushNotificationSender,
  DefaultRequestHandler,
  InMemoryPushNotificationStore,
  InMemoryTaskStore,
} from "a2a-sdk-03/server";
import { agentCardHandler, jsonRpcHandler, restHandler, UserBuilder } from "a2a-sdk-03/server/express";
import express, { type Express } from "express";
import type { ScriptedAgent, Step, Turn } from "./script.ts";

/** The scripted agent behind the SDK's own 0.3 server. */
export function createApp03(agent: ScriptedAgent, origin: () => string, binding: string): Express {
  const app = express();
  let ready: Express | undefined;
  app.use((request, response, next) => {
    ready ??= routes(agent, origin(), binding);
    ready(request, response, next);
  });
  return app;
}

function routes(agent: ScriptedAgent, origin: string, binding: string): Express {
  const app = express();
  const card: AgentCard = {
    name: "scripted",
    description: "",
    version: "1",
    protocolVersion: "0.3.0",
    url: `${origin}/${binding === "JSONRPC" ? "rpc" : "rest"}`,
    preferredTransport: binding,
    capabilities: { streaming: true, pushNotifications: true },
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [],
  };
  const pushes = new InMemoryPushNotificationStore();
  const sender = new DefaultPushNotificationSender(pushes);
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), toExecutor(agent), undefined, pushes, sender);
  const common = { requestHandler: handler, userBuilder: UserBuilder.noAuthentication };
  app.use("/.well-known/agent-card.json", agentCardHandler({ agentCardProvider: handler }));
  app.use("/rpc", jsonRpcHandler(common));
  app.use("/rest", restHandler(common));
  return app;
}

function toExecutor(agent: ScriptedAgent): AgentExecutor {
  return {
    async execute(context, bus) {
      const [part] = context.userMessage.parts;
      const { taskId, contextId, task } = context;
      const text = part?.kind === "text" ? part.text : "";
      const turn: Turn = { taskId, contextId, text, messageId: context.userMessage.messageId, continued: task !== undefined };
      for await (const step of agent.play(turn)) bus.publish(toEvent(step, turn, task, context.userMessage));
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
  switch (step.kind) {
    case "message":
      return said(step.text, turn, false);
    case "task": {
      const status = { state: step.state, timestamp: now() };
      const artifacts = task?.artifacts ?? [];
      return { kind: "task", id: taskId, contextId, status, artifacts, history: [...(task?.history ?? []), message] };
    }
    case "status": {
      const words = step.text === undefined ? {} : { message: said(step.text, turn, true) };
      const final = step.state !== "working";
      return { kind: "status-update", taskId, contextId, status: { state: step.state, timestamp: now(), ...words }, final };
    }
    case "chunk": {
      const artifact: Artifact = { artifactId: "answer", parts: [{ kind: "text", text: step.text }] };
      return { kind: "artifact-update", taskId, contextId, artifact, append: step.append, lastChunk: step.last };
    }
  }
}

function said(text: string, turn: Turn, inTask: boolean): Message {
  const ids = { contextId: turn.contextId, ...(inTask && { taskId: turn.taskId }) };
  return { kind: "message", messageId: crypto.randomUUID(), role: "agent", parts: [{ kind: "text", text }], ...ids };
}

function now(): string {
  return new Date().toISOString();
}
