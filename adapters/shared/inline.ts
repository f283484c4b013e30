const code = /(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g;

/** Converts what stands between the pieces of code of a line; those stay as they are. */
export function convertProse(line: string, convert: (prose: string) => string): string {
  let out = "";
  let from = 0;
  for (const found of line.matchAll(code)) {
    out += convert(line.slice(from, found.index)) + found[0];
    from = found.index + found[0].length;
  }
  return out + convert(line.slice(from));
}
