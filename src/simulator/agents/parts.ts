import type { Content } from "./steps.ts";

/** A content as parts of A2A before 1.0. `key` says what they are: `type` in 0.1, `kind` in 0.2 and 0.3 (0.3.0, section 6.5). */
export function toParts(content: Content, key: "type" | "kind"): readonly Readonly<Record<string, unknown>>[] {
  if (typeof content === "string") return [{ [key]: "text", text: content }];
  return content.map((part) => {
    if ("text" in part) return { [key]: "text", text: part.text };
    if ("data" in part) return { [key]: "data", data: part.data };
    const where = "url" in part ? { uri: part.url } : { bytes: part.raw };
    const { filename, mediaType } = part;
    const file = {
      ...where,
      ...(filename === undefined ? {} : { name: filename }),
      ...(mediaType === undefined ? {} : { mimeType: mediaType }),
    };
    return { [key]: "file", file };
  });
}
