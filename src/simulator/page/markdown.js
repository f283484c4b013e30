/**
 * Reads a text as simple Markdown and gives a tree of plain objects; `draw.js` makes elements of it. Nothing is ever taken as HTML.
 * Blocks: heading, paragraph, code, quote, list, table, rule. Inline: text, code, strong, em, del, link, mention.
 */
export function parseMarkdown(text) {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks = [];
  for (let at = 0; at < lines.length; ) {
    const reader = readers.find(({ begins }) => begins(lines, at)) ?? paragraphReader;
    const { block, next } = reader.read(lines, at);
    if (block) blocks.push(block);
    at = Math.max(next, at + 1);
  }
  return blocks;
}

const fence = /^\s*(```+|~~~+)/;
const heading = /^(#{1,6})\s+(.*)$/;
const quote = /^\s*>\s?/;
const item = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const rule = /^\s*([-*_])(\s*\1){2,}\s*$/;
const divider = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

const paragraphReader = { begins: () => true, read: readParagraph };

const readers = [
  { begins: (lines, at) => lines[at].trim() === "", read: (_lines, at) => ({ next: at + 1 }) },
  { begins: (lines, at) => fence.test(lines[at]), read: readCode },
  {
    begins: (lines, at) => heading.test(lines[at]),
    read(lines, at) {
      const [, marks, words] = heading.exec(lines[at]);
      return { block: { kind: "heading", level: marks.length, inline: parseInline(words) }, next: at + 1 };
    },
  },
  { begins: (lines, at) => rule.test(lines[at]), read: (_lines, at) => ({ block: { kind: "rule" }, next: at + 1 }) },
  { begins: (lines, at) => quote.test(lines[at]), read: readQuote },
  { begins: isTable, read: readTable },
  { begins: (lines, at) => item.test(lines[at]), read: readList },
];

function readCode(lines, at) {
  const [, marks] = fence.exec(lines[at]);
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(marks)) end += 1;
  return { block: { kind: "code", text: lines.slice(at + 1, end).join("\n") }, next: end + 1 };
}

/** Quotes within quotes end at some depth, so that a text of nothing but `>` does no harm. */
function readQuote(lines, at) {
  let end = at;
  while (end < lines.length && quote.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(quote, ""));
  return { block: { kind: "quote", inline: parseInline(inner.join("\n")) }, next: end };
}

function isTable(lines, at) {
  return lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && divider.test(lines[at + 1]);
}

function readTable(lines, at) {
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const rows = [lines[at], ...lines.slice(at + 2, end)].map(cells);
  return { block: { kind: "table", head: rows[0], rows: rows.slice(1) }, next: end };
}

function cells(line) {
  return line
    .trim()
    .replace(/^\|/, "")
    .replace(/\|$/, "")
    .split("|")
    .map((cell) => parseInline(cell.trim()));
}

/** Items keep their depth; the list itself is flat. */
function readList(lines, at) {
  const items = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const match = item.exec(lines[end]);
    if (!match) break;
    const [, indent, mark, words] = match;
    items.push({ depth: Math.min(Math.floor(indent.length / 2), 6), mark: /\d/.test(mark) ? mark : "•", inline: parseInline(words) });
  }
  return { block: { kind: "list", items }, next: end };
}

function readParagraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && !readers.some(({ begins }) => begins(lines, end))) end += 1;
  return { block: { kind: "paragraph", inline: parseInline(lines.slice(at, end).join("\n")) }, next: end };
}

/** Each pattern is sticky and looks only ahead a bounded way, so that no text takes long. */
const inlines = [
  { pattern: /`([^`\n]{1,2000})`/y, make: ([, text]) => ({ kind: "code", text }) },
  { pattern: /\*\*([^\n*]{1,2000})\*\*/y, make: ([, text], depth) => ({ kind: "strong", inline: parseInline(text, depth) }) },
  { pattern: /~~([^\n~]{1,2000})~~/y, make: ([, text], depth) => ({ kind: "del", inline: parseInline(text, depth) }) },
  { pattern: /[*_]([^\s*_][^\n*_]{0,1000})[*_](?!\w)/y, make: ([, text], depth) => ({ kind: "em", inline: parseInline(text, depth) }) },
  {
    pattern: /!?\[([^\]\n]{0,500})\]\((https?:\/\/[^\s)]{1,2000})\)/y,
    make: ([, text, url]) => ({ kind: "link", url, text: text || url }),
  },
  { pattern: /<(https?:\/\/[^\s|>]{1,2000})(?:\|([^>\n]{1,500}))?>/y, make: ([, url, text]) => ({ kind: "link", url, text: text ?? url }) },
  { pattern: /https?:\/\/[^\s<>()[\]]{1,2000}/y, make: ([url]) => ({ kind: "link", url, text: url }) },
  { pattern: /<@([\w:.-]{1,80})>/y, make: ([, id]) => ({ kind: "mention", id }) },
  { pattern: /<!(channel|here|everyone)(?:\|[^>]{0,50})?>/y, make: ([, id]) => ({ kind: "mention", id }) },
];

const begins = /[`*_~![<h]/;

/** Inline marks of a text. Marks inside marks are read four deep. */
export function parseInline(text, depth = 4) {
  if (depth === 0) return [{ kind: "text", text }];
  const nodes = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const found = begins.test(text[at]) && mayBegin(text, at) ? matchAt(text, at, depth - 1) : undefined;
    if (!found) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (plain) nodes.push({ kind: "text", text: plain });
    plain = "";
    nodes.push(found.node);
    at += found.length;
  }
  if (plain) nodes.push({ kind: "text", text: plain });
  return nodes;
}

/** `snake_case` and `2*3*4` are no emphasis. */
function mayBegin(text, at) {
  return !/[_*h]/.test(text[at]) || at === 0 || !/\w/.test(text[at - 1]);
}

function matchAt(text, at, depth) {
  for (const { pattern, make } of inlines) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return { node: make(match, depth), length: match[0].length };
  }
  return undefined;
}
