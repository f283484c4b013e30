import type { IncomingMessage } from "node:http";

export type Body = { readonly kind: "bytes"; readonly bytes: Uint8Array } | { readonly kind: "tooLarge" } | { readonly kind: "broken" };

/**
 * Reads a request's body, whatever its type. Never keeps more than `limit` bytes and never throws: `broken` is a sender that
 * went away half-way. What comes after the limit is thrown away unread, so that the sender gets to see the answer; the server's
 * request timeout ends that.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  if (Number(request.headers["content-length"] ?? 0) > limit) {
    request.resume();
    return Promise.resolve({ kind: "tooLarge" });
  }
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    request.on("data", (chunk: Uint8Array) => {
      size += chunk.byteLength;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      resolve({ kind: "tooLarge" });
    });
    request.once("end", () => resolve({ kind: "bytes", bytes: new Uint8Array(Buffer.concat(chunks)) }));
    request.once("error", () => resolve({ kind: "broken" }));
    request.once("close", () => resolve({ kind: "broken" }));
  });
}
