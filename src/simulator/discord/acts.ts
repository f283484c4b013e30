import { openAgain, publish, remove } from "./calls/messages.ts";
import { openThread, setArchived } from "./calls/threads.ts";
import type { Desk } from "./desk.ts";
import { channelEvent, messageEvent } from "./events.ts";
import { toCalls, toPings } from "./mentions.ts";
import { bot, type FileRef, type Message, messageTypes, toMessage } from "./message.ts";
import { may } from "./permissions.ts";
import { type Channel, directChannel, findMessage, isForum, isThread, keepMessage } from "./realm.ts";
import { toGuild } from "./wire.ts";

/** Where somebody does something: a channel or thread by its id, or without one the direct channel with the bot. */
export interface Where {
  readonly user: string;
  readonly channel?: string;
}

export interface Said extends Where {
  /** As Discord keeps it: `<@id>` calls a person, `<@&id>` a role. */
  readonly text: string;
  /** Calls the bot at the beginning of the text. */
  readonly mention?: boolean;
  readonly replyTo?: string;
  readonly files?: readonly { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }[];
  /** When it was said, in milliseconds since 1970: the id lies there, too. Nobody is told of the past: it is found by looking. */
  readonly at?: number;
  /** Said by a webhook of this name in place of a person. */
  readonly webhook?: string;
}

/** A message that somebody does something with. */
export interface About extends Where {
  readonly id: string;
}

/** What people do. Each act throws when a person could not do it either, for that is a mistake in the test. */
export interface Acts {
  say(said: Said): { readonly id: string; readonly channel: string };
  /** A new post in a forum; `id` is that of its thread and of its first message. */
  post(post: {
    readonly user: string;
    readonly forum: string;
    readonly title: string;
    readonly text: string;
    readonly mention?: boolean;
  }): {
    readonly id: string;
  };
  /** A thread of somebody's own, on a message or on none. */
  openThread(thread: { readonly user: string; readonly channel: string; readonly message?: string; readonly name: string }): {
    readonly id: string;
  };
  edit(about: About & { readonly text: string }): void;
  remove(about: About): void;
  /** Closes a thread; a locked one is opened again by moderators only. */
  archive(id: string, options?: { readonly locked?: boolean }): void;
  unarchive(id: string): void;
  removeChannel(id: string): void;
  /** Takes the bot out of a guild, or brings it there with its role. */
  kick(guild: string): void;
  install(guild: string, roles?: readonly string[]): void;
}

export function createActs(desk: Desk): Acts {
  const { realm } = desk;
  return {
    say(said) {
      const channel = requireSeen(desk, said);
      const message = compose(desk, channel, said);
      requireVoice(desk, channel, said.user);
      if (said.at === undefined) openAgain(desk, channel, () => publish(desk, channel, message));
      else keepMessage(channel, message);
      return { id: message.id, channel: channel.id };
    },
    post({ user, forum, title, text, mention = false }) {
      const channel = requireSeen(desk, { user, channel: forum });
      if (!isForum(channel)) throw new Error(`${forum} is no forum`);
      const thread = openThread(desk, channel, { name: title, owner: user });
      const said = compose(desk, thread, { user, text, mention });
      publish(desk, thread, { ...said, id: thread.id });
      return { id: thread.id };
    },
    openThread({ user, channel: id, message, name }) {
      const channel = requireSeen(desk, { user, channel: id });
      if (message !== undefined && realm.channels.has(message)) throw new Error("the message has a thread");
      return { id: openThread(desk, channel, { name, owner: user, ...(message !== undefined && { id: message }) }).id };
    },
    edit(about) {
      const { channel, message } = requireOwn(desk, about);
      message.text = about.text;
      message.calls = toCalls(realm, channel, { user: about.user, text: about.text, allowed: undefined, replied: undefined });
      message.edits += 1;
      message.editedAt = realm.clock.now();
      desk.tell(messageEvent(realm, channel, message, "MESSAGE_UPDATE"));
      realm.changed();
    },
    remove(about) {
      const { channel, message } = requireOwn(desk, about);
      remove(desk, channel, message);
    },
    archive: (id, { locked = false } = {}) => setArchived(desk, requireKnown(desk, id), { archived: true, locked }),
    unarchive: (id) => setArchived(desk, requireKnown(desk, id), { archived: false, locked: false }),
    removeChannel(id) {
      const channel = requireKnown(desk, id);
      const inside = [...realm.channels.values()].filter(({ parent, thread }) => parent === id && thread !== undefined);
      for (const gone of [...inside, channel]) {
        desk.tell(channelEvent(realm, gone, "DELETE"));
        realm.channels.delete(gone.id);
      }
      realm.changed();
    },
    kick(id) {
      realm.guilds.get(id)?.members.delete(bot);
      desk.tell({ name: "GUILD_DELETE", intent: 1, channel: undefined, data: () => ({ id }) });
      realm.changed();
    },
    install(id, roles = []) {
      const guild = realm.guilds.get(id);
      if (guild === undefined) throw new Error(`there is no guild ${id}`);
      guild.members.set(bot, { roles: new Set(roles), nick: undefined });
      desk.tell({ name: "GUILD_CREATE", intent: 1, channel: undefined, data: () => toGuild(realm, guild) });
      realm.changed();
    },
  };
}

function requireKnown({ realm }: Desk, id: string): Channel {
  const channel = realm.channels.get(id);
  if (channel === undefined) throw new Error(`there is no channel ${id}`);
  return channel;
}

/** The channel, if the person is there. */
export function requireSeen(desk: Desk, { user, channel: id }: Where): Channel {
  if (!desk.realm.people.has(user)) throw new Error(`there is no person ${user}`);
  const channel = id === undefined ? directChannel(desk.realm, user) : requireKnown(desk, id);
  if (!may(desk.realm, channel, user, "viewChannel")) throw new Error(`${user} is not in ${channel.id}`);
  return channel;
}

function requireVoice({ realm }: Desk, channel: Channel, user: string): void {
  if (isForum(channel)) throw new Error("in a forum people open posts");
  if (!may(realm, channel, user, isThread(channel) ? "sendMessagesInThreads" : "sendMessages"))
    throw new Error(`${user} may not write here`);
  if (channel.thread?.locked && !may(realm, channel, user, "manageThreads")) throw new Error("the thread is locked");
}

function requireOwn(desk: Desk, about: About): { readonly channel: Channel; readonly message: Message } {
  const channel = requireSeen(desk, about);
  const message = findMessage(channel, about.id);
  if (message === undefined) throw new Error("there is no such message");
  if (message.user !== about.user) throw new Error("the message belongs to somebody else");
  return { channel, message };
}

function compose({ realm }: Desk, channel: Channel, said: Said): Message {
  const { user, replyTo, at } = said;
  const text = said.mention ? `<@${realm.app.id}> ${said.text}` : said.text;
  const replied = replyTo === undefined ? undefined : findMessage(channel, replyTo);
  if (replyTo !== undefined && replied === undefined) throw new Error("there is no such message to reply to");
  const calls = toCalls(realm, channel, { user, text, allowed: undefined, replied: replied?.user });
  const files = (said.files ?? []).map((file): FileRef => ({ ...file, id: realm.newId(), description: undefined }));
  return toMessage({
    id: realm.newId(at),
    channel: channel.id,
    user,
    at: at ?? realm.clock.now(),
    type: replyTo === undefined ? messageTypes.default : messageTypes.reply,
    text,
    files,
    calls,
    pings: toPings(realm, channel, calls),
    replyTo,
    webhook: said.webhook,
  });
}
