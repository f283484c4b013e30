import { closes, toFence } from "../shared/fence.ts";
import { toHeading } from "../shared/heading.ts";
import { convertProse } from "../shared/inline.ts";
import { isTableHead, toTable } from "../shared/table.ts";

/**
 * Markdown as Discord shows it: it knows neither tables nor pictures nor small headings there, and it hides addresses behind words. Tables
 * become a block of fixed width, small headings bold, and an address stands beside its words, so that nobody is led elsewhere than they
 * read. Code stays as it is. Pure. https://support.discord.com/hc/en-us/articles/210298617
 */
export function toDiscordMarkdown(markdown: string): string {
  const lines = markdown.replace(/\r\n?/g, "\n").split("\n");
  const out: string[] = [];
  for (let at = 0; at < lines.length; ) at = takeBlock(lines, at, out);
  return out.join("\n");
}

/** Takes the lines of one thing over, and says where the next one begins. */
function takeBlock(lines: readonly string[], at: number, out: string[]): number {
  const line = lines[at] ?? "";
  const next = lines[at + 1];
  const fence = toFence(line);
  if (fence)
    return takeLines(
      lines,
      at,
      out,
      (other) => closes(other, fence),
      1,
      (block) => block,
    );
  if (next !== undefined && isTableHead(line, next)) {
    return takeLines(
      lines,
      at + 1,
      out,
      (other) => !other.includes("|"),
      0,
      (block) => toTable([line, ...block]).split("\n"),
    );
  }
  const { level, words } = toHeading(line) ?? { level: 0, words: "" };
  out.push(level > 3 && words !== "" ? `**${toInline(words).replaceAll("**", "")}**` : toInline(line));
  return at + 1;
}

/** From `at` to the line that `ends` it, with `more` of what follows. */
function takeLines(
  lines: readonly string[],
  at: number,
  out: string[],
  ends: (line: string) => boolean,
  more: number,
  convert: (block: readonly string[]) => readonly string[],
): number {
  const end = lines.findIndex((line, index) => index > at && ends(line));
  const behind = end < 0 ? lines.length : end + more;
  out.push(...convert(lines.slice(at, behind)));
  return behind;
}

const toInline = (line: string): string => convertProse(line, toProse);

/** `[words](address "title")`, also as a picture. */
const link = /!?\[([^[\]\n]*)\]\(\s{0,9}<?([^()\s<>]*(?:\([^()\s<>]*\)[^()\s<>]*)*)>?(?:\s{1,9}(?:"[^"\n]*"|'[^'\n]*'))?\s{0,9}\)/g;

function toProse(text: string): string {
  return text
    .replace(link, (_, words: string, url: string) => {
      const plain = words.trim();
      return plain === "" || plain === url ? url : `${plain} (${url})`;
    })
    .replaceAll("](", "] (") // brackets in brackets: no link, so that nothing is hidden
    .replace(/<br\s*\/?>/gi, "\n");
}
