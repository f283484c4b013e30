import type { Upload } from "./content.ts";

export interface Body {
  /** What was sent as JSON, or as `payload_json` beside files. Undefined: nothing, or nothing readable. */
  readonly json: unknown;
  readonly uploads: readonly Upload[];
}

/** Reads JSON or multipart (docs: uploading files). */
export async function readBody(raw: Uint8Array, contentType: string): Promise<Body> {
  if (raw.length === 0) return { json: undefined, uploads: [] };
  if (!contentType.startsWith("multipart/form-data")) return { json: parse(Buffer.from(raw).toString("utf8")), uploads: [] };
  const form = await new Response(Buffer.from(raw), { headers: { "content-type": contentType } }).formData();
  const payload = form.get("payload_json");
  const uploads = await Promise.all([...form.entries()].flatMap(([key, value]) => (value instanceof File ? [toUpload(key, value)] : [])));
  return { json: typeof payload === "string" ? parse(payload) : undefined, uploads };
}

async function toUpload(key: string, file: File): Promise<Upload> {
  return { key, name: file.name, mediaType: file.type || "application/octet-stream", bytes: new Uint8Array(await file.arrayBuffer()) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // whoever needs JSON refuses it
  }
}
