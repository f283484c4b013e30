import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import type { PostedRef } from "../../src/model/reply.ts";
import type { ThreadRef } from "../../src/model/thread.ts";

/** What `ThreadRef.address` and `PostedRef.address` hold for Discord. Absent parts are absent, never empty. */
export type DiscordAddress = {
  /** The server; `dm` for direct messages, which belong to none. */
  readonly guild: string;
  /** The channel, or the parent of the thread. */
  readonly channel: string;
  /** The thread, which is a channel of its own. Absent where the channel itself is the chat. */
  readonly thread?: string;
  /** The thread hangs on the message of the same id in `channel`, and may still have to be opened. */
  readonly root?: true;
  /** The message that this came from: the place for a reaction. */
  readonly message?: string;
};

const snowflake = z.string().regex(/^\d{15,21}$/);
const addressSchema = z.object({
  guild: z.union([snowflake, z.literal("dm")]),
  channel: snowflake,
  thread: snowflake.exactOptional(),
  root: z.literal(true).exactOptional(),
  message: snowflake.exactOptional(),
});

/** The workspace of direct messages. */
export const directWorkspace = "dm";
/** The thread of a channel that is one chat without an end. */
const chat = "chat";

export function toThread(address: DiscordAddress): ThreadRef {
  const place = { platform: "discord", workspace: address.guild, channel: address.channel, address };
  return address.thread === undefined ? { ...place, thread: chat, endless: true } : { ...place, thread: address.thread };
}

/**
 * Where to post. Throws DeliveryError `threadGone` unless the address is whole and agrees with the thread's identity: a reply is never
 * posted at a channel's root or in a neighbour's server.
 */
export function toAddress(thread: ThreadRef): DiscordAddress {
  const address = parse(thread.address);
  const { workspace, channel, thread: id } = toThread(address);
  if (thread.workspace !== workspace || thread.channel !== channel || thread.thread !== id) throw gone("the address is not the thread's");
  return address;
}

/** Where a message of ours stands. Throws DeliveryError `replacedGone` when it cannot be told: post anew. */
export function toPostedAddress(posted: PostedRef): DiscordAddress {
  try {
    return parse(posted.address);
  } catch (cause) {
    throw new DeliveryError("replacedGone", "the address of the posted message is incomplete", { cause });
  }
}

/** The channel, in Discord's sense, that messages of this address stand in. */
export function toChannel({ thread, channel }: DiscordAddress): string {
  return thread ?? channel;
}

function parse(json: unknown): DiscordAddress {
  const parsed = addressSchema.safeParse(json);
  if (!parsed.success) throw gone("the address is incomplete");
  if (parsed.data.root && parsed.data.thread === undefined) throw gone("the address names no thread");
  return parsed.data;
}

function gone(problem: string): DeliveryError {
  return new DeliveryError("threadGone", problem);
}
