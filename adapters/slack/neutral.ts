/** Invisible; it keeps Slack from reading what it stands in. */
const stop = "\u200b";

/**
 * Takes the power out of what would call people or point at channels: `<!channel>`, `<@U…>`, `<#C…>`, `<!subteam…>`, `@here`.
 * Works the same in code, twice does nothing more, and the beginning of a text that grows keeps its form: streams need that.
 */
export function neutralise(text: string): string {
  return text
    .replace(/(<|&lt;|&#0*60;|&#x0*3c;)(\\?)([@#])(?=[A-Z])/gi, `$1$2$3${stop}`)
    .replace(/(<|&lt;|&#0*60;|&#x0*3c;)(\\?!)(channe|her|everyon|grou|subtea)(?=[lemp])/gi, `$1$2$3${stop}`)
    .replace(/(?<![\w.+-])(@|&#0*64;|&#x0*40;|&commat;)(channe|her|everyon)(?=[le])/gi, `$1$2${stop}`);
}
