import type { MessageLink } from "../../src/model/link.ts";

/**
 * `https://<workspace>.slack.com/archives/<channel>/p<ts without its dot>?thread_ts=<root>`, as "Copy link" gives it. The address names
 * the workspace by its subdomain, which is not its id. Undefined: no such link.
 */
export function parseLink(url: URL): MessageLink | undefined {
  if (!/(^|\.)slack(-gov)?\.com$/.test(url.hostname)) return undefined;
  const [, channel, seconds, fraction] = /^\/archives\/([A-Z0-9]+)\/p(\d{10,})(\d{6})$/.exec(url.pathname) ?? [];
  if (!channel || !seconds || !fraction) return undefined;
  const message = `${seconds}.${fraction}`;
  const root = url.searchParams.get("thread_ts") ?? message;
  // A direct message channel may be one chat without threads.
  return { platform: "slack", channel, threads: channel.startsWith("D") ? [root, "dm"] : [root], message };
}
