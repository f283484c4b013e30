import express, { type Express, type RequestHandler } from "express";
import type { Clock } from "../../model/clock.ts";
import type { Doorkeeper } from "./auth.ts";
import type { Books, Entry } from "./books.ts";
import { createBodyGuard, type Fault, misbehave, readBody } from "./door.ts";
import type { SparkMind } from "./spark-answers.ts";
import { type Conversations, principalOf } from "./spark-conversations.ts";
import { parseSent, type Sent } from "./wire.ts";

export interface SparkParts {
  readonly books: Books;
  readonly doorkeeper: Doorkeeper;
  readonly conversations: Conversations;
  readonly mind: SparkMind;
  readonly faults: Fault[];
  readonly clock: Clock;
  readonly paths: "v1" | "bare" | "both";
  /** Undefined: there is no card. */
  readonly card: (() => object) | undefined;
  readonly webhookFromRequest: boolean;
  readonly webhook: () => string | undefined;
}

export const sparkBase = "/api/spark/a2a";
const cardPath = `${sparkBase}/.well-known/agent-card.json`;
/** Where a client may look for a card without doing wrong. */
const cardPaths = [
  cardPath,
  "/api/spark/.well-known/agent-card.json",
  "/.well-known/agent-card.json",
  `${sparkBase}/.well-known/agent.json`,
];
const wire = { protocol: "0.3", binding: "HTTP+JSON" } as const;

/** The only doors of Spark: `message:send`, the token endpoint and, if wanted, the card. */
export function createSparkApp(parts: SparkParts): Express {
  const { books, doorkeeper, card, clock } = parts;
  const send = { v1: ["/v1/message\\:send"], bare: ["/message\\:send"], both: ["/v1/message\\:send", "/message\\:send"] }[parts.paths];
  const app = express();
  app.use(doorkeeper.tokenEndpoint);
  app.use((request, _response, next) => {
    books.call(`${request.method} ${request.path}`, clock.now());
    next();
  });
  app.use(sparkBase, doorkeeper.guard);
  if (card) app.get(cardPath, (_request, response) => void response.json(card()));
  app.post(
    send.map((path) => `${sparkBase}${path}`),
    readBody,
    createBodyGuard(books),
    sendHandler(parts),
  );
  app.use((request, response) => {
    if (!cardPaths.includes(request.path)) books.violation(`${request.method} ${request.path} is not there`);
    response.status(404).json({ code: 404, message: "not found" });
  });
  return app;
}

function sendHandler(parts: SparkParts): RequestHandler {
  const { books, clock, conversations, mind } = parts;
  return (request, response) => {
    const version = request.header("a2a-version") ?? "0.3";
    if (version !== "0.3") books.violation(`A2A-Version ${version} to an agent of 0.3`);
    const { sent, problems } = parseSent(wire, request.body);
    for (const problem of problems) books.violation(problem);
    const entry = sent && books.receive(sent, { headers: request.headers, operation: "send", at: clock.now() });
    if (misbehave(parts.faults.shift(), response)) return;
    const problem = problems[0] ?? (sent && refusal(sent, parts));
    if (problem !== undefined || !sent) {
      if (problems.length === 0) books.violation(`message ${sent?.messageId}: ${problem}`);
      return void response.status(400).json({ code: 400, message: problem });
    }
    const state = take(sent, entry, parts);
    response.json({ task: state });
  };

  function take(sent: Sent, entry: Entry | undefined, { webhookFromRequest }: SparkParts) {
    entry?.taken();
    const turn = conversations.take(sent);
    mind.think(turn, webhookFromRequest ? sent.push?.url : undefined);
    const state = turn.number === 1 ? "TASK_STATE_SUBMITTED" : "TASK_STATE_WORKING";
    return { id: turn.taskId, contextId: turn.contextId, status: { state, timestamp: new Date(clock.now()).toISOString() } };
  }
}

/** Why Spark does not take a message; undefined if it does. */
function refusal(sent: Sent, { webhook, webhookFromRequest }: SparkParts): string | undefined {
  if (principalOf(sent) === undefined) return "userPrincipalName is required in the metadata";
  if (webhookFromRequest) return sent.push ? undefined : "pushNotification.url is required";
  if (sent.push && sent.push.url !== webhook()) return "pushNotification.url is not the webhook that was set up";
  return undefined;
}
