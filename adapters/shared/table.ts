/** Whether these two lines begin a table. https://github.github.com/gfm/#tables-extension- */
export function isTableHead(line: string, next: string): boolean {
  if (!line.includes("|") || !next.includes("|") || !next.includes("-")) return false;
  return toCells(next).every((cell) => /^:?-+:?$/.test(cell)) && toCells(line).length === toCells(next).length;
}

/** A table as text of fixed width: head, delimiter, and rows. Their marks would be read as they stand, so they are left out. */
export function toTable(lines: readonly string[]): string {
  const [head = "", , ...rest] = lines;
  const rows = [head, ...rest].map((line) => toCells(line).map(toPlain));
  const widths = toWidths(rows, 4_000 + 4 * lines.reduce((sum, { length }) => sum + length, 0));
  const [first = "", ...others] = rows.map((row) =>
    widths
      .map((width, column) => pad(row[column] ?? "", width))
      .join("  ")
      .trimEnd(),
  );
  return ["```", first, widths.map((width) => "-".repeat(width)).join("  "), ...others, "```"].join("\n");
}

/** Of the columns; where the table would grow beyond `most` characters, because one cell is very long, they do not stand below each other. */
function toWidths(rows: readonly (readonly string[])[], most: number): readonly number[] {
  const count = rows[0]?.length ?? 0;
  const widths = Array.from({ length: count }, (_, column) => rows.reduce((width, row) => Math.max(width, widthOf(row[column] ?? "")), 3));
  const size = rows.length * widths.reduce((sum, width) => sum + width, 0);
  return size <= most ? widths : widths.map(() => 3);
}

/** A bar with a backslash before it, or in code, is one that is meant. */
function toCells(line: string): readonly string[] {
  const inner = line
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function toPlain(cell: string): string {
  return cell
    .replace(/<br\s*\/?>/gi, " ")
    .replace(/!?\[([^[\]]*)\]\(([^()\s]*)(?:\s[^()]*)?\)/g, (_, words: string, url: string) =>
      words === url || words === "" ? url : `${words} (${url})`,
    )
    .replace(/(\*\*|__|`{1,9})(.*?)\1/g, "$2")
    .replaceAll("```", "'''");
}

/** In the columns of a fixed-width font; wide characters take two. */
function widthOf(text: string): number {
  return [...text].reduce(
    (width, character) =>
      width +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Extended_Pictographic}/u.test(character)
        ? 2
        : 1),
    0,
  );
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
