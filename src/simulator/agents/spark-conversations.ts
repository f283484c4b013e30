import { randomUUID } from "node:crypto";
import type { Books } from "./books.ts";
import type { Sent } from "./wire.ts";

/** One message of a conversation with Spark. */
export interface SparkTurn {
  readonly text: string;
  readonly userPrincipalName: string;
  readonly contextId: string;
  readonly taskId: string;
  /** 1 for the first message of a conversation. */
  readonly number: number;
}

export interface SparkConversation {
  readonly contextId: string;
  readonly taskId: string;
  readonly userPrincipalName: string;
  /** What was said, oldest first. */
  readonly said: readonly string[];
}

/** The conversations of Spark: an endless pair of contextId and taskId each, which belongs to the person who began it. */
export interface Conversations {
  /** A pair that is missing or not known begins a new conversation; a half or a wrong pair is a violation as well. */
  take(sent: Sent): SparkTurn;
  overview(): readonly SparkConversation[];
}

export function createConversations(books: Pick<Books, "violation">): Conversations {
  const all: SparkConversation[] = [];
  return {
    take(sent) {
      const principal = principalOf(sent) ?? "";
      const known = all.findIndex((one) => one.contextId === sent.contextId && one.taskId === sent.taskId);
      const found = all[known];
      if (!found && (sent.contextId ?? sent.taskId) !== undefined) {
        books.violation(`message ${sent.messageId} names the unknown pair ${sent.contextId} and ${sent.taskId}`);
      }
      if (found && found.userPrincipalName !== principal) {
        books.violation(`message ${sent.messageId} brings ${principal} into the conversation of ${found.userPrincipalName}`);
      }
      const begun = found ?? { contextId: randomUUID(), taskId: randomUUID(), userPrincipalName: principal, said: [] };
      const now = { ...begun, said: [...begun.said, sent.text] };
      all.splice(found ? known : all.length, 1, now);
      return { text: sent.text, userPrincipalName: principal, contextId: now.contextId, taskId: now.taskId, number: now.said.length };
    },
    overview: () => [...all],
  };
}

/** The person, from the message or the request; undefined where it is missing, no e-mail address, or said in two ways. */
export function principalOf(sent: Sent): string | undefined {
  const names = [sent.metadata.message, sent.metadata.request].flatMap(({ userPrincipalName: name }) => (name === undefined ? [] : [name]));
  const [first] = names;
  if (typeof first !== "string" || !/^[^@\s]+@[^@\s]+$/.test(first)) return undefined;
  return names.every((name) => name === first) ? first : undefined;
}
