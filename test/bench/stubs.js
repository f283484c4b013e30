import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

/** Slack and an agent, as small as they can be: they answer at once and keep nothing but who waits for which post. */

export const secrets = { botToken: "xoxb-bench", signingSecret: "bench-signing-secret" };

/** The bytes of a request. */
async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function listen(server) {
  // Nobody is to pay for connections that were closed under them.
  server.keepAliveTimeout = 600_000;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

function answer(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
}

/** Slack's Web API. `posted(thread, text)` is told of each post. */
export async function startSlack(posted) {
  const methods = {
    "auth.test": () => ({ team_id: "T1", user_id: "UBOT", bot_id: "BBOT", user: "agent", team: "Acme", is_enterprise_install: false }),
    "users.info": ({ user }) => ({
      user: {
        id: user,
        team_id: "T1",
        name: user.toLowerCase(),
        real_name: `Person ${user}`,
        is_email_confirmed: true,
        profile: { display_name: `Person ${user}`, real_name: `Person ${user}`, email: `${user.toLowerCase()}@acme.test` },
      },
    }),
    "conversations.info": ({ channel }) => ({ channel: { id: channel, name: channel.toLowerCase(), is_channel: true } }),
    "chat.postMessage": ({ channel, thread_ts: thread, text = "", markdown_text: markdown = "", blocks = "" }) => {
      const ts = `${Math.floor(Date.now() / 1000)}.${String(Math.floor(Math.random() * 1e6)).padStart(6, "0")}`;
      posted(`${channel}:${thread}`, `${text}${markdown}${blocks}`);
      return { channel, ts, message: { ts } };
    },
  };
  const counts = new Map();
  const server = createServer(async (request, response) => {
    const raw = await read(request);
    const method = request.url.split("?")[0].replace("/api/", "");
    counts.set(method, (counts.get(method) ?? 0) + 1);
    const isJson = request.headers["content-type"]?.startsWith("application/json");
    const args = isJson ? JSON.parse(raw) : Object.fromEntries(new URLSearchParams(raw));
    answer(response, { ok: true, ...methods[method]?.(args) });
  });
  return { url: `${await listen(server)}/api/`, counts, stop: () => stop(server) };
}

/** An agent of A2A 1.0 over JSON-RPC that says back what it is told. `parks`: it takes the task and says nothing more. */
export async function startAgent({ parks }) {
  let url = "";
  /** Of the tasks that were taken. */
  const contexts = new Map();
  const toTask = (id, contextId) => ({ id, contextId, status: { state: "TASK_STATE_WORKING", timestamp: new Date().toISOString() } });
  const card = () => ({
    name: "bench",
    description: "Says back what it is told",
    version: "1.0.0",
    supportedInterfaces: [{ url: `${url}/rpc`, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
    capabilities: { streaming: false, pushNotifications: parks },
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [{ id: "echo", name: "Echo", description: "Says back", tags: ["bench"] }],
  });
  const server = createServer(async (request, response) => {
    if (request.method === "GET") return answer(response, card());
    const { id, method, params } = JSON.parse(await read(request));
    if (method === "GetTask") return answer(response, { jsonrpc: "2.0", id, result: toTask(params.id, contexts.get(params.id)) });
    if (method !== "SendMessage") return answer(response, { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } });
    const { message } = params;
    const contextId = message.contextId || randomUUID();
    const text = `You said: ${message.parts.map((part) => part.text ?? "").join("")}`;
    const taskId = randomUUID();
    if (parks) contexts.set(taskId, contextId);
    const result = parks
      ? { task: toTask(taskId, contextId) }
      : { message: { messageId: randomUUID(), contextId, role: "ROLE_AGENT", parts: [{ text }] } };
    answer(response, { jsonrpc: "2.0", id, result });
  });
  url = await listen(server);
  return { url, parked: () => contexts.size, stop: () => stop(server) };
}

function stop(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}
