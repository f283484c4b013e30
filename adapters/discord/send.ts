import { Routes } from "discord.js";
import { z } from "zod";
import type { Log } from "../../src/log.ts";
import type { Adapter } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import { type PostedRef, type Reply, textReply } from "../../src/model/reply.ts";
import type { ThreadRef } from "../../src/model/thread.ts";
import { fileOf } from "../shared/files.ts";
import { type DiscordAddress, directWorkspace, toAddress, toChannel, toPostedAddress } from "./address.ts";
import { stopRow } from "./components.ts";
import { codes, discordCode } from "./errors.ts";
import { createLive } from "./live.ts";
import { toNonce } from "./nonce.ts";
import { checkFile, type DiscordMessage, toButtons, toMessage } from "./render.ts";
import type { Rest } from "./rest.ts";
import type { Threads } from "./threads.ts";

/** More than this many live messages at once are not remembered; the oldest then end by an edit. */
const liveLimit = 1_000;
/** Said before there is text. */
const beginning = "…";
/** Stands at the message of somebody who takes no messages of the bot: that something was to be said, at least. */
const warning = "⚠️";

const createdSchema = z.object({ id: z.string() });

/** Everything that appears in Discord by the bot's own token goes through this: it calls nobody, and appears once. */
export interface Sender extends Required<Pick<Adapter, "post" | "edit" | "live" | "findLive">> {
  /** Posts in a channel as it is. Resolves to the id of the message. */
  say(channel: string, text: string, id: string, signal: AbortSignal): Promise<string>;
  /** A word to one person only. */
  whisper(address: DiscordAddress, user: string, text: string, id: string, signal: AbortSignal): Promise<void>;
  /** Resolves when no live message is being written any more. */
  stop(): Promise<void>;
}

export interface SenderOptions {
  readonly rest: Rest;
  readonly threads: Threads;
  readonly clock: Clock;
  readonly log: Log;
  readonly feedbackButtons: boolean;
}

