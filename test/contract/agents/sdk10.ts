import { AgentCard, Message, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent } from "@a2a-js/sdk";
import { duplicateInterfacesForLegacy } from "@a2a-js/sdk/compat/v0_3";
import { createLegacyAwarePushNotificationSender } from "@a2a-js/sdk/compat/v0_3/server";
import {
  AgentEvent,
  type AgentExecutionEvent,
  type AgentExecutor,
  DefaultPushNotificationSender,
  DefaultRequestHandler,
  InMemoryPushNotificationStore,
  InMemoryTaskStore,
} from "@a2a-js/sdk/server";
import { agentCardHandler, jsonRpcHandler, restHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import express, { type Express } from "express";
import type { ScriptedAgent, State, Step, Turn } from "./script.ts";

/** The scripted agent behind the SDK's own 1.0 server; with `legacy` it speaks 0.3 too, as 1.3.0 does it. */
export function createApp10(agent: ScriptedAgent, origin: () => string, binding: string, legacy: boolean): Express {
  const app = express();
  // The address is known once the server listens, and the card must name it.
  let ready: Express | undefined;
  app.use((request, response, next) => {
    ready ??= routes(agent, origin(), binding, legacy);
    ready(request, response, next);
  });
  return app;
}

function routes(agent: ScriptedAgent, origin: string, binding: string, legacy: boolean): Express {
  const app = express();
  const own = [
    { url: `${origin}/${binding === "JSONRPC" ? "rpc" : "rest"}`, protocolBinding: binding, protocolVersion: "1.0", tenant: "" },
  ];
  const interfaces = legacy ? duplicateInterfacesForLegacy(own, [binding]) : own;
  const card = AgentCard.fromJSON({
    name: "scripted",
    description: "",
    version: "1",
    capabilities: { streaming: true, pushNotifications: true },
    supportedInterfaces: interfaces,
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [],
  });
  const pushes = new InMemoryPushNotificationStore();
  const sender = legacy ? createLegacyAwarePushNotificationSender(pushes) : new DefaultPushNotificationSender(pushes);
  const handler = new DefaultRequestHandler(card, new InMemoryTaskStore(), toExecutor(agent), undefined, pushes, sender);
  const common = { requestHandler: handler, userBuilder: UserBuilder.noAuthentication, legacyCompat: { enabled: legacy } };
  // A legacy client reads the legacy interfaces alone.
  const shown = legacy
    ? async () => ({ ...card, supportedInterfaces: interfaces.filter((entry) => entry.protocolVersion !== "1.0") })
    : handler;
  app.use("/.well-known/agent-card.json", agentCardHandler({ agentCardProvider: shown, legacyCompat: { enabled: legacy } }));
  app.use("/rpc", jsonRpcHandler(common));
  app.use("/rest", restHandler(common));
  return app;
}

function toExecutor(agent: ScriptedAgent): AgentExecutor {
  return {
    async execute(context, bus) {
      const [part] = context.userMessage.parts;
      const text = part?.content?.$case === "text" ? part.content.value : "";
      const { taskId, contextId, task } = context;
      const turn: Turn = { taskId, contextId, text, messageId: context.userMessage.messageId, continued: task !== undefined };
      for await (const step of agent.play(turn)) bus.publish(toEvent(step, turn, task, context.userMessage));
      bus.finished();
    },
    async cancelTask(taskId) {
      agent.cancel(taskId);
    },
  };
}

function toEvent(step: Step, turn: Turn, task: Task | undefined, message: Message): AgentExecutionEvent {
  const ids = { taskId: turn.taskId, contextId: turn.contextId };
  switch (step.kind) {
    case "message":
      return AgentEvent.message(said(step.text, turn, false));
    case "task":
      return AgentEvent.task({
        ...Task.fromJSON({ id: turn.taskId, contextId: turn.contextId, status: { state: wire(step.state), timestamp: now() } }),
        artifacts: task?.artifacts ?? [],
        history: [...(task?.history ?? []), message],
      });
    case "status": {
      const update = TaskStatusUpdateEvent.fromJSON({ ...ids, status: { state: wire(step.state), timestamp: now() } });
      const words = step.text === undefined ? undefined : said(step.text, turn, true);
      return AgentEvent.statusUpdate({ ...update, status: update.status && { ...update.status, message: words } });
    }
    case "chunk": {
      const artifact = { artifactId: "answer", parts: [{ text: step.text }] };
      return AgentEvent.artifactUpdate(TaskArtifactUpdateEvent.fromJSON({ ...ids, artifact, append: step.append, lastChunk: step.last }));
    }
  }
}

function said(text: string, turn: Turn, inTask: boolean): Message {
  const taskId = inTask ? turn.taskId : "";
  return Message.fromJSON({ messageId: crypto.randomUUID(), contextId: turn.contextId, taskId, role: "ROLE_AGENT", parts: [{ text }] });
}

function wire(state: State): string {
  return `TASK_STATE_${state.replace("-", "_").toUpperCase()}`;
}

function now(): string {
  return new Date().toISOString();
}
