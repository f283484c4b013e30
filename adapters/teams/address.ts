import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import type { PostedRef } from "../../src/model/reply.ts";
import type { ThreadRef } from "../../src/model/thread.ts";

/** What `ThreadRef.address` and `PostedRef.address` hold for Teams: a conversation reference in our own words. Absent parts are absent. */
export type TeamsAddress = {
  readonly tenant: string;
  readonly serviceUrl: string;
  /** As Teams names it; a thread of a channel has `;messageid=` and the id of its root behind the channel's id. */
  readonly conversation: string;
  readonly kind: ConversationKind;
  /** Our own account there. */
  readonly bot: string;
  /** The team of a channel: its people are asked about there. */
  readonly team?: string;
  /** Who said what this address came with: the account that this bot knows, and the id in the directory. */
  readonly user?: { readonly id: string; readonly directory?: string };
  /** The message is a stream that was begun then; milliseconds since 1970. */
  readonly streamedAt?: number;
};

export type ConversationKind = "personal" | "groupChat" | "channel";

const text = z.string().min(1);
const addressSchema = z.object({
  tenant: text,
  serviceUrl: text,
  conversation: text,
  kind: z.enum(["personal", "groupChat", "channel"]),
  bot: text,
  team: text.exactOptional(),
  user: z.object({ id: text, directory: text.exactOptional() }).exactOptional(),
  streamedAt: z.number().exactOptional(),
});

/** The tenant that a local client without one is given. */
export const localTenant = "local";
/** The thread of a chat, which is one conversation without an end. */
const chat = "chat";

/** The channel or chat of a conversation id, and the thread's root where it names one. */
export function toPlace(conversation: string): { readonly channel: string; readonly root: string | undefined } {
  const [channel = "", root] = conversation.split(";messageid=");
  return { channel, root };
}

export function toThread(address: TeamsAddress): ThreadRef {
  const { channel, root } = toPlace(address.conversation);
  const place = { platform: "teams", workspace: address.tenant, channel, thread: root ?? chat, address };
  return root === undefined ? { ...place, endless: true } : place;
}

/**
 * Where to post. Throws DeliveryError `threadGone` unless the address is whole, agrees with the thread's identity and may be called:
 * a reply is never posted at a channel's root or in a neighbour's tenant.
 */
export function toAddress(thread: ThreadRef, isService: (url: string) => boolean): TeamsAddress {
  const address = parse(thread.address, isService);
  const { workspace, channel, thread: root } = toThread(address);
  if (thread.workspace !== workspace || thread.channel !== channel || thread.thread !== root) throw gone("the address is not the thread's");
  return address;
}

/** Where a message of ours stands. Throws DeliveryError `replacedGone` when it cannot be told: post anew. */
export function toPostedAddress(posted: PostedRef, isService: (url: string) => boolean): TeamsAddress {
  try {
    return parse(posted.address, isService);
  } catch (cause) {
    throw new DeliveryError("replacedGone", "the address of the posted message cannot be used", { cause });
  }
}

function parse(json: unknown, isService: (url: string) => boolean): TeamsAddress {
  const parsed = addressSchema.safeParse(json);
  if (!parsed.success) throw gone("the address is incomplete");
  const { serviceUrl, kind, conversation } = parsed.data;
  if (!isService(serviceUrl)) throw gone("the address leads to a service that is not the platform's");
  if (kind === "channel" && !toPlace(conversation).root) throw gone("the address names no thread");
  return parsed.data;
}

function gone(problem: string): DeliveryError {
  return new DeliveryError("threadGone", problem);
}
