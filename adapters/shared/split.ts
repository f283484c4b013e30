import { closes, type Fence, toFence } from "./fence.ts";

/**
 * Cuts Markdown into pieces of at most `limit` UTF-16 units: between blocks where that is possible, else between lines, words, and
 * at last characters. A code block stays whole if it fits into a piece of its own; otherwise it is closed and opened again with its
 * language. Pure, and nothing but white space at the cuts is lost. A text without words gives no piece.
 */
export function splitMarkdown(text: string, limit: number): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  const flush = () => {
    const whole = piece.replace(/^(?:[^\S\n]*\n)+|\s+$/g, "");
    if (whole !== "") pieces.push(whole);
    piece = "";
  };
  for (const block of toBlocks(text)) {
    if (piece.length + block.text.trimEnd().length > limit) flush();
    if (block.text.trimEnd().length <= limit) {
      piece += block.text;
      continue;
    }
    for (const part of block.fence ? cutFence(block.text, block.fence, limit) : cutProse(block.text, limit)) {
      flush();
      piece = part;
    }
    piece += block.text.slice(block.text.trimEnd().length);
  }
  flush();
  return pieces;
}

interface Block {
  readonly text: string;
  readonly fence: Fence | undefined;
}

/** Paragraphs with the blank lines behind them, and code blocks. Their texts joined are the text. */
function toBlocks(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let fence: Fence | undefined;
  const end = (of: Fence | undefined) => {
    if (lines.length > 0) blocks.push({ text: lines.join(""), fence: of });
    lines = [];
  };
  for (const line of text.match(/[^\n]*\n|[^\n]+/g) ?? []) {
    if (fence) {
      lines.push(line);
      if (!closes(line, fence)) continue;
      end(fence);
      fence = undefined;
      continue;
    }
    const opened = toFence(line);
    if (opened || (lines.at(-1)?.trim() === "" && line.trim() !== "")) end(undefined);
    fence = opened;
    lines.push(line);
  }
  end(fence);
  return blocks;
}

function cutFence(text: string, fence: Fence, limit: number): readonly string[] {
  const opening = fence.opening.length > 200 ? `${fence.indent}${fence.mark}` : fence.opening;
  const closing = `${fence.indent}${fence.mark}`;
  const inner = text.split("\n").slice(1);
  const last = inner.findLastIndex((line) => line.trim() !== "");
  const body = (last >= 0 && closes(inner[last] ?? "", fence) ? inner.slice(0, last) : inner.slice(0, last + 1)).join("\n");
  const room = limit - opening.length - closing.length - 2;
  // Marks that leave no room cannot be kept: then the text goes before the look.
  if (room < limit / 4) return cutProse(text, limit);
  const parts = cutLines(body, room);
  const solid = parts.filter((part) => part.trim() !== "");
  return (solid.length > 0 ? solid : parts.slice(0, 1)).map((part) => `${opening}\n${part}\n${closing}`);
}

/** Code: between lines, long lines anywhere. */
function cutLines(text: string, limit: number): readonly string[] {
  return cut(text, limit, (window) => window.lastIndexOf("\n") + 1);
}

/** Prose: between lines in the second half, else between words there, else anywhere. */
function cutProse(text: string, limit: number): readonly string[] {
  return cut(text.trimEnd(), limit, (window) => {
    const line = window.lastIndexOf("\n") + 1;
    return line > limit / 2 ? line : Math.max(line, window.lastIndexOf(" ") + 1);
  });
}

/** `border` says where the next part begins, behind a white space that is left out; 0 where there is no good place. */
function cut(text: string, limit: number, border: (window: string) => number): readonly string[] {
  const parts: string[] = [];
  let rest = text;
  while (rest.length > limit) {
    const at = border(rest.slice(0, limit + 1));
    const end = at > 0 ? at - 1 : hardBorder(rest, limit);
    parts.push(rest.slice(0, end));
    rest = rest.slice(Math.max(at, end));
  }
  return rest === "" ? parts : [...parts, rest];
}

/** Never between the two halves of a character. */
function hardBorder(text: string, limit: number): number {
  const code = text.charCodeAt(limit - 1);
  return code >= 0xd800 && code <= 0xdbff && limit > 1 ? limit - 1 : limit;
}
