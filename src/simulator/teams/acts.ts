import type { Delivered } from "./deliver.ts";
import { type Desk, findMessage, threadOf } from "./desk.ts";
import { type Attachment, bot, type Entity, type Message, toMessage } from "./message.ts";
import type { Post } from "./post.ts";
import { isOpen } from "./stream.ts";
import { type Conversation, isInstalled, personalChat, type Tenant } from "./tenant.ts";
import { type Happening, mentionsBot, toActivities, toMessageActivity } from "./wire.ts";

/** Where somebody does something: a group chat, a channel, or neither for the personal chat with the bot. */
export interface Where {
  readonly user: string;
  readonly chat?: string;
  readonly channel?: string;
}

export interface Said extends Where {
  /** As typed. `<at>Agent Bridge</at>` and `<at>Ann</at>` call the bot or a person. */
  readonly text: string;
  /** Calls the bot at the beginning of the text. */
  readonly mention?: boolean;
  /** The root of a thread in a channel; without it the message is a new root. */
  readonly threadId?: string;
  readonly files?: readonly { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }[];
}

/** A message that somebody does something with. */
export interface About extends Where {
  readonly id: string;
}

/** What an act came to: `delivered` resolves when each activity was taken or given up. */
export interface Act {
  readonly delivered: Promise<readonly Delivered[]>;
}

/** What people do. Each act throws when a person could not do it either, for that is a mistake in the test. */
export interface Acts {
  say(said: Said): Promise<Act & { readonly id: string; readonly threadId: string | undefined }>;
  /** The activity that `say` would send, without anything being said: to be bent and delivered by hand. */
  activity(said: Said): Readonly<Record<string, unknown>>;
  edit(about: About & { readonly text: string }): Promise<Act>;
  remove(about: About): Promise<Act>;
  /** Takes `remove` back. */
  restore(about: About): Promise<Act>;
  /** Such as `like`; a second time takes it away. The bot hears of reactions to its own messages. */
  react(about: About & { readonly reaction: string }): Promise<Act>;
  /** Presses Stop while the bot streams. Teams tells the bot nothing: its next chunk is refused. */
  pressStop(where: Where): void;
  /** Adds the bot to a chat or to the team of a channel. */
  install(where: Where): Promise<Act>;
  uninstall(where: Where): Promise<Act>;
  /** Somebody comes into a group chat or the team of a channel, or goes. */
  join(where: Where): Promise<Act>;
  leave(where: Where): Promise<Act>;
}

export interface ActsOptions {
  readonly desk: Desk;
  readonly post: Post;
}

export function createActs({ desk, post }: ActsOptions): Acts {
  const { tenant } = desk;
  const tell = (happening: Happening): Act => ({ delivered: post.send(toActivities(tenant, happening)) });

  function change(about: About, kind: "edited" | "deleted" | "restored", alter: (message: Message) => void): Act {
    const message = requireOwn(tenant, about);
    const before = mentionsBot(tenant, message);
    alter(message);
    tenant.changed();
    return tell({ kind, message, heard: before || mentionsBot(tenant, message) });
  }

  return {
    async say(said) {
      const { conversation, message } = compose(tenant, said);
      conversation.messages.push(message);
      tenant.changed();
      const threadId = conversation.kind === "channel" ? (message.threadId ?? message.id) : undefined;
      return { id: message.id, threadId, ...tell({ kind: "posted", message }) };
    },
    activity: (said) => toMessageActivity(tenant, compose(tenant, said).message),
    async edit(about) {
      return change(about, "edited", (message) => {
        message.text = about.text;
        message.entities = toMentions(tenant, about.text);
        message.edited = true;
      });
    },
    async remove(about) {
      return change(about, "deleted", (message) => {
        message.deleted = true;
      });
    },
    async restore(about) {
      return change(about, "restored", (message) => {
        message.deleted = false;
      });
    },
    async react(about) {
      const message = requireMessage(requireConversation(tenant, about), about.id);
      const mark = `${about.user} ${about.reaction}`;
      const added = !message.reactions.delete(mark);
      if (added) message.reactions.add(mark);
      tenant.changed();
      if (message.user !== bot) return { delivered: Promise.resolve([]) };
      return tell({ kind: "reacted", message, user: about.user, reaction: about.reaction, added });
    },
    pressStop(where) {
      const open = requireConversation(tenant, where).messages.find((message) => isOpen(desk, message));
      if (open?.stream === undefined) throw new Error("this chat shows no stop button");
      open.stream.state = "stoppedByUser";
      tenant.changed();
    },
    async install(where) {
      const conversation = requireConversation(tenant, where);
      if (isInstalled(tenant, conversation)) throw new Error("the bot is there already");
      setInstalled(tenant, conversation, true);
      return tell({ kind: "installed", conversation: homeOf(tenant, conversation), user: where.user });
    },
    async uninstall(where) {
      const conversation = requireConversation(tenant, where);
      if (!isInstalled(tenant, conversation)) throw new Error("the bot is not there");
      setInstalled(tenant, conversation, false);
      return tell({ kind: "uninstalled", conversation: homeOf(tenant, conversation), user: where.user });
    },
    async join(where) {
      const conversation = requireKnown(tenant, where);
      conversation.members.add(where.user);
      tenant.changed();
      return tell({ kind: "joined", conversation: homeOf(tenant, conversation), user: where.user });
    },
    async leave(where) {
      const conversation = requireConversation(tenant, where);
      conversation.members.delete(where.user);
      tenant.changed();
      return tell({ kind: "left", conversation: homeOf(tenant, conversation), user: where.user });
    },
  };
}

