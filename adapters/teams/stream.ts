import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { Json } from "../../src/model/thread.ts";
import type { TeamsAddress } from "./address.ts";
import type { Connector, Message } from "./connector.ts";
import { type StreamEnd, streamEndOf } from "./errors.ts";

/** Teams ends a stream two minutes after its beginning; before that it is ended in good order. */
export const streamLifeMs = 105_000;
/** Teams takes one request a second. */
const intervalMs = 1_000;
/** Characters of a word about the work. */
const informativeLimit = 900;

/**
 * A message in a personal chat that is written bit by bit, by this process. Calls are made one after another.
 * https://learn.microsoft.com/microsoftteams/platform/bots/streaming-ux
 */
export interface Stream {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Why it takes no more. */
  readonly end: StreamEnd | "final" | undefined;
  /** A word about the work, until there is text. */
  inform(text: string, signal: AbortSignal): Promise<void>;
  /** The whole text so far, which begins with what was written before. */
  write(text: string, signal: AbortSignal): Promise<void>;
  /** Ends it with the whole message. */
  finish(message: Message, signal: AbortSignal): Promise<void>;
}

export interface StreamOptions {
  readonly connector: Connector;
  readonly clock: Clock;
  readonly address: TeamsAddress;
}

/** Opens a stream with a word about the work. There can be one in a chat. */
export async function openStream(options: StreamOptions, text: string, signal: AbortSignal): Promise<Stream> {
  const { connector, clock, address } = options;
  const id = await connector.post(address, toChunk("informative", inform(text), { streamSequence: 1 }), signal);
  if (!id) throw new DeliveryError("unavailable", "Teams did not say which stream it opened");
  const startedAt = clock.now();
  let sequence = 1;
  let earliest = startedAt + intervalMs;
  let end: Stream["end"];

  const send = async (call: () => Promise<unknown>, signal: AbortSignal) => {
    const wait = earliest - clock.now();
    if (wait > 0) await clock.sleep(wait, signal);
    try {
      await call();
    } catch (error) {
      end = streamEndOf(error) ?? end;
      throw error;
    } finally {
      earliest = clock.now() + intervalMs;
    }
  };
  const chunk = (type: "informative" | "streaming", text: string, signal: AbortSignal) => {
    sequence += 1;
    const message = toChunk(type, text, { streamId: id, streamSequence: sequence });
    return send(() => connector.post(address, message, signal), signal);
  };

  return {
    id,
    startedAt,
    get end() {
      return end;
    },
    inform: (words, signal) => chunk("informative", inform(words), signal),
    write: (whole, signal) => chunk("streaming", whole, signal),
    async finish(message, signal) {
      await send(() => finishStream(options, id, message, signal), signal);
      end = "final";
    },
  };
}

/** Ends a stream, also one that another process has begun. */
export async function finishStream(
  { connector, address }: StreamOptions,
  id: string,
  message: Message,
  signal: AbortSignal,
): Promise<void> {
  const info = { streamType: "final", streamId: id };
  const entities = [{ type: "streaminfo", ...info }, ...(message.entities ?? [])];
  await connector.post(address, { ...message, entities, channelData: { ...info, ...message.channelData } }, signal);
}

/** Older clients of the service read the stream's information in `channelData`, newer ones in the entity. */
function toChunk(streamType: "informative" | "streaming", text: string, more: { readonly [key: string]: Json }): Message {
  const info = { streamType, ...more };
  return { type: "typing", text, entities: [{ type: "streaminfo", ...info }], channelData: info };
}

function inform(text: string): string {
  return text.length <= informativeLimit ? text : `${text.slice(0, informativeLimit).replace(/[\ud800-\udbff]$/, "")}…`;
}
