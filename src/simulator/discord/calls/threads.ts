import { z } from "zod";
import { messageSchema, parseForm, readContent, requireSomething, type Upload } from "../content.ts";
import { type Desk, requireChannel, requireMessage, requirePermission } from "../desk.ts";
import { channelEvent, messageEvent } from "../events.ts";
import { timeOf } from "../ids.ts";
import { bot, messageTypes, toMessage } from "../message.ts";
import { may } from "../permissions.ts";
import { type Channel, channelTypes, isForum, isThread, putChannel, type ThreadState } from "../realm.ts";
import { refuse } from "../refusal.ts";
import { toChannel, type Wire } from "../wire.ts";
import { compose, publish, readable } from "./messages.ts";

const minutes = z.union([z.literal(60), z.literal(1_440), z.literal(4_320), z.literal(10_080)]);
const threadSchema = z.object({
  name: z.string().trim().min(1).max(100),
  auto_archive_duration: minutes.nullish(),
  type: z.union([z.literal(11), z.literal(12)]).nullish(),
  message: messageSchema.nullish(),
});

interface ThreadSpec {
  readonly id?: string;
  readonly name: string;
  readonly owner: string;
  readonly type?: 11 | 12;
  readonly autoArchiveMinutes?: number;
}

/** Opens a thread. On a message it has the message's id, and the message tells of it from then on. */
export function openThread(desk: Desk, parent: Channel, { id, name, owner, type = 11, autoArchiveMinutes = 1_440 }: ThreadSpec): Channel {
  const { realm } = desk;
  const at = id === undefined ? realm.clock.now() : Math.max(timeOf(id), 0);
  const state: ThreadState = { owner, archived: false, locked: false, archivedAt: at, autoArchiveMinutes };
  const thread = putChannel(realm, { id: id ?? realm.newId(), type, name, guild: parent.guild, parent: parent.id, thread: state });
  desk.tell(channelEvent(realm, thread, "CREATE"));
  const starter = id === undefined ? undefined : parent.messages.find((message) => message.id === id);
  if (starter !== undefined) {
    publish(
      desk,
      thread,
      toMessage({ id: realm.newId(), channel: thread.id, user: starter.user, at: realm.clock.now(), type: messageTypes.starter }),
    );
    desk.tell(messageEvent(realm, parent, starter, "MESSAGE_UPDATE"));
  } else if (!isForum(parent)) {
    publish(
      desk,
      parent,
      toMessage({
        id: realm.newId(),
        channel: parent.id,
        user: owner,
        at: realm.clock.now(),
        type: messageTypes.threadCreated,
        text: name,
      }),
    );
  }
  realm.changed();
  return thread;
}

/** POST /channels/{channel}/messages/{message}/threads */
export function startThread(desk: Desk, id: string, messageId: string, body: unknown): Wire {
  const channel = requireChannel(desk, id);
  requireMessage(channel, messageId);
  if (channel.type !== channelTypes.text && channel.type !== channelTypes.news) refuse("wrongChannelType");
  requirePermission(desk, channel, "createPublicThreads");
  if (desk.realm.channels.has(messageId)) refuse("threadExists");
  const { name, auto_archive_duration } = parseForm(threadSchema, body);
  return toChannel(
    desk.realm,
    openThread(desk, channel, { id: messageId, name, owner: bot, autoArchiveMinutes: auto_archive_duration ?? 1_440 }),
  );
}

/** POST /channels/{channel}/threads: a post in a forum, with its first message, or a thread on no message. */
export function startPost(desk: Desk, id: string, body: unknown, uploads: readonly Upload[]): Wire {
  const channel = requireChannel(desk, id);
  const { name, auto_archive_duration, type, message } = parseForm(threadSchema, body);
  const spec = { name, owner: bot, autoArchiveMinutes: auto_archive_duration ?? 1_440 };
  if (!isForum(channel)) {
    if (channel.type !== channelTypes.text) refuse("wrongChannelType");
    requirePermission(desk, channel, type === 11 ? "createPublicThreads" : "createPrivateThreads");
    return toChannel(desk.realm, openThread(desk, channel, { ...spec, type: type === 11 ? 11 : 12 }));
  }
  requirePermission(desk, channel, "sendMessages");
  const asked = message ?? {};
  const content = readContent(desk, channel, asked, uploads);
  requireSomething(content);
  const thread = openThread(desk, channel, spec);
  const first = compose(desk, thread, asked, content, { id: thread.id });
  publish(desk, thread, first);
  return { ...toChannel(desk.realm, thread), message: readable(desk, thread, first) };
}

