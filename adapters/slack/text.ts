/** Names that are known for user ids. */
export type Names = ReadonlyMap<string, string>;

const token = /<([^<>]*)>|&(amp|lt|gt);/g;
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">" };

/**
 * Slack's message text as a person would read it: our own mention removed, other references by name, links spelt out, entities
 * undone once. https://docs.slack.dev/messaging/formatting-message-text
 */
export function toCleanText(text: string, botUser: string, names: Names): string {
  return withoutMention(text, botUser)
    .replace(token, (_, reference: string | undefined, entity: string | undefined) =>
      reference === undefined ? (entities[entity ?? ""] ?? "") : toWords(reference, names),
    )
    .trim();
}

/** Whether the text mentions this user anywhere. */
export function mentions(text: string, user: string): boolean {
  return text.includes(`<@${user}>`) || text.includes(`<@${user}|`);
}

/** Whether the text turns to somebody (a person, a group, everybody) before anything else is said. */
export function beginsWithMention(text: string): boolean {
  return /^\s*<(@|!(subteam\^|here|channel|everyone))/.test(text);
}

/** The ids of the users that a text mentions. */
export function mentionedUsers(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g)].map((match) => match[1] ?? ""))];
}

function withoutMention(text: string, botUser: string): string {
  const mention = `<@${botUser}(?:\\|[^<>]*)?>`;
  return text
    .replace(new RegExp(`^\\s*${mention}[,:]?\\s*`), "")
    .replace(new RegExp(`[^\\S\\n]${mention}(?=[,.!?]+(?:\\s|$))`, "g"), "")
    .replace(new RegExp(`(^|\\s)${mention}(?:[^\\S\\n]?${mention})*(?=\\s|$)[^\\S\\n]?`, "g"), "$1")
    .replace(new RegExp(mention, "g"), "");
}

/** `reference` is what stands between the angle brackets. */
function toWords(reference: string, names: Names): string {
  const bar = reference.indexOf("|");
  const target = bar < 0 ? reference : reference.slice(0, bar);
  const label = bar < 0 ? "" : unescaped(reference.slice(bar + 1));
  if (target.startsWith("@")) return `@${label.replace(/^@/, "") || names.get(target.slice(1)) || target.slice(1)}`;
  if (target.startsWith("#")) return `#${label.replace(/^#/, "") || target.slice(1)}`;
  if (target.startsWith("!subteam^")) return `@${label.replace(/^@/, "") || target.slice("!subteam^".length)}`;
  if (/^!(here|channel|everyone)$/.test(target)) return `@${target.slice(1)}`;
  if (target.startsWith("!")) return label || target.slice(1);
  return toLink(unescaped(target), label);
}

function toLink(url: string, label: string): string {
  const bare = url.replace(/^(mailto|tel):/, "");
  if (label === "" || label === url || label === bare) return bare;
  return url.endsWith(`://${label}`) || url.endsWith(`://${label}/`) ? url : `${label} (${bare})`;
}

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt);/g, (_, entity: string) => entities[entity] ?? "");
}
