import type { Message } from "./wire.ts";

/** Names that are known for roles and channels, by id. */
export interface Names {
  role(id: string): string | undefined;
  channel(id: string): string | undefined;
}

type Mentions = Message["mentions"];

/**
 * What a person wrote, as another person would read it: our own mention removed, those of others by name, emoji by their names.
 * https://discord.com/developers/docs/reference#message-formatting
 */
export function toCleanText(content: string, bot: string, mentions: Mentions, names: Names): string {
  const people = new Map(mentions.map((user) => [user.id, user.member?.nick || user.global_name || user.username || user.id]));
  return withoutMention(content, bot)
    .replace(/<@!?(\d{1,21})>/g, (_, id: string) => `@${people.get(id) ?? id}`)
    .replace(/<@&(\d{1,21})>/g, (_, id: string) => `@${names.role(id) ?? "role"}`)
    .replace(/<#(\d{1,21})>/g, (_, id: string) => `#${names.channel(id) ?? id}`)
    .replace(/<a?(:\w{2,32}:)\d{1,21}>/g, "$1")
    .replace(/<\/([\w -]{1,100}):\d{1,21}>/g, "/$1")
    .trim();
}

/** Whether the text turns to somebody (a person, a role, everybody) before anything else is said. */
export function beginsWithMention(content: string): boolean {
  return /^\s*(<@[!&]?\d{1,21}>|@(everyone|here)\b)/.test(content);
}

/** A name for a thread: the first line of what was asked. https://discord.com/developers/docs/resources/channel#start-thread-from-message */
export function toThreadName(text: string): string {
  const line = text
    .split("\n")
    .map((one) =>
      one
        .replace(/[`*_~|>#]+/g, " ")
        .replace(/\s+/g, " ")
        .trim(),
    )
    .find((one) => one !== "");
  return line === undefined ? "Conversation" : cut(line, 90);
}

/** At most so many UTF-16 units, with a sign that something is missing; never half a character. */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function withoutMention(content: string, bot: string): string {
  const mention = `<@!?${bot}>`;
  return content
    .replace(new RegExp(`^\\s*${mention}[,:]?\\s*`), "")
    .replace(new RegExp(`(^|\\s)${mention}(?=\\s|$)[^\\S\\n]?`, "g"), "$1")
    .replace(new RegExp(mention, "g"), "");
}
