import { randomUUID } from "node:crypto";
import type { AgentConfig } from "./config.ts";

/** Sends an HTTP+JSON operation to the path that the configuration gives it. */
export function withPaths(fetch: typeof globalThis.fetch, endpoint: string, paths: AgentConfig["paths"]): typeof globalThis.fetch {
  if (!paths) return fetch;
  const base = endpoint.replace(/\/+$/, "");
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const [, operation] = /^\/(?:v1\/)?message:(send|stream)$/.exec(url.startsWith(base) ? url.slice(base.length) : "") ?? [];
    const path = operation === "send" ? paths.send : operation === "stream" ? paths.stream : undefined;
    return fetch(path === undefined ? input : new URL(path.replace(/^(?=[^/]*:)/, "./"), `${base}/`).href, init);
  };
}

/** The SDK counts its JSON-RPC requests; some agents want a string. The answer's id is put right where answers are read. */
export function withStringIds(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return (input, init) => {
    const body = typeof init?.body === "string" ? parse(init.body) : undefined;
    if (typeof body?.id !== "number") return fetch(input, init);
    return fetch(input, { ...init, body: JSON.stringify({ ...body, id: randomUUID() }) });
  };
}

/** A request of ours; one that is no JSON-RPC has no id of this kind. */
function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
}
