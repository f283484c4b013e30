import type { Attachment, Author, ControlWord, IncomingEvent } from "../../src/model/message.ts";
import type { ThreadRef } from "../../src/model/thread.ts";
import { isDirect, type SlackAddress } from "./address.ts";
import { toFiles, toText } from "./said.ts";
import { beginsWithMention, mentions, type Names } from "./text.ts";
import type { Actions, Command, InnerMessage, MessageEvent, SessionStopped, SlackFile } from "./wire.ts";

/** Who we are in Slack, and how its direct messages are read. */
export interface Reading {
  readonly team: string;
  readonly botUser: string;
  readonly botId: string | undefined;
  readonly directMessages: "chat" | "threads" | "off";
}

export const feedbackAction = "a2a_feedback";
/** Followed by the id of the choice. */
export const choiceAction = "a2a_choice_";

/** Subtypes that are still a person's message; every other one is Slack's own or a bot's. */
const peoplesSubtypes = ["file_share", "thread_broadcast", "me_message"];
const words: readonly ControlWord[] = ["new", "stop", "status", "help", "again"];

/** Pure. Undefined: not for us. `message` and `app_mention` of one post give the same event id. */
export function fromMessage(event: MessageEvent, reading: Reading, names: Names): IncomingEvent | undefined {
  if (event.subtype === "message_changed" && event.message?.subtype !== "tombstone") return fromEdit(event, reading, names);
  // A root that has replies leaves a tombstone when it is deleted.
  if (event.subtype === "message_deleted" || event.subtype === "message_changed") return fromDeletion(event, reading);
  if (event.subtype && !peoplesSubtypes.includes(event.subtype)) return undefined;
  const { user } = event;
  if (!user || !isPerson(event, reading)) return undefined;
  const trigger = toTrigger(event, reading);
  if (trigger === undefined) return undefined;
  return {
    kind: "message",
    id: messageId(reading.team, event.channel, event.ts),
    thread: toThread(reading, event.channel, event.thread_ts ?? event.ts, event.ts),
    author: toAuthor(user, event, reading),
    at: toMilliseconds(event.ts),
    text: toText(event, reading.botUser, names),
    attachments: toFiles(event).map(toAttachment),
    trigger,
  };
}

function toTrigger(event: MessageEvent, reading: Reading): "mention" | "direct" | "followUp" | undefined {
  const text = event.text ?? "";
  if (event.channel_type === "im" || isDirect(event.channel)) return reading.directMessages === "off" ? undefined : "direct";
  if (mentions(text, reading.botUser)) return "mention";
  const inThread = event.thread_ts && event.thread_ts !== event.ts;
  return inThread && !beginsWithMention(text) ? "followUp" : undefined;
}

function fromEdit(event: MessageEvent, reading: Reading, names: Names): IncomingEvent | undefined {
  const { message, previous_message: previous } = event;
  if (!message?.user || !isPerson(message, reading)) return undefined;
  if (message.subtype && !peoplesSubtypes.includes(message.subtype)) return undefined;
  // Slack also sends this event when it unfolds a link or counts a reply: then the words are the same.
  if (previous && (previous.text ?? "") === (message.text ?? "")) return undefined;
  const when = event.event_ts ?? event.ts;
  return {
    kind: "edited",
    id: `${messageId(reading.team, event.channel, message.ts)}:edited:${when}`,
    message: messageId(reading.team, event.channel, message.ts),
    thread: toThread(reading, event.channel, message.thread_ts ?? message.ts, message.ts),
    author: toAuthor(message.user, message, reading),
    at: toMilliseconds(when),
    text: toText(message, reading.botUser, names),
  };
}

function fromDeletion(event: MessageEvent, reading: Reading): IncomingEvent | undefined {
  const { previous_message: previous } = event;
  if (!previous?.user || !isPerson(previous, reading)) return undefined;
  if (previous.subtype && !peoplesSubtypes.includes(previous.subtype)) return undefined;
  const gone = event.deleted_ts ?? previous.ts;
  return {
    kind: "deleted",
    id: `${messageId(reading.team, event.channel, gone)}:deleted`,
    message: messageId(reading.team, event.channel, gone),
    thread: toThread(reading, event.channel, previous.thread_ts ?? gone, gone),
    author: toAuthor(previous.user, previous, reading),
    at: toMilliseconds(event.event_ts ?? event.ts),
  };
}