function setInstalled(tenant: Tenant, conversation: Conversation, installed: boolean): void {
  const team = conversation.team === undefined ? undefined : tenant.teams.get(conversation.team);
  if (team === undefined) conversation.installed = installed;
  else team.installed = installed;
  tenant.changed();
}

/** Installations in a team are told of its General channel. */
function homeOf(tenant: Tenant, conversation: Conversation): Conversation {
  return (conversation.team === undefined ? undefined : tenant.conversations.get(conversation.team)) ?? conversation;
}

/** The conversation in which the person is. */
export function requireConversation(tenant: Tenant, where: Where): Conversation {
  const conversation = requireKnown(tenant, where);
  if (!conversation.members.has(where.user)) throw new Error(`${where.user} is not in ${conversation.id}`);
  return conversation;
}

function requireKnown(tenant: Tenant, { user, chat, channel }: Where): Conversation {
  const id = channel ?? chat ?? personalChat(tenant, user).id;
  const conversation = tenant.conversations.get(id);
  if (conversation === undefined) throw new Error(`there is no conversation ${id}`);
  if (channel !== undefined && conversation.kind !== "channel") throw new Error(`${id} is no channel`);
  if (!tenant.people.has(user)) throw new Error(`there is no person ${user}`);
  return conversation;
}

export function requireMessage(conversation: Conversation, id: string): Message {
  const message = findMessage(conversation, id);
  if (message === undefined) throw new Error("there is no such message");
  return message;
}

/** People change what they wrote themselves. */
function requireOwn(tenant: Tenant, about: About): Message {
  const message = requireMessage(requireConversation(tenant, about), about.id);
  if (message.user !== about.user) throw new Error("the message belongs to somebody else");
  return message;
}

function compose(tenant: Tenant, said: Said): { readonly conversation: Conversation; readonly message: Message } {
  const conversation = requireConversation(tenant, said);
  const { threadId } = said;
  if (threadId !== undefined) {
    if (conversation.kind !== "channel") throw new Error("only channels have threads");
    const root = threadOf(conversation, threadId)[0];
    if (root?.id !== threadId || root.threadId !== undefined) throw new Error("there is no such thread");
  }
  const text = said.mention ? `<at>${tenant.app.name}</at> ${said.text}` : said.text;
  const id = tenant.messageId();
  const at = tenant.clock.now();
  const message = toMessage({ id, at, conversation: conversation.id, threadId, user: said.user, text, entities: toMentions(tenant, text) });
  return { conversation, message: { ...message, ...toFiles(tenant, conversation, said) } };
}

/** Whom a text calls. Names that nobody has are just text. */
function toMentions(tenant: Tenant, text: string): readonly Entity[] {
  return [...text.matchAll(/<at>(.*?)<\/at>/g)].flatMap(([written, name]) => {
    const person = [...tenant.people.values()].find((one) => one.name === name);
    const id = name === tenant.app.name ? tenant.app.accountId : person?.accountId;
    return id === undefined ? [] : [{ type: "mention", text: written, mentioned: { id, name } }];
  });
}

/** Files reach a bot in personal chats only, by an address that needs no token; pictures in a text come everywhere and need one. */
function toFiles(tenant: Tenant, conversation: Conversation, { files = [] }: Said): Pick<Message, "files" | "attachments"> {
  const kept = files.map((file) => {
    const id = `file-${tenant.messageId()}`;
    tenant.files.set(id, file);
    return { ...file, id };
  });
  const attachments = kept.flatMap(({ id, name, mediaType }): readonly Attachment[] => {
    if (mediaType.startsWith("image/"))
      return [{ contentType: mediaType, contentUrl: `${tenant.address}/amer/v3/attachments/${id}/views/original` }];
    if (conversation.kind !== "personal") return [];
    const downloadUrl = `${tenant.address}/files/${id}/${encodeURIComponent(name)}?tempauth=1`;
    const content = { downloadUrl, uniqueId: id, fileType: name.split(".").at(-1) };
    const contentUrl = `https://acme.sharepoint.test/personal/${encodeURIComponent(name)}`;
    return [{ contentType: "application/vnd.microsoft.teams.file.download.info", content, contentUrl, name }];
  });
  return { files: kept.map(({ id, name, mediaType, bytes }) => ({ id, name, mediaType, size: bytes.byteLength })), attachments };
}
