import type { MessageLink } from "../../src/model/link.ts";

/**
 * `https://teams.microsoft.com/l/message/<conversation>/<message>?tenantId=...&parentMessageId=...`, as "Copy link" gives it
 * (https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/deep-link-teams). Undefined: no such link. The link to a
 * message in a personal chat names that chat as its people see it and not as the bot does: it finds nothing.
 */
export function parseLink(url: URL): MessageLink | undefined {
  if (!/^(teams\.microsoft\.(com|us)|teams\.cloud\.microsoft|(gov|dod)\.teams\.microsoft\.us)$/.test(url.hostname)) return undefined;
  const [, conversation, message] = /^\/l\/message\/([^/]+)\/(\d+)$/.exec(url.pathname) ?? [];
  if (!conversation || !message) return undefined;
  const channel = decode(conversation);
  const workspace = url.searchParams.get("tenantId");
  const root = url.searchParams.get("parentMessageId") ?? message;
  const threads = channel.endsWith("@thread.tacv2") || channel.endsWith("@thread.skype") ? [root] : ["chat"];
  return { platform: "teams", ...(workspace && { workspace }), channel, threads, message };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray percent sign: then it is no encoding
  }
}
