import { slackifyMarkdown } from "slackify-markdown";
import { neutralise } from "./neutral.ts";

/** The whole text in Slack's own mark-up, for where Markdown blocks are not shown or not taken. */
export function toFallback(markdown: string): string {
  // Once more behind the converter, which undoes escapes that hid a mention.
  return neutralise(convert(markdown));
}

function convert(markdown: string): string {
  const text = markdown.trimEnd();
  if (isPlain(text)) return text;
  if (deep.test(markdown)) return escaped(markdown);
  try {
    return slackifyMarkdown(markdown).trim() || escaped(markdown);
  } catch {
    // Plain words are still words.
    return escaped(markdown);
  }
}

/**
 * Whether no word of it is Markdown or an address, so that the converter would give back what it got: it builds its parser anew for each
 * text, and most texts are a few plain sentences.
 */
export function isPlain(markdown: string): boolean {
  return plain.test(markdown) && !special.test(markdown) && markdown === markdown.trim();
}

/** Letters, digits, and signs that Markdown gives no meaning within a line. */
const plain = /^[\p{L}\p{M}\p{N} \n,.;:!?'"()%/+=$€#“”„‘’‚–—…-]+$/u;
/** The beginning of a line that may be a list, a heading, a rule or code; space around lines; addresses. */
const special = /^[^\p{L}\p{N}"'(“„‘‚\n]|^\d+[.)]| $|\n\n\n|:\/\/|www\./imu;

/** Nesting that no person reads; the converter would need seconds for it. */
const deep = /(?:>[^\S\n]*){32}|(?:[-*+][^\S\n]+){32}|(?:\d[.)][^\S\n]+){32}/;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
