import { type Outgoing, parseOutgoing } from "../activity.ts";
import type { Done } from "../call.ts";
import { checkContent } from "../content.ts";
import { type Desk, findMessage, type Place, requirePlace } from "../desk.ts";
import { bot, type Message, toMessage } from "../message.ts";
import { refuse } from "../refusal.ts";
import { findStreamInfo, streamActivity } from "../stream.ts";

/** How long "is typing" shows unless something is posted before. */
const typingMs = 6_000;

/** A post: where, what, and the id of an activity that it answers, if any. */
export interface Posting {
  readonly id: string;
  readonly replyTo?: string | undefined;
  readonly body: unknown;
  /** For its recipient alone. */
  readonly targeted?: boolean;
}

/** `POST v3/conversations/<id>/activities`, with or without the id of an activity that is answered. */
export function postActivity(desk: Desk, { id, replyTo, body, targeted = false }: Posting): Done {
  const place = toThread(requirePlace(desk, id), replyTo);
  const activity = parseOutgoing(body);
  const stream = findStreamInfo(activity);
  if (stream !== undefined) return streamActivity(desk, place, activity, stream);
  if (activity.type === "typing") return showTyping(desk, place);
  if (activity.type !== "message") return refuse(400, "BadArgument", `Unknown activity type ${activity.type}`);
  checkContent(desk, place, activity);
  return { status: 201, body: { id: write(desk, place, activity, targeted).id } };
}

/** In a bare channel the answered message decides the thread; where the conversation names a thread, that does. */
function toThread(place: Place, replyTo: string | undefined): Place {
  if (place.conversation.kind !== "channel" || place.threadId !== undefined || replyTo === undefined) return place;
  const answered = findMessage(place.conversation, replyTo);
  if (answered === undefined) return refuse(404, "ActivityNotFoundInConversation", "The activity was not found in the conversation.");
  return { ...place, threadId: answered.threadId ?? answered.id };
}

function showTyping({ tenant }: Desk, { conversation }: Place): Done {
  conversation.typingUntil = tenant.clock.now() + typingMs;
  conversation.typings += 1;
  tenant.changed();
  return { status: 202, body: {} };
}

function write({ tenant }: Desk, { conversation, threadId }: Place, activity: Outgoing, targeted: boolean): Message {
  const reader = [...tenant.people.values()].find(({ accountId }) => accountId === activity.recipient)?.id;
  if (targeted && reader === undefined) return refuse(400, "BadArgument", "A targeted message needs a recipient.");
  const message = toMessage({
    id: tenant.messageId(),
    at: tenant.clock.now(),
    conversation: conversation.id,
    threadId,
    user: bot,
    ...toContent(activity),
    onlyFor: targeted ? reader : undefined,
  });
  conversation.messages.push(message);
  conversation.typingUntil = 0;
  tenant.changed();
  return message;
}

function toContent({ text, attachments, entities, channelData, suggestions }: Outgoing) {
  return { text, attachments, entities, channelData, suggestions };
}

/** `PUT v3/conversations/<id>/activities/<activity>`: a message of the bot's, which is not being streamed. */
export function editActivity(desk: Desk, id: string, activityId: string, body: unknown): Done {
  const place = requirePlace(desk, id);
  const message = requireOwn(place, activityId);
  const activity = parseOutgoing(body);
  if (activity.type !== "message") return refuse(400, "BadArgument", `Unknown activity type ${activity.type}`);
  if (message.stream?.state === "open") return refuse(403, "ContentStreamNotAllowed", "The message is being streamed");
  checkContent(desk, place, activity);
  Object.assign(message, toContent(activity), { edited: true });
  desk.tenant.changed();
  return { status: 200, body: { id: message.id } };
}

/** `DELETE v3/conversations/<id>/activities/<activity>`. */
export function deleteActivity(desk: Desk, id: string, activityId: string): Done {
  if (desk.tenant.plain) return refuse(404, "NotFound", "Nothing can be deleted here");
  const place = requirePlace(desk, id);
  requireOwn(place, activityId).deleted = true;
  desk.tenant.changed();
  return { status: 200, body: {} };
}

function requireOwn({ conversation, threadId }: Place, id: string): Message {
  const message = findMessage(conversation, id);
  const here = message !== undefined && (threadId === undefined || message.id === threadId || message.threadId === threadId);
  if (message === undefined || !here || message.deleted) {
    return refuse(404, "ActivityNotFoundInConversation", "The activity was not found in the conversation.");
  }
  if (message.user !== bot) return refuse(403, "MessageWritesBlocked", "The activity belongs to somebody else.");
  return message;
}
