import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Sent with every answer: the page loads its own files only, and nobody frames it. */
export const securityHeaders = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

/** Forms of other pages cannot send these without asking first. */
const taken = ["application/json", "application/octet-stream"];

/** Undefined when the request may pass, otherwise why not. */
export type Guard = (request: IncomingMessage) => string | undefined;

/**
 * Keeps other web pages in the same browser out. The Host must be loopback, so that a foreign name that resolves to 127.0.0.1 gets
 * nothing; an Origin must be the page's own; and whatever changes something must carry the token that only the page has.
 */
export function createGuard(options: { readonly token: string; readonly port: number }): Guard {
  const hosts = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${options.port}`);
  const token = Buffer.from(options.token);
  return (request) => {
    const { host = "", origin } = request.headers;
    if (!hosts.includes(host)) return "this page is for loopback only";
    if (origin !== undefined && origin !== `http://${host}`) return "this comes from another page";
    const site = request.headers["sec-fetch-site"];
    const navigation = request.method === "GET" && request.headers["sec-fetch-mode"] === "navigate";
    if (site === "cross-site" && !navigation) return "this comes from another page";
    if (request.method === "GET" || request.method === "HEAD") return undefined;
    const shown = Buffer.from(String(request.headers["x-page-token"] ?? ""));
    if (shown.length !== token.length || !timingSafeEqual(shown, token)) return "the page is older than the demo: load it again";
    return taken.includes(request.headers["content-type"] ?? "") ? undefined : "only JSON and bytes are taken here";
  };
}
