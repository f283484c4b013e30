/**
 * What somebody says, and below it the words of others that they passed on, as quotes: nobody takes those for the person's own, and
 * they are no word of command.
 */
export function withQuotes(own: string, passedOn: readonly string[]): string {
  const quotes = passedOn.filter((words) => words !== "").map((words) => words.replace(/^/gm, "> "));
  return [own, ...quotes].filter((piece) => piece !== "").join("\n\n");
}
