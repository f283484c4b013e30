import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Message } from "@a2a-js/sdk";
import { JsonRpcTransportFactory } from "@a2a-js/sdk/client";
import bolt, { LogLevel } from "@slack/bolt";
import Fastify from "fastify";
import { Agent, request } from "undici";

/**
 * The packages that the bridge is made of, and as many commits as a message needs at least (it came, it is sent, it was answered, it is
 * posted), without anything that the bridge promises: nothing is tried again, looked up, put in order or taken up after a kill. So much of
 * the bridge's cost is not its own.
 */
const { SLACK_API, AGENT, TOKEN, SECRET, FOLDER } = process.env;
const dispatcher = new Agent({ connections: 64 });

const database = new DatabaseSync(join(FOLDER, "packages.db"));
database.exec(
  "pragma journal_mode = wal; pragma synchronous = full; create table step (seq integer primary key, id text unique, what text)",
);
const insert = database.prepare("insert into step (id, what) values (?, ?)");
let steps = [];

/** Resolves once it is on the disk. What is asked for in one turn of the event loop shares a commit. */
function commit(what) {
  return new Promise((resolve) => {
    steps.push({ what: JSON.stringify(what), resolve });
    if (steps.length === 1) setImmediate(commitAll);
  });
}

function commitAll() {
  const all = steps;
  steps = [];
  database.exec("begin");
  for (const { what } of all) insert.run(randomUUID(), what);
  database.exec("commit");
  for (const { resolve } of all) resolve();
}

async function fetchImpl(url, { method, headers, body }) {
  const answer = await request(url, { method, headers: Object.fromEntries(new Headers(headers)), body, dispatcher });
  const { statusCode: status } = answer;
  return { ok: status === 200, status, headers: new Headers(), json: () => answer.body.json(), text: () => answer.body.text() };
}

const card = await (await fetch(`${AGENT}/.well-known/agent-card.json`)).json();
const agent = await new JsonRpcTransportFactory({ fetchImpl }).create(`${AGENT}/rpc`, card);

async function carry(event) {
  const text = event.text.replace(/<@\w+>\s*/, "");
  await commit({ sent: text });
  const message = Message.fromJSON({ messageId: randomUUID(), role: "ROLE_USER", parts: [{ text }] });
  const { parts } = await agent.sendMessage({ message, configuration: undefined, metadata: undefined, tenant: "" });
  const answer = parts.map(({ content }) => content.value).join("");
  await commit({ answer });
  const posted = await request(`${SLACK_API}chat.postMessage`, {
    method: "POST",
    dispatcher,
    headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ channel: event.channel, thread_ts: event.thread_ts ?? event.ts, text: answer }),
  });
  await commit(await posted.body.json());
}

const nothing = () => undefined;
const app = new bolt.App({
  receiver: { init: nothing, start: async () => undefined, stop: async () => undefined },
  authorize: async () => ({ teamId: "T1", botUserId: "UBOT", botId: "BBOT" }),
  deferInitialization: true,
  convoStore: false,
  logger: {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    setLevel: nothing,
    setName: nothing,
    getLevel: () => LogLevel.ERROR,
  },
});
app.event("app_mention", async ({ event }) => {
  await commit(event);
  void carry(event);
});
await app.init();

function isSigned({ headers, body }) {
  const expected = createHmac("sha256", SECRET).update(`v0:${headers["x-slack-request-timestamp"]}:`).update(body).digest("hex");
  const given = Buffer.from(headers["x-slack-signature"] ?? "");
  return given.length === expected.length + 3 && timingSafeEqual(given, Buffer.from(`v0=${expected}`));
}

const server = Fastify();
server.removeAllContentTypeParsers();
server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
server.post("/slack/events", async (incoming, reply) => {
  if (!isSigned(incoming)) return reply.code(401).send();
  await app.processEvent({ body: JSON.parse(incoming.body.toString()), ack: async () => undefined });
  return reply.send();
});
process.stdout.write(`ready ${await server.listen({ host: "127.0.0.1", port: 0 })}/slack/events\n`);
