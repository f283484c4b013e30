import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import type { SlackAddress } from "./address.ts";
import { slackErrorName } from "./errors.ts";
import type { Identity } from "./identity.ts";
import { toMark } from "./upload.ts";
import type { Web } from "./web.ts";

/** The `event_type` of the metadata of our posts. */
export const metadataType = "a2a_bridge";
const pageSize = 200;

const repliesSchema = z.object({
  messages: z
    .array(
      z.object({
        ts: z.string(),
        user: z.string().optional(),
        bot_id: z.string().optional(),
        blocks: z
          .array(z.object({ block_id: z.string().optional().catch(undefined) }))
          .optional()
          .catch(undefined),
        metadata: z
          .object({ event_type: z.string(), event_payload: z.object({ delivery_id: z.unknown() }) })
          .optional()
          .catch(undefined),
      }),
    )
    .default([]),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/**
 * The ts of our message that carries this delivery id, in its metadata or, where it shows a file, as the id of a block. Reads the thread
 * from its root on; where there is none, the newest messages. Undefined also where the app may not look.
 * https://docs.slack.dev/reference/methods/conversations.replies
 */
export async function findByMetadata(
  ...where: readonly [web: Web, address: SlackAddress, deliveryId: string, self: Identity, signal: AbortSignal]
): Promise<string | undefined> {
  try {
    return await search(...where);
  } catch (error) {
    // An app for mentions alone may not read channels. An answer that may stand there twice is better than one that is lost.
    if (slackErrorName(error) === "missing_scope") return undefined;
    throw error;
  }
}

async function search(
  web: Web,
  address: SlackAddress,
  deliveryId: string,
  self: Identity,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { channel, threadTs } = address;
  const page = { channel, limit: pageSize, include_all_metadata: true };
  let cursor: string | undefined;
  do {
    const more = cursor ? { cursor } : {};
    const answer = await (threadTs === undefined
      ? web.call("conversations.history", "read", { ...page, ...more }, signal)
      : web.call("conversations.replies", "read", { ...page, ts: threadTs, ...more }, signal));
    const parsed = repliesSchema.safeParse(answer);
    if (!parsed.success) throw new DeliveryError("unavailable", "the answer is not Slack's", { cause: parsed.error });
    const { messages, response_metadata: next } = parsed.data;
    const ours = messages.filter((message) => message.user === self.botUser || (message.bot_id && message.bot_id === self.botId));
    const found = ours.find(
      ({ metadata, blocks }) =>
        (metadata?.event_type === metadataType && metadata.event_payload.delivery_id === deliveryId) ||
        blocks?.some(({ block_id: mark }) => mark === toMark(deliveryId)),
    );
    if (found) return found.ts;
    cursor = next?.next_cursor === cursor ? undefined : next?.next_cursor;
  } while (cursor && threadTs !== undefined);
  return undefined;
}
