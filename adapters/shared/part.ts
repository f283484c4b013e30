import { assertNever } from "../../src/model/errors.ts";
import type { ReplyPart } from "../../src/model/reply.ts";
import type { Json } from "../../src/model/thread.ts";

/** A part of a reply as Markdown. What others named is shown without their mark-up. Pure. */
export function toPartMarkdown(part: ReplyPart): string {
  switch (part.kind) {
    case "text":
      return part.text;
    case "link":
      return toShownLink(part.title, part.url);
    case "file":
      return part.url === undefined ? `${plain(part.name)} (${plain(part.mediaType)})` : toShownLink(part.name, part.url);
    case "data":
      return toCode(part.data);
    default:
      return assertNever(part);
  }
}

/** What turns the reading direction round, and would show an address other than it is. */
const turns = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The address is shown as it is, so that nobody is led elsewhere than they read. */
function toShownLink(title: string, url: string): string {
  const isPlain = /^https?:\/\/[^\s<>|"`\\]+$/i.test(url) && url.search(turns) < 0;
  const shown = isPlain ? url : toInlineCode(url);
  return /^[\s\p{DI}]*$/u.test(title) || title === url ? shown : `${plain(title)}: ${shown}`;
}

/** Words of others without their mark-up, on one line. */
function plain(words: string): string {
  return words
    .replace(turns, "")
    .replace(/\s+/g, " ")
    .replace(/[\\`*_~[\]<>|]/g, "\\$&")
    .trim()
    .replace(/^#/, "\\#");
}

function toInlineCode(words: string): string {
  return `\`${words
    .replace(turns, "")
    .replace(/[`\s]+/g, " ")
    .trim()}\``;
}

function toCode(data: Json): string {
  const text = JSON.stringify(data, undefined, 2);
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((run) => run[0].length));
  const mark = "`".repeat(longest + 1);
  return `${mark}json\n${text}\n${mark}`;
}
