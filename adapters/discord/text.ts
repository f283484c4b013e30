import type { Message } from "./wire.ts";

/** Names that are known for roles and channels, by id. */
export interface Names {
  role(id: string): string | undefined;
  channel(id: string): string | undefined;
}

type Mentions = Message["mentions"];

/** Of a person, a role, a channel, an emoji or a command. */
const reference = /<(@[!&]?|#|a?:\w{2,32}:|\/[\w -]{1,100}:)(\d{1,21})>/g;

/** A point in time, in seconds since 1970; each reader sees it by their own clock. */
const moment = /<t:(-?\d{1,11})(?::[A-Za-z])?>/g;

/**
 * What a person wrote, as another person would read it: our own mention removed, those of others by name, emoji by their names. What a
 * name holds is never read as mark-up.
 * https://discord.com/developers/docs/reference#message-formatting
 */
export function toCleanText(content: string, bot: string, mentions: Mentions, names: Names): string {
  const people = new Map(mentions.map((user) => [user.id, user.member?.nick || user.global_name || user.username || user.id]));
  return withoutMention(content, bot)
    .replace(moment, (_, seconds: string) => new Date(Number(seconds) * 1_000).toISOString().replace(".000Z", "Z"))
    .replace(reference, (_, mark: string, id: string) => toWords(mark, id, people, names))
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

function toWords(mark: string, id: string, people: ReadonlyMap<string, string>, names: Names): string {
  if (mark === "@&") return `@${names.role(id) ?? "role"}`;
  if (mark.startsWith("@")) return `@${people.get(id) ?? id}`;
  if (mark === "#") return `#${names.channel(id) ?? id}`;
  return mark.startsWith("/") ? mark.slice(0, -1) : mark.replace(/^a/, "");
}

function withoutMention(content: string, bot: string): string {
  const mention = `<@!?${bot}>`;
  return content
    .replace(new RegExp(`^\\s*${mention}[,:]?\\s*`), "")
    .replace(new RegExp(`[^\\S\\n]${mention}(?=[,.!?]+(?:\\s|$))`, "g"), "")
    .replace(new RegExp(`(^|\\s)${mention}(?:[^\\S\\n]?${mention})*(?=\\s|$)[^\\S\\n]?`, "g"), "$1")
    .replace(new RegExp(mention, "g"), "");
}
