/** What can be asked of the simulated service. */
export type Operation =
  | "create"
  | "post"
  | "edit"
  | "delete"
  | "members"
  | "pagedMembers"
  | "member"
  | "image"
  | "download"
  | "upload"
  | "token"
  | "managedToken"
  | "metadata"
  | "keys"
  | "unknown";

export interface Route {
  readonly operation: Operation;
  /** Decoded segments of the path that have a name. */
  readonly names: Readonly<Record<string, string>>;
}

/** The Bot Connector's paths, behind the service URL's own segment (docs: Bot Connector API reference). */
const patterns: readonly (readonly [Operation, string, string])[] = [
  ["create", "POST", "amer/v3/conversations"],
  ["post", "POST", "amer/v3/conversations/:conversation/activities"],
  ["post", "POST", "amer/v3/conversations/:conversation/activities/:activity"],
  ["edit", "PUT", "amer/v3/conversations/:conversation/activities/:activity"],
  ["delete", "DELETE", "amer/v3/conversations/:conversation/activities/:activity"],
  ["members", "GET", "amer/v3/conversations/:conversation/members"],
  ["pagedMembers", "GET", "amer/v3/conversations/:conversation/pagedmembers"],
  ["member", "GET", "amer/v3/conversations/:conversation/members/:member"],
  ["image", "GET", "amer/v3/attachments/:file/views/:view"],
  ["download", "GET", "files/:file/:name"],
  ["upload", "PUT", "uploads/:file"],
  ["token", "POST", ":tenant/oauth2/v2.0/token"],
  ["managedToken", "GET", "metadata/identity/oauth2/token"],
  ["metadata", "GET", ":instance/v1/.well-known/openidconfiguration"],
  ["keys", "GET", ":instance/v1/.well-known/keys"],
];

/** Reads a request line. Segments are decoded one by one: ids hold `;`, `:` and `@`, which clients may encode. */
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
