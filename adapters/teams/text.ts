import type { Mention } from "./wire.ts";

/**
 * What a person wrote, as another person would read it: our own mention removed, those of others by name, hard spaces as spaces.
 * Mentions are those that the entities name; a tag that somebody typed is only spelt out. What a name holds is never read as mark-up.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations
 */
export function toCleanText(text: string, mentions: readonly Mention[], bot: string, format?: string | null): string {
  const undo = format === "xml" ? withoutEntities : (words: string) => words;
  const marks = mentions.flatMap(({ type, text: shown, mentioned }) => (type === "mention" && shown ? [{ shown, mentioned }] : []));
  const ours = marks.filter(({ mentioned }) => mentioned?.id === bot);
  const others = new Map(
    marks.map(({ shown, mentioned }) => [withSpaces(shown), mentioned?.name || undo(shown.replace(/<[^<>]*>/g, ""))] as const),
  );
  return ours
    .reduce((rest, { shown }) => withoutMention(rest, withSpaces(shown)), withSpaces(text))
    .replace(toToken([...others.keys()]), (token, tag: string | undefined) => {
      const name = others.get(token) ?? (tag === undefined ? undefined : undo(tag).replace(/^@/, ""));
      return name === undefined ? undo(token) : `@${name}`;
    })
    .replace(/^[^\S\n]+$/gm, "")
    .trim();
}

/** Whether one of the mentions is the bot's. */
export function mentionsBot(mentions: readonly Mention[], bot: string): boolean {
  return mentions.some((mention) => mention.type === "mention" && mention.mentioned?.id === bot);
}

/** Whether the text turns to somebody before anything else is said. */
export function beginsWithMention(text: string): boolean {
  return /^(?:\s|&nbsp;)*<at(?:\s[^<>]*)?>/.test(text);
}

function withSpaces(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(/&nbsp;|\u00a0/g, " ");
}

/** With the space or comma behind it; at the end of a line or a sentence with the space before it. A run of spaces is gone through once. */
function withoutMention(text: string, shown: string): string {
  const mark = escaped(shown);
  const gap = "[^\\S\\n]*";
  return text
    .replace(new RegExp(`^\\s*${mark}${gap}[,:]?${gap}`), "")
    .replace(new RegExp(`(?<![^\\S\\n])${gap}${mark}(?=${gap}(?:\\n|$)|[,.!?]+(?:\\s|$))|${mark}${gap}`, "g"), "");
}

/** What is read in one go: the mentions as they are shown, tags with the words in them, and entities. */
function toToken(shown: readonly string[]): RegExp {
  const marks = [...shown].sort((a, b) => b.length - a.length).map((one) => `${escaped(one)}|`);
  return new RegExp(`${marks.join("")}<at(?:\\s[^<>]*)?>([^<>]*)</at>|&(?:lt|gt|amp|quot|apos);`, "g");
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function withoutEntities(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] ?? "");
}
