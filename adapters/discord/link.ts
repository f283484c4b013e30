import type { MessageLink } from "../../src/model/link.ts";

/**
 * `https://discord.com/channels/<server>/<channel or thread>/<message>`, as "Copy Message Link" gives it; `@me` in place of the server for
 * direct messages. The address does not say whether the second is a thread. Undefined: no such link.
 */
export function parseLink(url: URL): MessageLink | undefined {
  if (!/^((ptb|canary)\.)?discord(app)?\.com$/.test(url.hostname)) return undefined;
  const [, guild, place, message] = /^\/channels\/(@me|\d+)\/(\d+)\/(\d+)\/?$/.exec(url.pathname) ?? [];
  if (!guild || !place || !message) return undefined;
  if (guild === "@me") return { platform: "discord", workspace: "dm", channel: place, threads: ["chat"], message };
  // A message in a channel is the root of the thread of the same id.
  return { platform: "discord", workspace: guild, threads: [place, message], message };
}