const editSchema = z.object({
  name: z.string().trim().min(1).max(100).optional(),
  archived: z.boolean().optional(),
  locked: z.boolean().optional(),
  auto_archive_duration: minutes.optional(),
});

/** PATCH /channels/{channel}, for threads: who opened it may rename and archive it; opening it again is everybody's, unless it is locked. */
export function editChannel(desk: Desk, id: string, body: unknown): Wire {
  const channel = requireChannel(desk, id);
  const { name, archived, locked, auto_archive_duration } = parseForm(editSchema, body);
  const { thread } = channel;
  if (!isThread(channel) || thread === undefined) return refuse("missingPermissions");
  const manages = may(desk.realm, channel, bot, "manageThreads");
  const unarchives = archived === false && name === undefined && locked === undefined && !thread.locked;
  if (locked !== undefined && !manages) refuse("missingPermissions");
  if (!manages && thread.owner !== bot && !unarchives) refuse("missingPermissions");
  if (thread.locked && !manages) refuse("threadLocked");
  if (thread.archived && archived !== false) refuse("archived");
  setArchived(desk, channel, { archived: archived ?? thread.archived, locked: locked ?? thread.locked });
  if (auto_archive_duration !== undefined) thread.autoArchiveMinutes = auto_archive_duration;
  if (name !== undefined && name !== channel.name) rename(desk, channel, bot, name);
  return toChannel(desk.realm, channel);
}

export function setArchived(desk: Desk, channel: Channel, next: { readonly archived: boolean; readonly locked: boolean }): void {
  if (channel.thread === undefined) throw new Error(`${channel.id} is no thread`);
  Object.assign(channel.thread, next, { archivedAt: desk.realm.clock.now() });
  desk.tell(channelEvent(desk.realm, channel, "UPDATE"));
  desk.realm.changed();
}

function rename(desk: Desk, channel: Channel, user: string, name: string): void {
  const { realm } = desk;
  channel.name = name;
  publish(
    desk,
    channel,
    toMessage({ id: realm.newId(), channel: channel.id, user, at: realm.clock.now(), type: messageTypes.renamed, text: name }),
  );
  desk.tell(channelEvent(realm, channel, "UPDATE"));
}

/** GET /guilds/{guild}/threads/active: what the bot can see (docs: list active guild threads). */
export function readActiveThreads(desk: Desk, guild: string): Wire {
  const { realm } = desk;
  if (realm.guilds.get(guild)?.members.has(bot) !== true) refuse("missingAccess");
  const all = [...realm.channels.values()].filter((channel) => channel.guild === guild && channel.thread?.archived === false);
  const seen = all.filter((channel) => may(realm, channel, bot, "viewChannel"));
  return { threads: seen.map((channel) => toChannel(realm, channel)), members: [], has_more: false };
}

/** GET /channels/{channel}/threads/archived/public: the latest to be archived first (docs: list public archived threads). */
export function readArchivedThreads(desk: Desk, id: string, query: URLSearchParams): Wire {
  const channel = requireChannel(desk, id);
  requirePermission(desk, channel, "readMessageHistory");
  const before = query.get("before");
  const limit = Number(query.get("limit") ?? 50);
  const until = before === null ? Number.POSITIVE_INFINITY : Date.parse(before);
  const all = [...desk.realm.channels.values()]
    .filter(({ parent, thread }) => parent === id && thread?.archived === true && thread.archivedAt < until)
    .toSorted((a, b) => (b.thread?.archivedAt ?? 0) - (a.thread?.archivedAt ?? 0));
  return { threads: all.slice(0, limit).map((one) => toChannel(desk.realm, one)), members: [], has_more: all.length > limit };
}
