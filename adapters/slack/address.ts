import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import type { PostedRef } from "../../src/model/reply.ts";
import type { ThreadRef } from "../../src/model/thread.ts";

/** What `ThreadRef.address` and `PostedRef.address` hold for Slack. Absent parts are absent, never empty. */
export type SlackAddress = {
  readonly team: string;
  readonly channel: string;
  /** The root of the thread. Absent only in a direct message that no message of the person began: a command. */
  readonly threadTs?: string;
  /** The message that this came from: the place for a reaction. */
  readonly ts?: string;
};

const addressSchema = z.object({
  team: z.string().min(1),
  channel: z.string().min(1),
  threadTs: z.string().min(1).exactOptional(),
  ts: z.string().min(1).exactOptional(),
});

/** Slack gives the channels of direct messages ids of their own. */
export function isDirect(channel: string): boolean {
  return channel.startsWith("D");
}

/**
 * Where to post. Throws DeliveryError `threadGone` unless the address is whole, agrees with the thread's identity and belongs to
 * `team`: a reply is never posted at a channel's root or in a neighbour's workspace.
 */
export function toAddress(thread: ThreadRef, team: string): SlackAddress {
  const address = parse(thread.address, team);
  if (thread.workspace !== address.team || thread.channel !== address.channel) throw incomplete("the address is not the thread's");
  if (address.threadTs === undefined && !isDirect(address.channel)) throw incomplete("the address names no thread");
  return address;
}

/** Where a message of ours stands. Throws DeliveryError `replacedGone` when it cannot be told: post anew. */
export function toPostedAddress(posted: PostedRef, team: string): SlackAddress {
  try {
    return parse(posted.address, team);
  } catch (cause) {
    throw new DeliveryError("replacedGone", "the address of the posted message is incomplete", { cause });
  }
}

function parse(json: unknown, team: string): SlackAddress {
  const parsed = addressSchema.safeParse(json);
  if (!parsed.success) throw incomplete("the address is incomplete");
  if (parsed.data.team !== team) throw incomplete("the address belongs to another workspace");
  return parsed.data;
}

function incomplete(problem: string): DeliveryError {
  return new DeliveryError("threadGone", problem);
}
