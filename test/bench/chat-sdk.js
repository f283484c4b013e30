import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createSlackAdapter } from "@chat-adapter/slack";
import { createMemoryState } from "@chat-adapter/state-memory";
import { Chat } from "chat";
import { Agent, request } from "undici";

/** The same on Vercel's Chat SDK with its memory state, as its documentation shows: subscribed, with a sign of work, Markdown posted. */
const { SLACK_API, AGENT, TOKEN, SECRET } = process.env;
const dispatcher = new Agent({ connections: 64 });
const bot = new Chat({
  userName: "agent",
  adapters: { slack: createSlackAdapter({ botToken: TOKEN, signingSecret: SECRET, apiUrl: SLACK_API }) },
  state: createMemoryState(),
  logger: "silent",
});

async function ask(text) {
  const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ text }] };
  const answer = await request(`${AGENT}/rpc`, {
    method: "POST",
    dispatcher,
    headers: { "content-type": "application/json", "a2a-version": "1.0" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message } }),
  });
  const { result } = await answer.body.json();
  return result.message.parts.map((part) => part.text).join("");
}

bot.onNewMention(async (thread, message) => {
  await thread.subscribe();
  await thread.startTyping();
  await thread.post({ markdown: await ask(message.text) });
});
await bot.initialize();

const server = createServer(async (incoming, response) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = new Headers(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const asked = new Request(`http://127.0.0.1${incoming.url}`, { method: "POST", headers, body: Buffer.concat(chunks) });
  const answer = await bot.webhooks.slack(asked, { waitUntil: (work) => void work.catch(() => undefined) });
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`ready http://127.0.0.1:${server.address().port}/slack/events\n`));
