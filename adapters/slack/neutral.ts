/** Invisible; it keeps Slack from reading what it stands in. */
const stop = "\u200b";

const open = "(?:<|&(?:lt|LT);|&#0*60;|&#[xX]0*3[cC];)\\\\?";
const at = "(?:@|&#0*64;|&#[xX]0*40;|&commat;)";
const hash = "(?:#|&#0*35;|&#[xX]0*23;|&num;)";
const bang = "(?:!|&#0*33;|&#[xX]0*21;|&excl;)";

/** `<@U…>`, `<#C…>` */
const reference = new RegExp(`(${open}(?:${at}|${hash}))(?=[A-Za-z0-9])`, "g");
/** `<!channel>`, `<!everyone>`, `<!here>`, `<!group>`, `<!subteam^…>`; not `<!DOCTYPE` and `<!--`. */
const special = new RegExp(`(${open}${bang})(?=[A-Za-z0-9])(?!DOCTYPE|doctype)`, "g");
/** `@here` and its like, not in an e-mail address. */
const plain = new RegExp(`(?<![\\w.+-])(${at}(?:channe|her|everyon))(?=[le])`, "gi");

/**
 * Takes the power out of what would call people or point at channels, written plainly or as Markdown allows to write it.
 * Works the same in code, twice does nothing more, and the beginning of a text that grows keeps its form: streams need that.
 */
export function neutralise(text: string): string {
  if (!/[<@&]/.test(text)) return text; // what all of them begin with
  return text.replace(reference, `$1${stop}`).replace(special, `$1${stop}`).replace(plain, `$1${stop}`);
}
