import type { KnownBlock } from "@slack/types";
import type { Log } from "../../src/log.ts";
import type { Adapter } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import { type PostedRef, type Reply, textReply } from "../../src/model/reply.ts";
import { fileOf } from "../shared/files.ts";
import { isDirect, type SlackAddress, toAddress, toPostedAddress } from "./address.ts";
import { refusesBlocks } from "./errors.ts";
import { toFallback } from "./fallback.ts";
import { findBegun, findByMetadata, metadataType } from "./find.ts";
import type { Identity } from "./identity.ts";
import { createLive, type Live } from "./live.ts";
import type { Pace } from "./pace.ts";
import { type SlackMessage, toChoicesBlock, toFeedbackBlock, toMarkdown, toMessage } from "./render.ts";
import { type Metadata, startStream, updateMessage } from "./stream.ts";
import { show, upload } from "./upload.ts";
import type { Web } from "./web.ts";

/** More than this many live messages at once are not remembered; the oldest then end by an update. */
const liveLimit = 1_000;

/** Everything that appears in a thread through this. */
export interface Sender extends Required<Pick<Adapter, "post" | "edit" | "find" | "live" | "findLive">> {
  /** A word to one person only. Not retried, not found again. */
  whisper(address: SlackAddress, user: string, text: string, signal: AbortSignal): Promise<void>;
  /** Resolves when no live message is being written any more. */
  stop(): Promise<void>;
}

export interface SenderOptions {
  readonly web: Web;
  readonly apiUrl: string;
  /** For the bytes of files. */
  readonly fetch: typeof fetch;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly log: Log;
  readonly feedbackButtons: boolean;
  /** Whether the app brings files. */
  readonly files: boolean;
  /** Throws until Slack has told us who we are. */
  readonly identity: () => Identity;
}

export function createSender(options: SenderOptions): Sender {
  const { web, pace, identity } = options;
  const lives = new Map<string, Live>();
  const liveKey = (posted: PostedRef, address: SlackAddress) => `${address.channel}:${posted.message}`;

  const toButtons = (reply: Reply, deliveryId: string): KnownBlock[] => {
    if (reply.choices && reply.choices.length > 0) return [toChoicesBlock(reply.choices, deliveryId)];
    return options.feedbackButtons && reply.tone === "answer" ? [toFeedbackBlock(deliveryId)] : [];
  };

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
    await inTurn(address, signal, () => postPrivately(web, address, user, toMarkdown(textReply(text, "notice")), signal));
  };

  return {
    async post(thread, reply, deliveryId, signal) {
      const address = toAddress(thread, identity().team);
      const file = fileOf(reply);
      if (file) {
        const id = await upload(file, options, signal);
        await inTurn(address, signal, () => show(web, id, file, address, deliveryId, signal));
        // Which message shows it, Slack tells nobody; it can be found by its mark.
        return { platform: "slack", message: id, address };
      }
      const markdown = toMarkdown(reply);
      const blocks = toButtons(reply, deliveryId);
      const ts = await inTurn(address, signal, () =>
        reply.private === undefined
          ? postOpenly(web, address, markdown, { metadata: toMetadata(deliveryId), blocks, bare: toBare(reply) }, signal)
          : postPrivately(web, address, reply.private, markdown, signal),
      );
      return toPosted(address, ts);
    },

    async edit(posted, reply, deliveryId, signal) {
      const address = toPostedAddress(posted, identity().team);
      const key = liveKey(posted, address);
      const live = lives.get(key);
      const markdown = toMarkdown(reply);
      const last = { metadata: toMetadata(deliveryId), blocks: toButtons(reply, deliveryId) };
      const shown = (await live?.finish(markdown, last, signal)) ?? false;
      const place = { channel: address.channel, ts: posted.message };
      const update = (message: SlackMessage) => updateMessage(web, place, message, last.metadata, signal);
      if (!shown) await orTextOnly(toMessage(markdown, last.blocks), toBare(reply), update);
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

    async findLive(thread, _asker, since, signal) {
      const address = toAddress(thread, identity().team);
      const ts = address.threadTs === undefined ? undefined : await findBegun(web, address, since, identity(), signal);
      return ts === undefined ? undefined : toPosted(address, ts);
    },

    whisper,

    async stop() {
      await Promise.all([...lives.values()].map((live) => live.close()));
      lives.clear();
    },
  };
}

interface Extras {
  readonly metadata: Metadata;
  readonly blocks: KnownBlock[];
  /** What is shown where the blocks are refused. */
  readonly bare: string;
}

/** https://docs.slack.dev/reference/methods/chat.postMessage */
async function postOpenly(web: Web, address: SlackAddress, markdown: string, extras: Extras, signal: AbortSignal) {
  const { channel, threadTs } = address;
  const more = { ...(threadTs && { thread_ts: threadTs }), metadata: extras.metadata, unfurl_links: false, unfurl_media: false };
  const answer = await orTextOnly(toMessage(markdown, extras.blocks), extras.bare, (content) =>
    web.call("chat.postMessage", "post", { channel, ...content, ...more }, signal),
  );
  return answer.ts;
}

/**
 * Such a message is seen in a thread only if somebody has answered there. Where the person's own message began the thread it goes
 * beside that message. https://docs.slack.dev/reference/methods/chat.postEphemeral
 */
async function postPrivately(web: Web, address: SlackAddress, user: string, markdown: string, signal: AbortSignal) {
  const { channel, threadTs } = address;
  const thread = threadTs !== undefined && threadTs !== address.ts ? { thread_ts: threadTs } : {};
  const answer = await orTextOnly(toMessage(markdown), markdown, (content) =>
    web.call("chat.postEphemeral", "post", { channel, user, ...content, ...thread }, signal),
  );
  return answer.message_ts;
}

/** The Markdown of a reply that has no buttons: its choices are words in it. */
function toBare({ parts, choices = [] }: Reply): string {
  const list = choices.map(({ label }) => `- ${label}`).join("\n");
  return toMarkdown({ parts: [...parts, { kind: "text", text: list }] });
}

/** Where Slack refuses the blocks, the text is shown without them. */
async function orTextOnly<T>(message: SlackMessage, markdown: string, send: (message: SlackMessage) => Promise<T>): Promise<T> {
  try {
    return await send(message);
  } catch (error) {
    if (!refusesBlocks(error)) throw error;
    return await send({ text: toFallback(markdown), blocks: [] });
  }
}

function toMetadata(deliveryId: string): Metadata {
  return { event_type: metadataType, event_payload: { delivery_id: deliveryId } };
}

function toPosted(address: SlackAddress, ts: string | undefined): PostedRef {
  if (!ts) throw new DeliveryError("ambiguous", "Slack did not say which message it posted");
  return { platform: "slack", message: ts, address };
}
