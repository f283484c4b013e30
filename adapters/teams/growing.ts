import { closes, type Fence, toFence } from "../shared/fence.ts";
import { toTeamsMarkdown } from "./markdown.ts";

/**
 * Markdown for Teams of a text that is still growing: what is shown of it stays at its beginning whatever follows. The last lines are
 * held back as long as they may turn out to be something else, such as a heading or a table.
 */
export function toGrowingMarkdown(markdown: string): string {
  const lines = markdown.split("\n");
  const settled = settledLines(lines);
  return toTeamsMarkdown(lines.slice(0, settled).join("\n")).trimEnd();
}

/** How many lines of the beginning can be read as they will be read in the end. */
function settledLines(lines: readonly string[]): number {
  const fence = openFence(lines);
  // Code is shown as it stands; only the line that is being written is not known yet.
  if (fence !== undefined) return Math.max(lines.length - 1, fence);
  const last = lines.findLastIndex((line, index) => line.trim() === "" && index < lines.length - 1);
  const block = lines.slice(last + 1);
  if (block.some((line) => line.includes("|") || /^ {0,3}(#|=|-{2,}|`{3}|~{3})/.test(line))) return last + 1;
  // A paragraph: its whole words, as long as nothing in the last line is left open.
  return isPlain(block.at(-1) ?? "") ? lines.length : lines.length - 1;
}

/** The line that opens a block of code which is not closed. */
function openFence(lines: readonly string[]): number | undefined {
  let open: { readonly fence: Fence; readonly at: number } | undefined;
  for (const [at, line] of lines.entries()) {
    if (open) {
      if (closes(line, open.fence)) open = undefined;
      continue;
    }
    const fence = toFence(line);
    if (fence) open = { fence, at };
  }
  return open?.at;
}

function isPlain(line: string): boolean {
  return !/[`<![\]]/.test(line) && !/^[\s#=*+\d.~-]*$/.test(line);
}