export function createSender(options: SenderOptions): Sender {
  const { rest, threads, clock, log } = options;
  const lives = new Map<string, ReturnType<typeof createLive>>();
  const buttons = (reply: Reply, deliveryId: string) => toButtons(reply, deliveryId, options.feedbackButtons);

  /** One message. The nonce makes sure that there is no second one, however often this is tried within some minutes. */
  const create = async (channel: string, message: DiscordMessage, id: string, signal: AbortSignal): Promise<string> => {
    const body = { ...toBody(message), nonce: toNonce(id), enforce_nonce: true };
    const send = () =>
      rest.call("post", Routes.channelMessages(channel), { name: "post", purpose: "post", body, files: message.files }, signal);
    const answer = await send().catch(async (error: unknown) => {
      if (discordCode(error) !== codes.threadArchived) throw error;
      await threads.wake(channel, signal);
      return send();
    });
    const created = createdSchema.safeParse(answer);
    if (!created.success) throw new DeliveryError("ambiguous", "Discord did not say which message it posted");
    return created.data.id;
  };

  const update = async (channel: string, id: string, message: DiscordMessage, signal: AbortSignal) => {
    const call = { name: "edit", purpose: "edit", body: toBody(message), files: message.files } as const;
    await rest.call("patch", Routes.channelMessage(channel, id), call, signal).catch(async (error: unknown) => {
      if (discordCode(error) !== codes.threadArchived) throw error;
      await threads.wake(channel, signal);
      await rest.call("patch", Routes.channelMessage(channel, id), call, signal);
    });
  };

  const whisper = async (address: DiscordAddress, user: string, message: DiscordMessage, id: string, signal: AbortSignal) => {
    if (address.guild === directWorkspace) return toPosted(address, await create(toChannel(address), message, id, signal));
    try {
      const open = { name: "open direct message", purpose: "read", body: { recipient_id: user } } as const;
      const channel = createdSchema.parse(await rest.call("post", Routes.userChannels(), open, signal)).id;
      return toPosted({ guild: directWorkspace, channel }, await create(channel, message, id, signal));
    } catch (error) {
      if (discordCode(error) !== codes.personClosed || address.message === undefined) throw error;
      const route = Routes.channelMessageOwnReaction(
        address.root ? address.channel : toChannel(address),
        address.message,
        encodeURIComponent(warning),
      );
      await rest.call("put", route, { name: "react", purpose: "read" }, signal);
      return toPosted(address, address.message);
    }
  };

  /** The same message again where it was begun a few minutes ago: its nonce says so. */
  const begin = async (thread: ThreadRef, asker: { readonly id: string }, signal: AbortSignal): Promise<PostedRef> => {
    const address = toAddress(thread);
    const channel = await threads.open(address, signal);
    const message = toMessage(textReply(beginning, "answer"), [stopRow]);
    const id = `live:${channel}:${address.message ?? ""}:${asker.id}`;
    const once = () => create(channel, message, id, signal);
    // Nobody would come back to a message that stands there unheard of.
    return toPosted(address, await once().catch((error: unknown) => retryOnce(error, once)));
  };

  return {
    async post(thread, reply, deliveryId, signal) {
      const address = toAddress(thread);
      checkFile(reply);
      if (reply.private !== undefined) return whisper(address, reply.private, toMessage(reply), deliveryId, signal);
      const channel = await threads.open(address, signal);
      const created = create(channel, toMessage(reply, buttons(reply, deliveryId)), deliveryId, signal);
      return toPosted(address, await (fileOf(reply) ? created.catch(refuseFile) : created));
    },

    async edit(posted, reply, deliveryId, signal) {
      const address = toPostedAddress(posted);
      await lives.get(posted.message)?.close();
      await update(toChannel(address), posted.message, toMessage(reply, buttons(reply, deliveryId)), signal);
      lives.delete(posted.message);
      return posted;
    },

    async live(thread, asker, signal) {
      const posted = await begin(thread, asker, signal);
      const channel = toChannel(toPostedAddress(posted));
      const edit = (text: string, until: AbortSignal) =>
        update(channel, posted.message, toMessage(textReply(text, "answer"), [stopRow]), until);
      const live = createLive({ clock, log, posted, edit, signal });
      lives.set(posted.message, live);
      const [oldest] = lives;
      if (lives.size > liveLimit && oldest) {
        lives.delete(oldest[0]);
        await oldest[1].close();
      }
      return live;
    },

    // Where none was begun, or the time of its nonce is over, one is begun now, and the answer takes its place as well.
    findLive: (thread, asker, _since, signal) => begin(thread, asker, signal),

    say: (channel, text, id, signal) => create(channel, toMessage(textReply(text, "notice")), id, signal),

    async whisper(address, user, text, id, signal) {
      await whisper(address, user, toMessage(textReply(text, "notice")), id, signal);
    },

    async stop() {
      await Promise.all([...lives.values()].map((live) => live.close()));
      lives.clear();
    },
  };
}

async function retryOnce(error: unknown, again: () => Promise<string>): Promise<string> {
  if (!(error instanceof DeliveryError) || error.kind !== "ambiguous") throw error;
  return again();
}

/** Files take a permission of their own: without it, it is not the thread that is closed to us. */
function refuseFile(error: unknown): never {
  if (discordCode(error) !== codes.noPermission) throw error;
  const explanation = "the bot may not attach files here (an admin can give it that permission)";
  throw new DeliveryError("fileRefused", "the file is refused: no permission", { explanation, cause: error });
}

/** Without its files, which go along in a form. An edit leaves no file that is not named here. */
function toBody({ files, ...message }: DiscordMessage) {
  return { ...message, attachments: files.map(({ name }, id) => ({ id, filename: name })) };
}

/** The thread is there once something is posted in it. */
function toPosted({ root: _, ...address }: DiscordAddress, message: string): PostedRef {
  return { platform: "discord", message, address };
}
