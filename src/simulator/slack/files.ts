import type { Call } from "./api.ts";
import type { Faults, Wrong } from "./fault.ts";
import type { Workspace } from "./workspace.ts";

/** What goes back over HTTP; undefined: the connection is cut without an answer. */
type FileAnswer =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string | Uint8Array }
  | undefined;

/** Where files lie: their bytes go in and out here, beside the Web API. Faults strike by the method names `upload` and `download`. */
export interface FileStore {
  upload(id: string, contentType: string, bytes: Uint8Array): Promise<FileAnswer>;
  download(id: string, authorization: string | undefined): Promise<FileAnswer>;
}

export interface FileStoreOptions {
  readonly workspace: Workspace;
  readonly faults: Faults;
  /** Each request, for the log. */
  readonly note: (call: Call) => void;
  readonly signal: AbortSignal;
}

export function createFileStore({ workspace, faults, note, signal }: FileStoreOptions): FileStore {
  const { clock } = workspace;

  async function answer(method: "upload" | "download", file: string, perform: () => NonNullable<FileAnswer>): Promise<FileAnswer> {
    const at = clock.now();
    const wrong = faults.take(method, {});
    if (wrong?.kind === "slow") await clock.sleep(wrong.ms, signal);
    const done = toFailure(wrong) ?? (wrong?.kind === "dropBefore" ? { status: 0, headers: {}, body: "" } : perform());
    const cut = wrong?.kind === "dropBefore" || wrong?.kind === "dropAfter";
    note({ method, args: { file }, at, outcome: cut ? wrong.kind : done.status === 200 ? "ok" : String(done.status) });
    return cut ? undefined : done;
  }

  return {
    upload: (id, contentType, bytes) => answer("upload", id, () => take(workspace, id, contentType, bytes)),
    download: (id, authorization) => answer("download", id, () => give(workspace, id, authorization)),
  };
}

/** `error` stands for what a file store answers: `redirect`, `login_page`, or that there is no such file. */
function toFailure(wrong: Wrong | undefined): NonNullable<FileAnswer> | undefined {
  switch (wrong?.kind) {
    case "429":
      return { status: 429, headers: { "retry-after": String(wrong.retryAfter ?? 1) }, body: "" };
    case "500":
      return { status: 500, headers: {}, body: "" };
    case "error":
      if (wrong.error === "login_page") return loginPage;
      if (wrong.error === "redirect") return { status: 302, headers: { location: "http://127.0.0.1:9/elsewhere" }, body: "" };
      return { status: 404, headers: {}, body: "" };
    default:
      return undefined;
  }
}

const loginPage = { status: 200, headers: { "content-type": "text/html" }, body: "<!DOCTYPE html><title>Slack</title>Sign in" };

/** Without the token or the scope Slack sends a login page, with status 200. */
function give({ app, files }: Workspace, id: string, authorization: string | undefined): NonNullable<FileAnswer> {
  if (authorization !== `Bearer ${app.token}` || !app.scopes.has("files:read")) return loginPage;
  const file = files.get(id);
  if (file === undefined) return { status: 404, headers: {}, body: "" };
  return { status: 200, headers: { "content-type": file.mediaType }, body: file.bytes };
}

/** The bytes as they are; a form with several parts is not read here. */
function take(workspace: Workspace, id: string, contentType: string, bytes: Uint8Array): NonNullable<FileAnswer> {
  const upload = workspace.uploads.get(id);
  if (upload === undefined) return { status: 404, headers: {}, body: "" };
  if (contentType.startsWith("multipart/") || bytes.byteLength !== upload.length) return { status: 400, headers: {}, body: "" };
  workspace.files.set(id, { name: upload.name, mediaType: toMediaType(upload.name), bytes });
  return { status: 200, headers: {}, body: `OK - ${bytes.byteLength}` };
}

const mediaTypes: Readonly<Record<string, string>> = {
  csv: "text/csv", txt: "text/plain", md: "text/markdown", pdf: "application/pdf", png: "image/png", jpg: "image/jpeg", gif: "image/gif",
}; // biome-ignore format: one table

/** Slack finds out itself what a file is. */
function toMediaType(name: string): string {
  return mediaTypes[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "application/octet-stream";
}
