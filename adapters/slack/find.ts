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
        text: z.string().optional().catch(undefined),
        files: z.array(z.unknown()).optional().catch(undefined),
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

/** The ts of the newest message of ours in a thread that came at this time (ms) or later and is empty: a stream that was begun. */
export async function findBegun(
  ...[web, address, since, self, signal]: readonly [web: Web, address: SlackAddress, since: number, self: Identity, signal: AbortSignal]
): Promise<string | undefined> {
  let newest: string | undefined;
  try {
    for await (const { ts, text = "", metadata, files = [] } of readOurs(web, address, self, signal)) {
      const isEmpty = text.trim() === "" && files.length === 0 && metadata?.event_type !== metadataType;
      if (isEmpty && Number(ts) * 1_000 >= since - skewMs) newest = ts;
    }
  } catch (error) {
    if (slackErrorName(error) !== "missing_scope") throw error;
  }
  return newest;
}

async function search(
  web: Web,
  address: SlackAddress,
  deliveryId: string,
  self: Identity,
  signal: AbortSignal,
): Promise<string | undefined> {
  for await (const { ts, metadata, blocks } of readOurs(web, address, self, signal)) {
    const isIt = metadata?.event_type === metadataType && metadata.event_payload.delivery_id === deliveryId;
    if (isIt || blocks?.some(({ block_id: mark }) => mark === toMark(deliveryId))) return ts;
  }
  return undefined;
}

/** Slack's clock and ours. */
const skewMs = 30_000;

type Ours = z.infer<typeof repliesSchema>["messages"][number];

async function* readOurs(web: Web, address: SlackAddress, self: Identity, signal: AbortSignal): AsyncGenerator<Ours> {
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
    yield* messages.filter((message) => message.user === self.botUser || (message.bot_id && message.bot_id === self.botId));
    cursor = next?.next_cursor === cursor ? undefined : next?.next_cursor;
  } while (cursor && threadTs !== undefined);
}
