import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { Agent, request } from "undici";

/**
 * The least that carries a Slack mention to an A2A agent and its answer back: the signature is checked, nothing is kept, and whatever goes
 * wrong is lost. It is the measure for everything else.
 */
const { SLACK_API, AGENT, TOKEN, SECRET } = process.env;
const dispatcher = new Agent({ connections: 64 });

async function post(url, body, headers = {}) {
  const answer = await request(url, {
    method: "POST",
    dispatcher,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return answer.body.json();
}

async function carry({ event }) {
  const text = event.text.replace(/<@\w+>\s*/, "");
  const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ text }] };
  const asked = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message } };
  const { result } = await post(`${AGENT}/rpc`, asked, { "a2a-version": "1.0" });
  const answer = result.message.parts.map((part) => part.text).join("");
  const place = { channel: event.channel, thread_ts: event.thread_ts ?? event.ts };
  await post(`${SLACK_API}chat.postMessage`, { ...place, text: answer }, { authorization: `Bearer ${TOKEN}` });
}

const server = createServer(async (incoming, response) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const expected = `v0=${createHmac("sha256", SECRET).update(`v0:${incoming.headers["x-slack-request-timestamp"]}:`).update(raw).digest("hex")}`;
  const given = Buffer.from(incoming.headers["x-slack-signature"] ?? "");
  if (given.length !== expected.length || !timingSafeEqual(given, Buffer.from(expected))) return response.writeHead(401).end();
  response.writeHead(200).end();
  await carry(JSON.parse(raw.toString()));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`ready http://127.0.0.1:${server.address().port}/slack/events\n`));
