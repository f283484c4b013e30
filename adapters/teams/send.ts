import type { Log } from "../../src/log.ts";
import type { Adapter } from "../../src/model/adapter.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import { type PostedRef, type Reply, textReply } from "../../src/model/reply.ts";
import { fileOf } from "../shared/files.ts";
import { localTenant, type TeamsAddress, toAddress, toPostedAddress } from "./address.ts";
import type { Connector, Message } from "./connector.ts";
import type { Feedback } from "./feedback.ts";
import { isPicture, toFilePost } from "./file-post.ts";
import { fill } from "./fill.ts";
import type { Hosts } from "./hosts.ts";
import { createLive, type Live } from "./live.ts";
import type { Pace } from "./pace.ts";
import type { Places } from "./places.ts";
import { toMessage } from "./render.ts";
import type { Signs } from "./sign.ts";
import { openStream, type Stream } from "./stream.ts";
import type { InTurn } from "./turns.ts";

/** More than this many live messages at once are not remembered; the oldest then end by an update. */
const liveLimit = 1_000;
/** Said before there is text. */
const beginning = "Writing…";

/** Everything that appears in a conversation through this. */
export interface Sender extends Required<Pick<Adapter, "post" | "edit" | "holds" | "live">> {
  /** A word to the person of this address alone. */
  whisper(address: TeamsAddress, text: string, signal: AbortSignal): Promise<void>;
  /** Resolves when no live message is being written any more. */
  stop(): Promise<void>;
}

export interface SenderOptions {
  readonly connector: Connector;
  readonly hosts: Hosts;
  readonly places: Places;
  readonly pace: Pace;
  readonly inTurn: InTurn;
  readonly signs: Signs;
  readonly feedback: Feedback;
  readonly clock: Clock;
  readonly log: Log;
  readonly feedbackButtons: boolean;
  /** Whether a client on this machine stands in for Teams: it has no place for files. */
  readonly local: boolean;
  /** The person pressed Stop on a message that is being written. Returns at once. */
  readonly onStopped: (address: TeamsAddress, message: string, asker: { readonly id: string; readonly workspace: string }) => void;
}

export function createSender(options: SenderOptions): Sender {
  const { connector, hosts, places, pace, signs, clock, log, inTurn } = options;
  const lives = new Map<string, Live>();
  const keyOf = (address: TeamsAddress, message: string) => `${address.tenant}:${address.conversation}:${message}`;

  const whisper = async (address: TeamsAddress, user: string, given: Reply, signal: AbortSignal): Promise<PostedRef> => {
    const { choices: _, ...reply } = given;
    const alone = address.kind === "personal" || address.tenant === localTenant;
    const conversation = alone ? address.conversation : await inTurn(address, signal, () => connector.chatWith(address, user, signal));
    const to: TeamsAddress = alone ? address : { ...address, conversation, kind: "personal" };
    const id = await inTurn(to, signal, () => connector.post(to, toMessage(reply, false, ""), signal));
    return toPosted(to, id);
  };

  /** The account that this bot knows, where the address has it. */
  const accountOf = ({ user }: TeamsAddress, id: string) => (user?.directory === id ? user.id : id);

  return {
    async post(thread, reply, deliveryId, signal) {
      const address = await places.current(toAddress(thread, hosts.isService));
      if (reply.private !== undefined) return whisper(address, accountOf(address, reply.private), reply, signal);
      const file = fileOf(reply);
      const message = file ? toFilePost(file, address, deliveryId, options.local) : toMessage(reply, options.feedbackButtons, deliveryId);
      // A card that asks is no answer that a sign could become.
      const ends = reply.tone !== "notice" && !reply.notify && (!file || isPicture(file));
      const taken = await signs.claim(address, deliveryId, ends);
      const filled = taken && (await fill(options, address, taken, message, signal)) ? taken.slot.message : undefined;
      if (taken && filled === undefined) await signs.release(address, deliveryId);
      const id = filled ?? (await inTurn(address, signal, () => connector.post(address, message, signal)));
      if (!file) await options.feedback.remember(address, id, reply, deliveryId);
      return toPosted(address, id);
    },

    async edit(posted, reply, deliveryId, signal) {
      const address = await places.current(toPostedAddress(posted, hosts.isService));
      const key = keyOf(address, posted.message);
      const live = lives.get(key);
      await live?.close();
      const message = toMessage(reply, options.feedbackButtons, deliveryId);
      const { streamedAt } = address;
      // Whether the stream of another process is still open, Teams knows best.
      const open = streamedAt !== undefined && (live === undefined || live.stream !== undefined);
      const taken = open && { slot: { message: posted.message, at: streamedAt, stream: true }, stream: live?.stream };
      try {
        const ended = taken && (await fill(options, address, taken, message, signal));
        if (!ended) await inTurn(address, signal, () => connector.update(address, posted.message, message, signal));
      } catch (error) {
        // Nothing is written there any more, and nothing will be: the next sign is shown elsewhere.
        if (error instanceof DeliveryError && error.kind === "replacedGone") await signs.written(address, posted.message);
        throw error;
      }
      lives.delete(key);
      await signs.written(address, posted.message);
      await options.feedback.remember(address, posted.message, reply, deliveryId);
      return posted;
    },

    holds: async (thread, deliveryId) => signs.holds(toAddress(thread, hosts.isService), deliveryId),

    async live(thread, asker, signal) {
      const address = await places.current(toAddress(thread, hosts.isService));
      const { message, stream } = await begin(options, address, signal);
      const posted = toPosted(stream ? { ...address, streamedAt: stream.startedAt } : address, message);
      const onStopped = () => options.onStopped(address, message, asker);
      const live = createLive({ connector, pace, clock, log, address, posted, stream, onStopped, signal });
      lives.set(keyOf(address, message), live);
      const [oldest] = lives;
      if (lives.size > liveLimit && oldest) {
        lives.delete(oldest[0]);
        await oldest[1].close();
      }
      return live;
    },

    async whisper(given, text, signal) {
      const address = await places.current(given);
      if (address.user) await whisper(address, address.user.id, textReply(text, "notice"), signal);
    },

    async stop() {
      await Promise.all([...lives.values()].map((live) => live.close()));
      lives.clear();
    },
  };
}

/** The message that is to be written: the sign if there is one, else a new one; a stream in personal chats. */
async function begin(
  { connector, signs, clock, inTurn }: SenderOptions,
  address: TeamsAddress,
  signal: AbortSignal,
): Promise<{ readonly message: string; readonly stream: Stream | undefined }> {
  const taken = await signs.adopt(address);
  if (taken) return { message: taken.slot.message, stream: taken.stream };
  if (address.kind === "personal") {
    const stream = await inTurn(address, signal, () => openStream({ connector, clock, address }, beginning, signal));
    await signs.writing(address, { message: stream.id, at: stream.startedAt, stream: true });
    return { message: stream.id, stream };
  }
  const sign: Message = { type: "message", text: beginning, textFormat: "markdown" };
  const message = await inTurn(address, signal, () => connector.post(address, sign, signal));
  if (!message) throw new DeliveryError("unavailable", "Teams did not say which message it posted");
  await signs.writing(address, { message, at: clock.now(), stream: false });
  return { message, stream: undefined };
}

/** Some local clients do not name what they show; then it cannot be edited. */
function toPosted(address: TeamsAddress, message: string | undefined): PostedRef {
  const { user: _, ...place } = address;
  return { platform: "teams", message: message ?? "", address: address.kind === "personal" ? address : place };
}
