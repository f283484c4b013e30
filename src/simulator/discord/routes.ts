/** What can be asked of the simulated API. */
export type Operation =
  | "gateway"
  | "user"
  | "openDirect"
  | "guild"
  | "guildChannels"
  | "roles"
  | "member"
  | "activeThreads"
  | "archivedThreads"
  | "channel"
  | "editChannel"
  | "startThread"
  | "startPost"
  | "history"
  | "message"
  | "post"
  | "edit"
  | "delete"
  | "typing"
  | "react"
  | "unreact"
  | "callback"
  | "followUp"
  | "readFollowUp"
  | "editFollowUp"
  | "deleteFollowUp"
  | "commands"
  | "putCommands"
  | "application"
  | "editApplication"
  | "download"
  | "unknown";

export interface Route {
  readonly operation: Operation;
  /** Decoded segments of the path that have a name. */
  readonly names: Readonly<Record<string, string>>;
}

const patterns: readonly (readonly [Operation, string, string])[] = [
  ["gateway", "GET", "api/v10/gateway/bot"],
  ["user", "GET", "api/v10/users/:user"],
  ["openDirect", "POST", "api/v10/users/@me/channels"],
  ["guild", "GET", "api/v10/guilds/:guild"],
  ["guildChannels", "GET", "api/v10/guilds/:guild/channels"],
  ["roles", "GET", "api/v10/guilds/:guild/roles"],
  ["member", "GET", "api/v10/guilds/:guild/members/:user"],
  ["activeThreads", "GET", "api/v10/guilds/:guild/threads/active"],
  ["archivedThreads", "GET", "api/v10/channels/:channel/threads/archived/public"],
  ["channel", "GET", "api/v10/channels/:channel"],
  ["editChannel", "PATCH", "api/v10/channels/:channel"],
  ["startThread", "POST", "api/v10/channels/:channel/messages/:message/threads"],
  ["startPost", "POST", "api/v10/channels/:channel/threads"],
  ["history", "GET", "api/v10/channels/:channel/messages"],
  ["message", "GET", "api/v10/channels/:channel/messages/:message"],
  ["post", "POST", "api/v10/channels/:channel/messages"],
  ["edit", "PATCH", "api/v10/channels/:channel/messages/:message"],
  ["delete", "DELETE", "api/v10/channels/:channel/messages/:message"],
  ["typing", "POST", "api/v10/channels/:channel/typing"],
  ["react", "PUT", "api/v10/channels/:channel/messages/:message/reactions/:emoji/@me"],
  ["unreact", "DELETE", "api/v10/channels/:channel/messages/:message/reactions/:emoji/@me"],
  ["callback", "POST", "api/v10/interactions/:interaction/:token/callback"],
  ["followUp", "POST", "api/v10/webhooks/:application/:token"],
  ["readFollowUp", "GET", "api/v10/webhooks/:application/:token/messages/:message"],
  ["editFollowUp", "PATCH", "api/v10/webhooks/:application/:token/messages/:message"],
  ["deleteFollowUp", "DELETE", "api/v10/webhooks/:application/:token/messages/:message"],
  ["commands", "GET", "api/v10/applications/:application/commands"],
  ["putCommands", "PUT", "api/v10/applications/:application/commands"],
  ["commands", "GET", "api/v10/applications/:application/guilds/:guild/commands"],
  ["putCommands", "PUT", "api/v10/applications/:application/guilds/:guild/commands"],
  ["application", "GET", "api/v10/applications/@me"],
  ["editApplication", "PATCH", "api/v10/applications/@me"],
  ["download", "GET", "attachments/:channel/:file/:name"],
];

/** Whose token stands in the path; everything else wants the bot's in a header, and files want none. */
export const withoutBotToken: readonly Operation[] = [
  "callback",
  "followUp",
  "readFollowUp",
  "editFollowUp",
  "deleteFollowUp",
  "download",
  "unknown",
];

export function toRoute(method: string, path: string): Route {
  const segments = path.split("/").slice(1).map(decode);
  for (const [operation, verb, pattern] of patterns) {
    const names = verb === method ? match(pattern.split("/"), segments) : undefined;
    if (names !== undefined) return { operation, names };
  }
  return { operation: "unknown", names: {} };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // not an encoding: it will not be found
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const names: Record<string, string> = {};
  for (const [at, part] of pattern.entries()) {
    const segment = segments[at] ?? "";
    if (part.startsWith(":") && segment !== "") names[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return names;
}
