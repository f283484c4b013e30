import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AgentCard } from "@a2a-js/sdk";
import express, { type Express, json, type Response } from "express";
import { type Clock, systemClock } from "../../model/clock.ts";
import { card03, cardFor } from "./card.ts";
import { around, type Harm, hole, jsonOf, type Trick, type TrickSizes, tricks } from "./hostile-tricks.ts";
import { listen } from "./listener.ts";
import { field } from "./rpc.ts";

/** What is wrong with the card. Without one it is as it should be. */
export type CardTrick = "huge" | "endless" | "deep" | "bomb" | "redirect" | "elsewhere" | "garbage" | "wrongType" | "silent";

export interface HostileOptions extends Partial<TrickSizes> {
  /** What it does to a call that carries a message. Default: garbage. */
  readonly trick?: Trick;
  readonly cardTrick?: CardTrick;
  readonly protocol?: "1.0" | "0.3";
  /** Where redirects and the card of `elsewhere` lead. Default: `/trap` of its own. */
  readonly elsewhere?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  readonly clock?: Clock;
}

/** An agent that means harm, for the limits of its callers. What it writes, it writes only as fast as it is read. */
export interface HostileAgent {
  readonly url: string;
  readonly cardUrl: string;
  readonly endpoint: string;
  /** Methods of JSON-RPC, `card` and `trap`, as they came. */
  readonly calls: readonly string[];
  /** Bytes of answers so far that a caller's side took. */
  readonly written: number;
  /** Answers that are being written or held back now: 0 once every caller has hung up. */
  readonly open: number;
  /** From now on. */
  play(trick: Trick): void;
  playCard(trick: CardTrick | undefined): void;
  /** Resolves when nothing of this agent runs any more. */
  stop(): Promise<void>;
}

const cardPath = "/.well-known/agent-card.json";
const path = "/rpc";

interface State {
  trick: Trick;
  cardTrick: CardTrick | undefined;
  written: number;
  open: number;
  readonly calls: string[];
  readonly stopping: AbortController;
}

export async function createHostileAgent(options: HostileOptions = {}): Promise<HostileAgent> {
  const { trick = "garbage", cardTrick } = options;
  const state: State = { trick, cardTrick, written: 0, open: 0, calls: [], stopping: new AbortController() };
  const app = createApp(state, options, () => listener.url);
  const listener = await listen(app, options.port ?? 0);
  return {
    url: listener.url,
    cardUrl: `${listener.url}${cardPath}`,
    endpoint: `${listener.url}${path}`,
    calls: state.calls,
    get written() {
      return state.written;
    },
    get open() {
      return state.open;
    },
    play(next) {
      state.trick = next;
    },
    playCard(next) {
      state.cardTrick = next;
    },
    async stop() {
      state.stopping.abort();
      await listener.kill();
    },
  };
}

function createApp(state: State, options: HostileOptions, url: () => string): Express {
  const { protocol = "1.0", clock = systemClock, bytes = 50 * 2 ** 20, events = 200_000, depth = 100_000 } = options;
  const stage = { protocol, clock, bytes, events, depth, signal: state.stopping.signal };
  const elsewhere = () => options.elsewhere ?? `${url()}/trap`;
  const app = express();
  app.use((_request, response, next) => {
    state.open += 1;
    response.once("close", () => {
      state.open -= 1;
    });
    next();
  });
  app.all("/trap", (_request, response) => {
    state.calls.push("trap");
    response.json({ jsonrpc: "2.0", id: 1, result: { trapped: true } });
  });
  app.get(cardPath, (_request, response) => {
    state.calls.push("card");
    const { cardTrick } = state;
    const endpoint = cardTrick === "elsewhere" ? elsewhere() : `${url()}${path}`;
    if (cardTrick === undefined || cardTrick === "elsewhere") response.json(cardOf(protocol, endpoint));
    else if (cardTrick === "redirect") response.redirect(307, elsewhere());
    else if (cardTrick === "huge") harm(state, response, jsonOf(around(JSON.stringify(cardOf(protocol, endpoint, hole)), bytes)));
    else harm(state, response, tricks[cardTricks[cardTrick]](stage, 1));
  });
  app.post(path, json({ limit: "10mb", type: () => true, strict: false }), (request, response) => {
    const [method, id] = [String(field(request.body, "method")), field(request.body, "id")];
    state.calls.push(method);
    if (!listens.test(method)) response.json({ jsonrpc: "2.0", id, error: { code: -32001, message: "Task not found" } });
    else if (state.trick === "redirect") response.redirect(307, elsewhere());
    else harm(state, response, tricks[state.trick](stage, id));
  });
  return app;
}

/** The calls that want an answer or a stream of words. */
const listens = /^(Send(Streaming)?Message|SubscribeToTask|message\/(send|stream)|tasks\/resubscribe)$/;

const cardTricks = {
  endless: "endlessAnswer",
  deep: "deepAnswer",
  bomb: "bomb",
  garbage: "garbage",
  wrongType: "wrongType",
  silent: "silent",
} as const;

function cardOf(protocol: "1.0" | "0.3", endpoint: string, description = "Means harm."): unknown {
  const wire = { protocol, binding: "JSONRPC" } as const;
  const facts = { name: "Mallory", description, baseUrl: "", endpoint, wire, streaming: true, push: false, auth: {} };
  return protocol === "1.0" ? AgentCard.toJSON(cardFor(facts)) : card03(facts);
}

/** Writes as fast as the caller reads, until all is written or the caller hangs up. */
function harm(state: State, response: Response, { head, chunks }: Harm): void {
  if (head) response.writeHead(200, head);
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      state.written += chunk.length;
      done(null, chunk);
    },
  });
  pipeline(Readable.from(chunks), count, response).catch(() => undefined); // the caller has hung up, which is what should happen
}
