import { createHmac, timingSafeEqual } from "node:crypto";
import type { HttpRoute, RawResponse } from "../model/http.ts";
import type { KeptFile, Ledger } from "../model/ledger.ts";
import type { Parts } from "./parts.ts";

const path = "/files";
/** More than anybody reads; an id that somebody wants to guess is one of 2^256. */
const perMinute = 600;

/**
 * Where a file that is kept can be fetched for a while, by whoever has the address. It is signed with a secret of that file alone.
 * Undefined where the bridge has no address of its own.
 */
export function toFileLink(parts: Pick<Parts, "publicUrl" | "clock" | "files">, id: string, file: KeptFile): string | undefined {
  const base = parts.publicUrl()?.replace(/\/+$/, "");
  if (base === undefined) return undefined;
  const expires = Math.ceil((parts.clock.now() + parts.files.linkMs) / 1_000);
  return `${base}${path}/${id}/${expires}/${sign(file, id, expires)}/${encodeURIComponent(file.name)}`;
}

/** The last segment is the name alone; the others decide. An address that is wrong, too old, or whose file is gone is 404 without a word. */
export function createFileRoute(ledger: Pick<Ledger, "file">, now: () => number): HttpRoute {
  return {
    method: "GET",
    path: `${path}/:id/:expires/:signature/:name`,
    bodyLimit: 0,
    perMinute,
    async handle({ params: { id = "", expires = "", signature = "" } }) {
      if (!/^[\w-]{20,64}$/.test(id) || !/^\d{1,12}$/.test(expires) || Number(expires) * 1_000 <= now()) return notFound;
      const file = await ledger.file(id);
      if (!file || !isEqual(signature, sign(file, id, Number(expires)))) return notFound;
      return toResponse(file);
    },
  };
}

const notFound: RawResponse = { status: 404, body: "not found" };

function sign({ secret, name }: KeptFile, id: string, expires: number): string {
  return createHmac("sha256", secret).update(`${id}\n${expires}\n${name}`).digest("base64url");
}

function isEqual(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What a browser could run in the name of this bridge is sent as mere bytes. */
const active = /^(text\/html|application\/(xhtml\+xml|xml|javascript)|text\/(xml|javascript)|image\/svg\+xml)$/;

/** To be kept, never to be shown in place: the bytes are somebody else's. */
function toResponse({ name, mediaType, bytes }: KeptFile): RawResponse {
  return {
    status: 200,
    headers: {
      "content-type": active.test(mediaType) ? "application/octet-stream" : mediaType,
      "content-disposition": `attachment; filename="${name.replace(/[^\x20-\x7e]|["\\%]/g, "_")}"; filename*=UTF-8''${encodeName(name)}`,
      "content-security-policy": "default-src 'none'; sandbox",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-robots-tag": "noindex",
    },
    body: bytes,
  };
}

/** RFC 8187: what `encodeURIComponent` leaves as it is and a header does not. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
