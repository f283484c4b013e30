import type { Message } from "./message.ts";
import { refuse } from "./refusal.ts";
import { type Conversation, isInstalled, type Tenant } from "./tenant.ts";

/** What calls of the Bot Connector may touch. */
export interface Desk {
  readonly tenant: Tenant;
  /** How long a stream may take; two minutes at Teams. */
  readonly streamLifeMs: number;
  /** How far apart the requests of a stream must be; one second at Teams. */
  readonly streamIntervalMs: number;
  /** Notes what no client of the service should do. */
  violation(words: string): void;
}

/** Where a conversation id leads: a chat or channel, and in a channel perhaps a thread. */
export interface Place {
  readonly conversation: Conversation;
  readonly threadId: string | undefined;
}

/** The conversation of an id such as `19:x@thread.tacv2;messageid=17...`; only channels have threads. */
export function requirePlace({ tenant }: Desk, id: string): Place {
  const [base = "", ...rest] = id.split(";");
  const conversation = tenant.conversations.get(base);
  const thread = rest.length === 0 ? undefined : /^messageid=(\d+)$/.exec(rest.join(";"))?.[1];
  if (conversation === undefined || (rest.length > 0 && thread === undefined)) return notFound();
  if (!isInstalled(tenant, conversation)) {
    return refuse(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.");
  }
  if (thread === undefined) return { conversation, threadId: undefined };
  const root = conversation.kind === "channel" ? findMessage(conversation, thread) : undefined;
  return root === undefined || root.threadId !== undefined ? notFound() : { conversation, threadId: thread };
}

function notFound(): never {
  return refuse(404, "ConversationNotFound", "Conversation not found.");
}

export function findMessage(conversation: Conversation, id: string): Message | undefined {
  return conversation.messages.find((message) => message.id === id);
}

/** Root and replies of a thread, or everything in a chat, in order. */
export function threadOf(conversation: Conversation, threadId: string | undefined): readonly Message[] {
  if (threadId === undefined) return conversation.messages;
  return conversation.messages.filter((message) => message.id === threadId || message.threadId === threadId);
}