/** Slack's own stop button. */
export function fromSessionStopped(event: SessionStopped, reading: Reading): IncomingEvent {
  return {
    kind: "stop",
    id: `slack:${reading.team}:${event.channel}:stop:${event.event_ts}`,
    thread: toThread(reading, event.channel, event.thread_ts),
    author: { id: event.user, workspace: reading.team },
    at: toMilliseconds(event.event_ts),
  };
}

/** A slash command knows no thread: only where a whole direct message channel is one chat does it have a place. `now` in milliseconds. */
export function fromCommand(command: Command, reading: Reading, now: number): IncomingEvent | undefined {
  const word = words.find((known) => known === command.text.trim().toLowerCase());
  if (word === undefined || !isDirect(command.channel_id) || reading.directMessages !== "chat") return undefined;
  return {
    kind: "command",
    id: `slack:${reading.team}:${command.channel_id}:command:${command.trigger_id}`,
    thread: toThread(reading, command.channel_id, undefined),
    author: { id: command.user_id, workspace: reading.team },
    at: now,
    word,
  };
}

/** A click on a button of ours. The value of a feedback button is `up:` or `down:` and the delivery id; of a choice, the delivery id. */
export function fromActions(payload: Actions, reading: Reading): IncomingEvent | undefined {
  const [action] = payload.actions;
  if (!action?.value) return undefined;
  const base = toClickBase(payload, action.action_ts, reading);
  const id = (kind: string) => `slack:${reading.team}:${base.thread.channel}:${kind}:${action.action_ts}:${payload.user.id}`;
  if (action.action_id.startsWith(choiceAction)) {
    const choice = action.action_id.slice(choiceAction.length);
    return { kind: "action", id: id("action"), ...base, question: action.value, choice };
  }
  const [, value, delivery] = /^(up|down):(.+)$/s.exec(action.value) ?? [];
  if (action.action_id !== feedbackAction || !delivery) return undefined;
  return { kind: "feedback", id: id("feedback"), ...base, delivery, value: value === "up" ? "up" : "down" };
}

function toClickBase({ container, message, user }: Actions, at: string, reading: Reading) {
  const { message_ts: messageTs, channel_id: channel, thread_ts: threadTs } = container;
  return {
    thread: toThread(reading, channel, threadTs ?? message?.thread_ts ?? messageTs),
    author: { id: user.id, workspace: user.team_id ?? reading.team },
    at: toMilliseconds(at),
  };
}

/** One id for one post, whatever event brings it. */
function messageId(team: string, channel: string, ts: string): string {
  return `slack:${team}:${channel}:${ts}`;
}

function toThread(reading: Reading, channel: string, threadTs: string | undefined, ts?: string): ThreadRef {
  const address: SlackAddress = { team: reading.team, channel, ...(threadTs && { threadTs }), ...(ts && { ts }) };
  const place = { platform: "slack", workspace: reading.team, channel, address };
  const chat = isDirect(channel) && reading.directMessages === "chat";
  return chat ? { ...place, thread: "dm", endless: true } : { ...place, thread: threadTs ?? "" };
}

/** Not us, not another bot. */
function isPerson(message: Pick<InnerMessage, "user" | "bot_id">, reading: Reading): boolean {
  return !message.bot_id && message.user !== reading.botUser && message.user !== "USLACKBOT";
}

function toAuthor(user: string, message: Pick<InnerMessage, "user_team" | "team">, reading: Reading): Author {
  return { id: user, workspace: message.user_team ?? message.team ?? reading.team };
}

/** Of a file in a shared channel Slack tells no more than the id: what it is has to be asked for (`files.info`). */
function toAttachment(file: SlackFile): Attachment {
  const url = file.url_private_download ?? file.url_private;
  const mediaType = file.mimetype || "application/octet-stream";
  return { id: file.id, name: file.name || "file", mediaType, size: file.size ?? 0, source: url ? { url } : {} };
}

function toMilliseconds(ts: string): number {
  return Math.floor(Number(ts) * 1000);
}
