import { z } from "zod";
import type { Outgoing } from "./activity.ts";
import type { Done } from "./call.ts";
import { checkContent } from "./content.ts";
import { type Desk, findMessage, type Place } from "./desk.ts";
import { bot, type Message, type Stream, toMessage } from "./message.ts";
import { refuse } from "./refusal.ts";

const streamInfoSchema = z.looseObject({
  streamType: z.string().optional(),
  streamId: z.string().optional(),
  streamSequence: z.number().int().optional(),
});

type StreamInfo = z.infer<typeof streamInfoSchema>;

/** What an activity says about a stream, if it is part of one. It is the entity that counts; `channelData` may repeat it. */
export function findStreamInfo({ entities }: Outgoing): StreamInfo | undefined {
  const entity = entities.find(({ type }) => type === "streaminfo");
  return entity === undefined ? undefined : (streamInfoSchema.safeParse(entity).data ?? {});
}

/**
 * One request of a stream (docs: stream bot messages). The first opens it and gives its id; chunks hold all the text so far, in sequence, at
 * most one a second; `final` closes it. It lives two minutes, and dies when the person presses Stop.
 */
export function streamActivity(desk: Desk, place: Place, activity: Outgoing, info: StreamInfo): Done {
  if (place.conversation.kind !== "personal") {
    desk.violation("a stream outside a personal chat");
    return refuse(400, "BadArgument", "Streaming api is not enabled");
  }
  if (activity.type === "typing" && info.streamType !== "informative" && info.streamType !== "streaming") {
    desk.violation("a typing activity with stream information but no stream type");
    return refuse(400, "BadRequest", "Only start streaming and continue streaming types are allowed as a typing activity");
  }
  if (activity.type === "message" && info.streamType !== "final") {
    desk.violation("a message with stream information that is not final");
    return refuse(400, "BadRequest", "Only end streaming type is allowed as a message activity");
  }
  if (info.streamId === undefined) return openStream(desk, place, activity, info);
  const message = requireStream(desk, place, info.streamId);
  return info.streamType === "final" ? finish(desk, place, message, activity, info) : goOn(desk, message, activity, info);
}

function openStream(desk: Desk, { conversation }: Place, activity: Outgoing, info: StreamInfo): Done {
  const { tenant } = desk;
  if (info.streamType === "final" || info.streamSequence !== 1) {
    desk.violation("a stream that does not begin with the number 1");
    return refuse(400, "BadRequest", "A stream begins with stream sequence 1 and without a stream id");
  }
  const open = conversation.messages.filter((message) => isOpen(desk, message));
  if (open.length > 0) {
    desk.violation("two streams at a time in one chat");
    return refuse(403, "ContentStreamNotAllowed", "Content stream is not allowed");
  }
  checkChunk(desk, activity, info);
  const at = tenant.clock.now();
  const stream: Stream = { state: "open", startedAt: at, sequence: 1, at, informative: info.streamType === "informative" };
  const message = toMessage({
    id: tenant.messageId(),
    at: tenant.clock.now(),
    conversation: conversation.id,
    threadId: undefined,
    user: bot,
    text: activity.text,
    stream,
  });
  conversation.messages.push(message);
  conversation.typingUntil = 0;
  tenant.changed();
  return { status: 201, body: { id: message.id } };
}

/** Ends a stream whose time is over, and says whether it still takes text. */
export function isOpen({ tenant, streamLifeMs }: Desk, { stream }: Message): boolean {
  if (stream?.state === "open" && tenant.clock.now() - stream.startedAt >= streamLifeMs) stream.state = "expired";
  return stream?.state === "open";
}

function requireStream(desk: Desk, { conversation }: Place, id: string): Message & { readonly stream: Stream } {
  const message = findMessage(conversation, id);
  if (message?.stream === undefined || message.deleted) return refuse(400, "BadRequest", "There is no such stream");
  if (!isOpen(desk, message)) return refuse(403, "ContentStreamNotAllowed", whyClosed(message.stream));
  return Object.assign(message, { stream: message.stream });
}

function whyClosed({ state }: Stream): string {
  if (state === "stoppedByUser") return "Content stream was canceled by user.";
  if (state === "expired") return "Content stream finished due to exceeded streaming time.";
  return "Content stream is not allowed on an already completed streamed message";
}

function checkChunk(desk: Desk, activity: Outgoing, info: StreamInfo): void {
  if (activity.text === "") refuse(400, "BadRequest", "Start streaming activities should include text");
  if (info.streamType === "informative" && activity.text.length > 1_000) {
    desk.violation("an informative update of more than 1000 characters");
    refuse(400, "BadRequest", "Informative messages must not be more than 1000 characters");
  }
  const furniture = activity.attachments.length > 0 || activity.entities.some(({ type }) => type !== "streaminfo");
  if (!furniture && activity.channelData.feedbackLoop === undefined) return;
  desk.violation("attachments, entities or feedback before the end of a stream");
  refuse(400, "BadRequest", "Attachments and entities belong to the final message of a stream");
}

function goOn(desk: Desk, message: Message & { readonly stream: Stream }, activity: Outgoing, info: StreamInfo): Done {
  const { stream } = message;
  checkChunk(desk, activity, info);
  checkPace(desk, stream);
  if (info.streamSequence === undefined) {
    desk.violation("a chunk of a stream without a number");
    return refuse(400, "BadRequest", "A chunk needs a stream sequence");
  }
  if (info.streamSequence <= stream.sequence) {
    const code = "ContentStreamSequenceOrderPreConditionFailed";
    return { status: 202, body: { error: { code, message: "The chunk came out of order and was dropped" } }, outcome: code };
  }
  if (info.streamType === "streaming" && !stream.informative && !activity.text.startsWith(message.text)) {
    desk.violation("a chunk of a stream that does not begin with the text before it");
    return refuse(400, "BadRequest", "Streamed content must contain the content streamed before");
  }
  if (info.streamType === "streaming" || stream.informative) {
    message.text = activity.text;
    stream.informative = info.streamType === "informative";
  }
  stream.sequence = info.streamSequence;
  desk.tenant.changed();
  return { status: 202, body: {} };
}

/** A tenth too early is forgiven: nobody can time a network. */
function checkPace(desk: Desk, stream: Stream): void {
  const now = desk.tenant.clock.now();
  if (now - stream.at < desk.streamIntervalMs * 0.9) refuse(429, "RateLimited", "API calls quota exceeded");
  stream.at = now;
}

function finish(desk: Desk, place: Place, message: Message & { readonly stream: Stream }, activity: Outgoing, info: StreamInfo): Done {
  if (info.streamSequence !== undefined) {
    desk.violation("the end of a stream with a number");
    return refuse(400, "BadRequest", "The final message of a stream has no stream sequence");
  }
  checkPace(desk, message.stream);
  checkContent(desk, place, activity);
  message.stream.state = "final";
  const { text, attachments, entities, channelData, suggestions } = activity;
  Object.assign(message, { text, attachments, entities, channelData, suggestions });
  desk.tenant.changed();
  return { status: 202, body: {} };
}
