import type { Part } from "@a2a-js/sdk";

/** A file that came with a message: its bytes, or where they are to be had. */
export interface SentFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes?: Uint8Array;
  readonly url?: string;
}

/** The files among the parts of a message, as any generation of A2A writes them (1.0: section 4.1.6; 0.3 and older: section 6.5). */
export function filesOf(parts: readonly unknown[]): readonly SentFile[] {
  return parts.flatMap((part) => {
    const fields = recordOf(part);
    const file = fields.file === undefined ? fields : recordOf(fields.file);
    const bytes = text(file.raw ?? file.bytes ?? file.fileWithBytes);
    const url = text(file.url ?? file.uri ?? file.fileWithUri);
    if (bytes === undefined && url === undefined) return [];
    const name = text(file.filename ?? file.name) ?? "";
    const mediaType = text(file.mediaType ?? file.mimeType) ?? "";
    return [{ name, mediaType, ...(bytes === undefined ? { url: url ?? "" } : { bytes: Buffer.from(bytes, "base64") }) }];
  });
}

/** The same of parts that the SDK has read. */
export function filesIn(parts: readonly Part[]): readonly SentFile[] {
  return parts.flatMap(({ content, filename: name, mediaType }): readonly SentFile[] => {
    if (content?.$case === "raw") return [{ name, mediaType, bytes: content.value }];
    return content?.$case === "url" ? [{ name, mediaType, url: content.value }] : [];
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
