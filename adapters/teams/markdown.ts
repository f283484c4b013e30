import { closes, toFence } from "../shared/fence.ts";
import { toHeading } from "../shared/heading.ts";
import { convertProse } from "../shared/inline.ts";
import { isTableHead, toTable } from "../shared/table.ts";

/**
 * Markdown as Teams shows it in messages: it knows neither headings nor tables nor pictures there, and takes HTML for HTML. Headings become
 * bold, tables a block of fixed width, pictures links, and tags what they look like. Code stays as it is; twice changes nothing more. Pure.
 * https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages#format-text-content
 */
export function toTeamsMarkdown(markdown: string): string {
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
  if (fence) {
    const end = lines.findIndex((other, index) => index > at && closes(other, fence));
    const behind = end < 0 ? lines.length : end + 1;
    out.push(...lines.slice(at, behind));
    return behind;
  }
  if (next !== undefined && isTableHead(line, next)) {
    const end = lines.findIndex((other, index) => index > at + 1 && !other.includes("|"));
    const behind = end < 0 ? lines.length : end;
    alone(out, toTable(lines.slice(at, behind)), lines[behind]);
    return behind;
  }
  const heading = toHeading(line);
  if (heading) {
    alone(out, toBold(heading.words), next);
    return at + 1;
  }
  if (next !== undefined && isUnderlined(line, next)) {
    alone(out, toBold(line), lines[at + 2]);
    return at + 2;
  }
  out.push(toInline(line));
  return at + 1;
}

/** A paragraph of its own. */
function alone(out: string[], text: string, next: string | undefined): void {
  if (text === "") return;
  if (out.length > 0 && out.at(-1)?.trim() !== "") out.push("");
  out.push(text);
  if (next !== undefined && next.trim() !== "") out.push("");
}

/** https://spec.commonmark.org/0.31.2/#setext-headings; not a rule behind a list or a quotation. */
function isUnderlined(line: string, next: string): boolean {
  return /^ {0,3}(?:=+|-{3,})[^\S\n]*$/.test(next) && /^ {0,3}[^\s>*+\-=|#\d]/.test(line);
}

function toBold(text: string): string {
  const words = toInline(text.trim()).replaceAll("**", "");
  return words === "" ? "" : `**${words}**`;
}

const toInline = (line: string): string => convertProse(line, toProse);

function toProse(text: string): string {
  return text
    .replace(/<(https?:\/\/[^\s<>]+)>/gi, "$1")
    .replace(/<br\s*\/?>/gi, "  \n")
    .replace(/!\[([^[\]\n]*)\](?=\()/g, (_, words: string) => `[${words.trim() || "image"}]`)
    .replace(/(?<!\\)(\\*)<(?=[a-z/!?])/gi, (_, marks: string) => `${marks.slice(marks.length % 2)}&lt;`); // an escape would be one of the &
}
