/** What opens a block of code. */
export interface Fence {
  /** The run of back-ticks or tildes. */
  readonly mark: string;
  /** The line that opens it, without its line break. */
  readonly opening: string;
  readonly indent: string;
}

/** https://spec.commonmark.org/0.31.2/#fenced-code-blocks; any indent is taken, for a code block may stand in a list. */
export function toFence(line: string): Fence | undefined {
  const [, indent = "", mark, info = ""] = /^([^\S\n]*)(`{3,}|~{3,})([^\n]*)/.exec(line) ?? [];
  if (mark === undefined || (mark.startsWith("`") && info.includes("`"))) return undefined;
  return { mark, opening: line.trimEnd(), indent };
}

/** Whether a line ends the block that the fence has opened. */
export function closes(line: string, fence: Fence): boolean {
  const trimmed = line.trim();
  return trimmed.length >= fence.mark.length && trimmed === fence.mark.charAt(0).repeat(trimmed.length);
}
