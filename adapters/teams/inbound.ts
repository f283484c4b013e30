import { createHash } from "node:crypto";
import type { Attachment, IncomingEvent } from "../../src/model/message.ts";
import type { ThreadRef } from "../../src/model/thread.ts";
import { type ConversationKind, localTenant, type TeamsAddress, toPlace, toThread } from "./address.ts";
import { type Clicked, toClicked, toExecuted } from "./choices.ts";
import { type Consent, toConsent } from "./consent.ts";
import { beginsWithMention, mentionsBot, toCleanText } from "./text.ts";
import { type Activity, feedbackSchema, type WireAttachment } from "./wire.ts";

/** How activities are read. */
export interface Reading {
  /** Whether they come from a client on this machine, which may leave out tenant, directory id and conversation type. */
  readonly local: boolean;
  /** Milliseconds since 1970, for activities without a time. */
  readonly now: number;
}

/** What an activity is to us. */
export type Incoming =
  | { readonly kind: "event"; readonly event: IncomingEvent }
  /** Thumbs under a message of ours, whose delivery is still to be found. */
  | { readonly kind: "feedback"; readonly message: string; readonly event: Omit<Feedback, "delivery"> }
  | { readonly kind: "consent"; readonly address: TeamsAddress; readonly consent: Consent }
  /** The bot was added to a conversation, or taken away from it. */
  | { readonly kind: "installed" | "uninstalled"; readonly address: TeamsAddress };

type Feedback = Extract<IncomingEvent, { kind: "feedback" }>;

/** Pure. Undefined: not for us. One post gives the same event id in every delivery. */
export function fromActivity(activity: Activity, reading: Reading): Incoming | undefined {
  const address = toAddressOf(activity, reading);
  if (!address || isFromBot(activity)) return undefined;
  switch (activity.type) {
    case "message":
      return toEvent(fromMessage(activity, address, reading));
    case "messageUpdate":
      return toEvent(activity.channelData?.eventType === "editMessage" ? fromEdit(activity, address, reading) : undefined);
    case "messageDelete":
      return toEvent(fromDeletion(activity, address, reading));
    case "invoke":
      return fromInvoke(activity, address, reading);
    case "installationUpdate":
    case "conversationUpdate":
      return fromInstallation(activity, address);
    default:
      return undefined;
  }
}

/** A click on a card that is answered at once. */
export const isCardAction = ({ type, name }: Activity): boolean => type === "invoke" && name === "adaptiveCard/action";

/** The tenant that an activity belongs to: the conversation's. */
export function toTenant(activity: Activity, local: boolean): string | undefined {
  return activity.conversation.tenantId ?? activity.channelData?.tenant?.id ?? (local ? localTenant : undefined);
}

function toEvent(event: IncomingEvent | undefined): Incoming | undefined {
  return event && { kind: "event", event };
}

function fromMessage(activity: Activity, address: TeamsAddress, reading: Reading): IncomingEvent | undefined {
  const clicked = toClicked(activity.value);
  if (clicked) return toAction(activity, address, clicked, reading);
  const trigger = toTrigger(activity, address);
  const text = clean(activity, address);
  const attachments = activity.attachments.flatMap(toAttachment);
  // The click on any other card comes as a message without words.
  if (trigger === undefined || !address.user || (text === "" && attachments.length === 0 && activity.text == null)) return undefined;
  return {
    kind: "message",
    id: messageId(activity, address, reading),
    ...toBase(activity, address, address.user, reading),
    text,
    attachments,
    trigger,
  };
}

/** A click on one of our cards is meant for us, wherever it is made. */
function toAction(activity: Activity, address: TeamsAddress, clicked: Clicked, reading: Reading): IncomingEvent | undefined {
  if (!address.user) return undefined;
  const id = `${messageId(activity, address, reading)}:action`;
  return { kind: "action", id, ...toBase(activity, address, address.user, reading), ...clicked };
}

/** In a group chat, which has no threads, people talk to each other: there the bot has to be mentioned. */
function toTrigger(activity: Activity, { kind, conversation, bot }: TeamsAddress): "mention" | "direct" | "followUp" | undefined {
  if (kind === "personal") return "direct";
  if (mentionsBot(activity.entities, bot)) return "mention";
  const { root } = toPlace(conversation);
  return kind === "channel" && root !== activity.id && !beginsWithMention(activity.text ?? "") ? "followUp" : undefined;
}

function fromEdit(activity: Activity, address: TeamsAddress, reading: Reading): IncomingEvent | undefined {
  if (!address.user) return undefined;
  const message = messageId(activity, address, reading);
  const id = `${message}:edited:${activity.timestamp ?? ""}`;
  return { kind: "edited", id, message, ...toBase(activity, address, address.user, reading), text: clean(activity, address) };
}

function fromDeletion(activity: Activity, address: TeamsAddress, reading: Reading): IncomingEvent | undefined {
  if (!address.user) return undefined;
  const message = messageId(activity, address, reading);
  return { kind: "deleted", id: `${message}:deleted`, message, ...toBase(activity, address, address.user, reading) };
}

