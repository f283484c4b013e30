import { Routes } from "discord.js";
import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import { codes, discordCode } from "./errors.ts";
import type { Rest } from "./rest.ts";
import { isLater } from "./snowflake.ts";
import { type Message, messageSchema } from "./wire.ts";

const pageSize = 100;
const pageSchema = z.array(messageSchema.nullable().catch(null));

/**
 * The messages of a channel that came after this one, oldest first, page by page. It ends where the channel does not let us read any
 * (more). https://discord.com/developers/docs/resources/message#get-channel-messages
 */
export async function* readAfter(rest: Rest, channel: string, after: string, signal: AbortSignal): AsyncGenerator<Message> {
  let from = after;
  for (;;) {
    const page = await readPage(rest, channel, from, signal);
    yield* page;
    const newest = page.at(-1)?.id;
    if (newest === undefined || page.length < pageSize || !isLater(newest, from)) return;
    from = newest;
  }
}

/** A message as it is now. Undefined: we may not see it, or it is none that we could read. */
export async function readOne(rest: Rest, channel: string, id: string, signal: AbortSignal): Promise<Message | "deleted" | undefined> {
  const call = { name: "message", purpose: "read" } as const;
  try {
    return messageSchema.safeParse(await rest.call("get", Routes.channelMessage(channel, id), call, signal)).data;
  } catch (error) {
    const code = discordCode(error);
    if (code === codes.unknownMessage) return "deleted";
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

async function readPage(rest: Rest, channel: string, after: string, signal: AbortSignal): Promise<readonly Message[]> {
  const call = { name: "history", purpose: "read", query: { after, limit: String(pageSize) } } as const;
  try {
    const parsed = pageSchema.safeParse(await rest.call("get", Routes.channelMessages(channel), call, signal));
    if (!parsed.success) throw new DeliveryError("unavailable", "history: the answer is not Discord's", { cause: parsed.error });
    return parsed.data.filter((message) => message !== null).sort((a, b) => (isLater(a.id, b.id) ? 1 : -1));
  } catch (error) {
    // Deleted, or closed to us: then nothing in it is ours to answer.
    if (isRefusal(error)) return [];
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return discordCode(error) !== undefined && error instanceof DeliveryError && error.kind !== "rateLimited";
}
