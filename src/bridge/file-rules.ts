/** What holds for files in either direction. */
export interface FileLimits {
  /** The largest file. */
  readonly maxBytes: number;
  readonly perMessage: number;
  /** How long a link of the bridge to a file works. Milliseconds. */
  readonly linkMs: number;
  /** Endings of names, in lower case and without the dot, of files that are passed on in neither direction. */
  readonly refused: readonly string[];
}

const unknown = "application/octet-stream";

const types: Readonly<Record<string, string>> = {
  csv: "text/csv", docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", gif: "image/gif",
  html: "text/html", jpeg: "image/jpeg", jpg: "image/jpeg", json: "application/json", log: "text/plain", md: "text/markdown",
  mp3: "audio/mpeg", mp4: "video/mp4", pdf: "application/pdf", png: "image/png",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation", svg: "image/svg+xml", txt: "text/plain",
  wav: "audio/wav", webp: "image/webp", xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xml: "application/xml",
  yaml: "application/yaml", yml: "application/yaml", zip: "application/zip",
}; // biome-ignore format: one table

const endings: ReadonlyMap<string, string> = new Map(
  Object.entries(types)
    .reverse()
    .map(([ending, type]) => [type, ending]),
);

/** The media type without parameters; what a platform does not know is told by the name. */
export function toMediaType(given: string, name: string): string {
  const type = given.split(";")[0]?.trim().toLowerCase() ?? "";
  const known = /^[\w.+-]+\/[\w.+-]+$/.test(type) && type !== unknown;
  const ending = endingOf(name);
  return known ? type : ((Object.hasOwn(types, ending) ? types[ending] : undefined) ?? unknown);
}

/** A name that is just a name: no folders, nothing invisible, nothing that turns the reading direction round, and not too long. */
export function toFileName(given: string, mediaType: string): string {
  const plain = (given.split(/[/\\]/).at(-1) ?? "")
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replace(/[<>:"|?*`]/g, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  const ending = endings.get(mediaType);
  if (["", "file", "image"].includes(plain)) return `${plain || "file"}${ending === undefined ? "" : `.${ending}`}`;
  return plain.length <= 120 ? plain : `${plain.slice(0, 100).toWellFormed()}….${endingOf(plain).slice(0, 15)}`;
}

/** Whether the rules keep a file back by its name, or by what a program for Windows or Linux begins with. */
export function isRefused({ refused }: FileLimits, name: string, bytes?: Uint8Array): boolean {
  if (refused.length === 0) return false;
  if (refused.includes(endingOf(name))) return true;
  const [a, b, c, d] = bytes ?? [];
  return (a === 0x4d && b === 0x5a) || (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46);
}

/**
 * Why an agent does not take a file of this type; undefined where it does. What the admin names wins over the input modes of the card,
 * among which agents of all kinds have plain text and JSON for what is not a file at all: those alone mean no files.
 */
export function whyNotTaken(named: readonly string[] | undefined, inputModes: readonly string[], mediaType: string): string | undefined {
  const modes = (named ?? inputModes).map((mode) => mode.split(";")[0]?.trim().toLowerCase() ?? "");
  if (!named && modes.every((mode) => noFiles.includes(mode))) return "this agent takes text alone";
  const taken = modes.some((mode) => matches(mode, mediaType));
  return taken ? undefined : `this agent does not take files of this kind (${mediaType})`;
}

const noFiles = ["", "text", "data", "text/plain", "application/json"];

/** Agents of A2A 0.1 name kinds in place of media types. */
function matches(mode: string, mediaType: string): boolean {
  if (mode === "*" || mode === "*/*" || mode === "file") return true;
  if (mode === "image" || mode === "audio" || mode === "video") return mediaType.startsWith(`${mode}/`);
  return mode.endsWith("/*") ? mediaType.startsWith(mode.slice(0, -1)) : mode === mediaType;
}

function endingOf(name: string): string {
  const at = name.lastIndexOf(".");
  return at < 0 ? "" : name.slice(at + 1).toLowerCase();
}
