// VoltAgent's own A2A server (like 0.3 over JSON-RPC: tasks without `kind`, whole tasks as stream events, no push).
// Its agent counts the turns of a conversation; "fail" makes it throw.
import "./offline.js";
import { A2AServer } from "@voltagent/a2a-server";
import express from "express";
import { host } from "./host.js";

const turns = new Map();
function answer(text, { conversationId }) {
  if (text === "fail") throw new Error("boom");
  turns.set(conversationId, (turns.get(conversationId) ?? 0) + 1);
  return [`turn ${turns.get(conversationId)}`, `: ${text}`];
}

const agent = {
  ...{ id: "counting", name: "counting", purpose: "counts the turns", instructions: "", getTools: () => [], getToolsForApi: () => [] },
  generateText: async (text, options) => ({ text: answer(text, options).join(""), finishReason: "stop" }),
  streamText: async (text, options) => ({ textStream: answer(text, options)[Symbol.iterator](), finishReason: Promise.resolve("stop") }),
};

const server = new A2AServer({ id: "peers", name: "peers", version: "1.0.0", agents: { counting: agent } });
server.initialize({ agentRegistry: { getAgent: () => agent, getAllAgents: () => [agent] } });

const app = express().use(express.json());
app.get("/.well-known/agent-card.json", ({ host: name }, response) => {
  response.json(server.getAgentCard(agent.id, { requestUrl: `http://${name}/` }));
});
app.post("/a2a/:agent", async ({ params, body }, response) => {
  const answered = await server.handleRequest(params.agent, body);
  if (answered.kind !== "stream") return response.json(answered);
  response.set("content-type", "text/event-stream");
  for await (const event of answered.stream) response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.end();
});
await host(() => app);
