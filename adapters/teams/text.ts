import type { Mention } from "./wire.ts";

/**
 * What a person wrote, as another person would read it: our own mention removed, those of others by name, hard spaces as spaces.
 * Mentions are those that the entities name; a tag that somebody typed is only spelt out.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations
 */
export function toCleanText(text: string, mentions: readonly Mention[], bot: string, format?: string | null): string {
  const marked = mentions.reduce((rest, mention) => replaceMention(rest, mention, bot), text.replace(/\r\n?/g, "\n"));
  const spelt = marked.replace(/<at(?:\s[^<>]*)?>([^<>]*)<\/at>/g, (_, name: string) => `@${name.replace(/^@/, "")}`);
  const plain = spelt.replaceAll("&nbsp;", " ").replaceAll("\u00a0", " ");
  return (format === "xml" ? withoutEntities(plain) : plain).replace(/^[^\S\n]+$/gm, "").trim();
}

/** Whether one of the mentions is the bot's. */
export function mentionsBot(mentions: readonly Mention[], bot: string): boolean {
  return mentions.some((mention) => mention.type === "mention" && mention.mentioned?.id === bot);
}

/** Whether the text turns to somebody before anything else is said. */
export function beginsWithMention(text: string): boolean {
  return /^(?:\s|&nbsp;)*<at(?:\s[^<>]*)?>/.test(text);
}

function replaceMention(text: string, { type, text: shown, mentioned }: Mention, bot: string): string {
  if (type !== "mention" || !shown) return text;
  if (mentioned?.id !== bot) return text.replaceAll(shown, () => `@${mentioned?.name || shown.replace(/<[^<>]*>/g, "")}`);
  // With the space or comma behind it; at the end of a line with the space before it.
  const mark = shown.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const gap = "(?:[^\\S\\n]|&nbsp;)*";
  return text
    .replace(new RegExp(`^\\s*${mark}${gap}[,:]?${gap}`), "")
    .replace(new RegExp(`${gap}${mark}(?=${gap}(?:\\n|$))|${mark}${gap}`, "g"), "");
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] ?? "");
}
