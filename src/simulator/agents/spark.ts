import { type Clock, systemClock } from "../../model/clock.ts";
import { type AgentAuth, createDoorkeeper, type Doorkeeper, tokenPath } from "./auth.ts";
import { type Books, createBooks } from "./books.ts";
import { card03 } from "./card.ts";
import type { Fault } from "./door.ts";
import { listen } from "./listener.ts";
import { createPostOffice, type PostOffice } from "./post-office.ts";
import { createSparkMind, type SparkAnswers } from "./spark-answers.ts";
import { createSparkApp, sparkBase } from "./spark-app.ts";
import { createConversations, type SparkConversation, type SparkTurn } from "./spark-conversations.ts";
import type { SparkReply } from "./spark-reply.ts";

export interface SparkOptions {
  readonly name: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** Where `message:send` stands: under `/v1`, as A2A 0.3 has it, or right under the base. Default: both. */
  readonly paths?: "v1" | "bare" | "both";
  /** Whether there is an agent card. Default: no, and every card path is a 404. */
  readonly card?: boolean;
  /** Client credentials, asked for on every request. */
  readonly oauth?: NonNullable<AgentAuth["oauth"]>;
  /** The answer goes to the webhook that the request names, which is then required, and not to the one that was set up. */
  readonly webhookFromRequest?: boolean;
  /** Where the text of an answer stands. Default: artifact. */
  readonly answerIn?: "artifact" | "status";
  /** What it says. Without it, words of the text decide, which is for people to play with. */
  readonly reply?: (turn: SparkTurn) => SparkReply | Promise<SparkReply>;
  /** For pushes. */
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: Clock;
}

/**
 * An agent that behaves like Nexthink Spark by its public documentation: A2A 0.3 over HTTP+JSON with `message:send` alone, ids
 * that live as long as the conversation, a person required in the metadata, and answers that come only by an unauthenticated POST
 * to a webhook, once each.
 */
export interface SparkAgent
  extends Pick<Books, "received" | "calls" | "violations" | "countByMessageId">,
    Pick<PostOffice, "pushes">,
    SparkAnswers {
  readonly name: string;
  readonly port: number;
  /** The base URL of its A2A interface. Without a slash at the end. */
  readonly url: string;
  readonly tokenUrl: string;
  readonly auth: Pick<Doorkeeper, "issued" | "revoke">;
  conversations(): readonly SparkConversation[];
  /** Sets the webhook up, as an administrator does. */
  webhook(url: string): void;
  /** Befalls the next message; several wait for their turn. */
  failNext(...faults: readonly Fault[]): void;
  /** Cuts every connection; the port refuses and pushes are held. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  /** Resolves when nothing of this agent runs any more. */
  stop(): Promise<void>;
}

export async function createSparkAgent(options: SparkOptions): Promise<SparkAgent> {
  const { clock = systemClock, paths = "both", webhookFromRequest = false, answerIn = "artifact", reply } = options;
  const doorkeeper = createDoorkeeper(options.oauth ? { oauth: options.oauth } : {}, clock);
  const books = createBooks();
  const office = createPostOffice(options.fetch ?? globalThis.fetch);
  let fixed: string | undefined;
  const webhook = () => fixed;
  const mind = createSparkMind({ office, answerIn, reply, webhook, clock, violation: books.violation });
  const conversations = createConversations(books);
  const faults: Fault[] = [];
  const card = options.card ? () => cardOf(options, listener.url) : undefined;
  const app = createSparkApp({ books, doorkeeper, conversations, mind, faults, clock, paths, card, webhookFromRequest, webhook });
  const listener = await listen(app, options.port ?? 0);
  const { received, calls, violations, countByMessageId } = books;
  const { think: _think, stop: stopThinking, ...answers } = mind;

  return {
    name: options.name,
    port: listener.port,
    url: `${listener.url}${sparkBase}`,
    tokenUrl: `${listener.url}${tokenPath}`,
    ...{ received, calls, violations, countByMessageId },
    ...answers,
    pushes: office.pushes,
    auth: doorkeeper,
    conversations: conversations.overview,
    webhook(url) {
      fixed = url;
    },
    failNext: (...more) => void faults.push(...more),
    async kill() {
      office.pause();
      await listener.kill();
    },
    async revive() {
      await listener.revive();
      office.resume();
    },
    async stop() {
      await Promise.all([stopThinking(), office.stop()]);
      await listener.kill();
    },
  };
}

function cardOf({ name, oauth }: SparkOptions, baseUrl: string): object {
  const wire = { protocol: "0.3", binding: "HTTP+JSON" } as const;
  const endpoint = `${baseUrl}${sparkBase}`;
  const description = "Looks after the laptops of employees.";
  return card03({ name, description, baseUrl, endpoint, wire, streaming: false, push: true, auth: oauth ? { oauth } : {} });
}
