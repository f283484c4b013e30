import { z } from "zod";
import type { Log } from "../../src/log.ts";
import type { Adapter } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { PostedRef, Reply } from "../../src/model/reply.ts";
import { isDirect, type SlackAddress, toAddress, toPostedAddress } from "./address.ts";
import type { Identity } from "./identity.ts";
import { createLive, type Live } from "./live.ts";
import type { Pace } from "./pace.ts";
import { type SlackMessage, toMarkdown, toMessage } from "./render.ts";
import { type Metadata, orTextOnly, startStream, updateMessage } from "./stream.ts";
import type { Web } from "./web.ts";

const metadataType = "a2a_bridge";
const pageSize = 200;
/** More than this many live messages at once are not remembered; the oldest then end by an update. */
const liveLimit = 1_000;

/** Everything that appears in a thread through this. */
export interface Sender extends Required<Pick<Adapter, "post" | "edit" | "find" | "live">> {
  /** A word to one person only. Not retried, not found again. */
  whisper(address: SlackAddress, user: string, text: string, signal: AbortSignal): Promise<void>;
  /** Resolves when no live message is being written any more. */
  stop(): Promise<void>;
}

export interface SenderOptions {
  readonly web: Web;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly log: Log;
  readonly feedbackButtons: boolean;
  /** Throws until Slack has told us who we are. */
  readonly identity: () => Identity;
}

export function createSender(options: SenderOptions): Sender {
  const { web, pace, identity } = options;
  const lives = new Map<string, Live>();
  const liveKey = (posted: PostedRef, address: SlackAddress) => `${address.channel}:${posted.message}`;

  /** A post in its channel's turn; a 429 pauses this channel and no other. */
  const inTurn = async <T>(address: SlackAddress, signal: AbortSignal, send: () => Promise<T>): Promise<T> => {
    const key = `${address.team}:${address.channel}`;
    await pace.turn(key, signal);
    try {
      return await send();
    } catch (error) {
      if (error instanceof DeliveryError && error.kind === "rateLimited") pace.pause(key, error.retryAfterMs ?? 1_000);
      throw error;
    }
  };

  const whisper = async (address: SlackAddress, user: string, text: string, signal: AbortSignal) => {
    await inTurn(address, signal, () => postPrivately(web, address, user, toMessage(text), signal));
  };

  return {
    async post(thread, reply, deliveryId, signal) {
      const address = toAddress(thread, identity().team);
      const message = toMessage(toMarkdown(reply), feedbackId(reply, deliveryId, options.feedbackButtons));
      const ts = await inTurn(address, signal, () =>
        reply.private === undefined
          ? postOpenly(web, address, message, toMetadata(deliveryId), signal)
          : postPrivately(web, address, reply.private, message, signal),
      );
      return toPosted(address, ts);
    },

    async edit(posted, reply, deliveryId, signal) {
      const address = toPostedAddress(posted, identity().team);
      const key = liveKey(posted, address);
      const live = lives.get(key);
      const markdown = toMarkdown(reply);
      const metadata = toMetadata(deliveryId);
      const shown = (await live?.finish(markdown, metadata, signal)) ?? false;
      const place = { channel: address.channel, ts: posted.message };
      const feedback = feedbackId(reply, deliveryId, options.feedbackButtons);
      if (!shown) await updateMessage(web, place, toMessage(markdown, feedback), metadata, signal);
      lives.delete(key);
      return posted;
    },

    async find(thread, deliveryId, signal) {
      const address = toAddress(thread, identity().team);
      const ts = await findByMetadata(web, address, deliveryId, identity(), signal);
      return ts === undefined ? undefined : toPosted(address, ts);
    },

    async live(thread, asker, signal) {
      const address = toAddress(thread, identity().team);
      const { threadTs, channel } = address;
      if (threadTs === undefined) throw new DeliveryError("threadGone", "a stream needs a thread");
      const recipient = isDirect(channel) ? undefined : { recipient_team_id: asker.workspace, recipient_user_id: asker.id };
      const ts = await inTurn(address, signal, () => startStream(web, { ...address, threadTs }, recipient, signal));
      const posted = toPosted(address, ts);
      const live = createLive({ ...options, place: { channel, ts: posted.message }, posted, signal });
      lives.set(liveKey(posted, address), live);
      const [oldest] = lives;
      if (lives.size > liveLimit && oldest) {
        lives.delete(oldest[0]);
        await oldest[1].close();
      }
      return live;
    },

    whisper,

    async stop() {
      await Promise.all([...lives.values()].map((live) => live.close()));
      lives.clear();
    },
  };
}

