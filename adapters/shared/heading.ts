export interface Heading {
  readonly level: number;
  readonly words: string;
}

/** https://spec.commonmark.org/0.31.2/#atx-headings; undefined for any other line. */
export function toHeading(line: string): Heading | undefined {
  const [, marks, rest = ""] = /^ {0,3}(#{1,6})(?:[^\S\n]+(.*))?$/.exec(line) ?? [];
  return marks === undefined
    ? undefined
    : {
        level: marks.length,
        words: rest
          .trimEnd()
          .replace(/(?:^|[^\S\n])#+$/, "")
          .trim(),
      };
}