function fromInvoke(activity: Activity, address: TeamsAddress, reading: Reading): Incoming | undefined {
  const executed = isCardAction(activity) ? toExecuted(activity.value) : undefined;
  if (executed) return toEvent(toAction(activity, address, executed, reading));
  const consent = activity.name === "fileConsent/invoke" ? toConsent(activity.value, activity.replyToId) : undefined;
  if (consent) return { kind: "consent", address, consent };
  const feedback = activity.name === "message/submitAction" ? feedbackSchema.safeParse(activity.value).data : undefined;
  if (!feedback || !activity.replyToId || !address.user) return undefined;
  const value = feedback.actionValue.reaction === "like" ? "up" : "down";
  const id = `${messageId(activity, address, reading)}:feedback`;
  return {
    kind: "feedback",
    message: activity.replyToId,
    event: { kind: "feedback", id, ...toBase(activity, address, address.user, reading), value },
  };
}

/** One installation makes two activities; both say the same. */
function fromInstallation(activity: Activity, address: TeamsAddress): Incoming | undefined {
  const has = (members: Activity["membersAdded"]) => members.some(({ id }) => id === address.bot);
  const update = activity.type === "installationUpdate" ? activity.action : undefined;
  if (update === "remove" || has(activity.membersRemoved)) return { kind: "uninstalled", address };
  return update === "add" || has(activity.membersAdded) ? { kind: "installed", address } : undefined;
}

/** The conversation reference. Undefined where a part is missing without which nobody could be answered. */
function toAddressOf(activity: Activity, { local }: Reading): TeamsAddress | undefined {
  const tenant = toTenant(activity, local);
  const { conversation, serviceUrl, from, channelData } = activity;
  const bot = activity.recipient?.id ?? (local ? "bot" : undefined);
  const kind = toKind(activity, local);
  const team = channelData?.team?.id ?? channelData?.teamsTeamId;
  if (tenant === undefined || bot === undefined || kind === undefined) return undefined;
  return {
    tenant,
    serviceUrl,
    conversation:
      kind === "channel" && !isThread(conversation.id) && isPost(activity)
        ? `${conversation.id};messageid=${activity.id}`
        : conversation.id,
    kind,
    bot,
    ...(team && { team }),
    ...(from && { user: { id: from.id, ...(from.aadObjectId && { directory: from.aadObjectId }) } }),
  };
}

const isThread = (conversation: string) => toPlace(conversation).root !== undefined;
/** A post at a channel's root is the root of its own thread, also when it is edited or deleted. */
const isPost = ({ type, id }: Activity) => ["message", "messageUpdate", "messageDelete"].includes(type) && id != null;

/** A local client may leave the type out; its channels without threads are chats. */
function toKind({ conversation: { id, conversationType: type, isGroup } }: Activity, local: boolean): ConversationKind | undefined {
  if (local && isThread(id)) return "channel";
  if (local) return type === "channel" || type === "groupChat" || isGroup ? "groupChat" : "personal";
  return type === "personal" || type === "groupChat" || type === "channel" ? type : undefined;
}

/** Not us, not another bot. */
function isFromBot({ from, recipient }: Activity): boolean {
  return from?.role === "bot" || from?.id.startsWith("28:") === true || (from != null && from.id === recipient?.id);
}

function toBase(
  activity: Activity,
  address: TeamsAddress,
  user: NonNullable<TeamsAddress["user"]>,
  { now }: Reading,
): { readonly thread: ThreadRef; readonly author: IncomingEvent["author"]; readonly at: number } {
  const at = Date.parse(activity.timestamp ?? "");
  return {
    thread: toThread(address),
    author: { id: user.directory ?? user.id, workspace: address.tenant },
    at: Number.isNaN(at) ? now : at,
  };
}

/** One id for one post, however often it comes. */
function messageId(activity: Activity, { tenant, conversation }: TeamsAddress, { now }: Reading): string {
  const { id, timestamp, from, text } = activity;
  const given =
    id ??
    createHash("sha256")
      .update(JSON.stringify([timestamp ?? now, from?.id, text]))
      .digest("hex")
      .slice(0, 32);
  return `teams:${tenant}:${conversation}:${given}`;
}

function clean(activity: Activity, { bot }: TeamsAddress): string {
  return toCleanText(activity.text ?? "", activity.entities, bot, activity.textFormat);
}

/** Of a file that is said to be in a channel or a group chat, the copy of the message in HTML tells just that. */
const mentioned = /<attachment id="[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"/gi;

/** Files of personal chats, and pictures. What Teams only hints at comes along without a source, so that its person hears of it. */
function toAttachment({ contentType, contentUrl, name, content }: WireAttachment): readonly Attachment[] {
  if (typeof content === "string") {
    if (contentType !== "text/html") return [];
    return [...content.matchAll(mentioned)].map(([id]) => ({ id, name: "file", mediaType: unknownType, size: 0, source: {} }));
  }
  if (contentType === "application/vnd.microsoft.teams.file.download.info" && content?.downloadUrl) {
    const id = content.uniqueId ?? content.downloadUrl;
    return [{ id, name: name ?? "file", mediaType: unknownType, size: 0, source: { kind: "file", url: content.downloadUrl } }];
  }
  if (!contentType.startsWith("image/") || !contentUrl) return [];
  const mediaType = contentType === "image/*" ? unknownType : contentType;
  return [{ id: contentUrl, name: name ?? "image", mediaType, size: 0, source: { kind: "image", url: contentUrl } }];
}

const unknownType = "application/octet-stream";