/** https://docs.slack.dev/reference/methods/chat.postMessage */
async function postOpenly(web: Web, address: SlackAddress, message: SlackMessage, metadata: Metadata, signal: AbortSignal) {
  const answer = await orTextOnly(message, (content) =>
    web.call("chat.postMessage", "post", signal, (client) =>
      client.chat.postMessage({
        channel: address.channel,
        ...(address.threadTs && { thread_ts: address.threadTs }),
        ...content,
        metadata,
        unfurl_links: false,
        unfurl_media: false,
      }),
    ),
  );
  return answer.ts;
}

/**
 * Such a message is seen in a thread only if somebody has answered there. Where the person's own message began the thread it goes
 * beside that message. https://docs.slack.dev/reference/methods/chat.postEphemeral
 */
async function postPrivately(web: Web, address: SlackAddress, user: string, message: SlackMessage, signal: AbortSignal) {
  const { channel, threadTs } = address;
  const inThread = threadTs !== undefined && threadTs !== address.ts;
  const answer = await orTextOnly(message, (content) =>
    web.call("chat.postEphemeral", "post", signal, (client) =>
      client.chat.postEphemeral({ channel, user, ...(inThread && { thread_ts: threadTs }), ...content }),
    ),
  );
  return answer.message_ts;
}

const repliesSchema = z.object({
  messages: z
    .array(
      z.object({
        ts: z.string(),
        user: z.string().optional(),
        bot_id: z.string().optional(),
        metadata: z
          .object({ event_type: z.string(), event_payload: z.object({ delivery_id: z.unknown() }) })
          .optional()
          .catch(undefined),
      }),
    )
    .default([]),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/** Reads the thread from its root on. https://docs.slack.dev/reference/methods/conversations.replies */
async function findByMetadata(web: Web, address: SlackAddress, deliveryId: string, self: Identity, signal: AbortSignal) {
  const { channel, threadTs } = address;
  const page = { channel, limit: pageSize, include_all_metadata: true };
  let cursor: string | undefined;
  do {
    const more = cursor ? { cursor } : {};
    const answer = await (threadTs === undefined
      ? web.call("conversations.history", "read", signal, (client) => client.conversations.history({ ...page, ...more }))
      : web.call("conversations.replies", "read", signal, (client) => client.conversations.replies({ ...page, ts: threadTs, ...more })));
    const { messages, response_metadata: next } = repliesSchema.parse(answer);
    const ours = messages.filter((message) => message.user === self.botUser || (message.bot_id && message.bot_id === self.botId));
    const found = ours.find(({ metadata }) => metadata?.event_type === metadataType && metadata.event_payload.delivery_id === deliveryId);
    if (found) return found.ts;
    cursor = next?.next_cursor === cursor ? undefined : next?.next_cursor;
  } while (cursor && threadTs !== undefined);
  return undefined;
}

function toMetadata(deliveryId: string): Metadata {
  return { event_type: metadataType, event_payload: { delivery_id: deliveryId } };
}

function feedbackId(reply: Reply, deliveryId: string, wanted: boolean): string | undefined {
  return wanted && reply.tone === "answer" && reply.private === undefined ? deliveryId : undefined;
}

function toPosted(address: SlackAddress, ts: string | undefined): PostedRef {
  if (!ts) throw new DeliveryError("ambiguous", "Slack did not say which message it posted");
  return { platform: "slack", message: ts, address };
}
