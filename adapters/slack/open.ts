import { z } from "zod";
import { download } from "../../src/model/download.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { Attachment } from "../../src/model/message.ts";
import type { Web } from "./web.ts";

const sourceSchema = z.object({ url: z.string().optional() });
const infoSchema = z.object({ file: z.object({ url_private_download: z.string().nullish(), url_private: z.string().nullish() }) });

export interface OpenOptions {
  readonly botToken: string;
  readonly apiUrl: string;
  readonly fetch: typeof fetch;
  readonly web: Web;
  /** Whether the app reads files. */
  readonly files: boolean;
}

const denied = "Slack does not let the app read it (an admin can give it the scope files:read)";

/**
 * The bytes of a file that a person attached. The token goes to Slack's own hosts only (or to the stand-in that `apiUrl` names).
 * A web page in place of a file is Slack's login page: the token may not read files.
 */
export async function openFile(attachment: Attachment, maxBytes: number, options: OpenOptions, signal: AbortSignal): Promise<Uint8Array> {
  if (!options.files) throw new DeliveryError("fileRefused", "slack.files is off", { explanation: "files are switched off for this app" });
  const source = sourceSchema.safeParse(attachment.source).data;
  const url = source && (source.url ?? (await lookUp(attachment.id, options.web, signal)));
  if (url === undefined || !isSlackFile(url, options.apiUrl)) {
    throw new DeliveryError("fileRefused", "the file is not at Slack", { explanation: "Slack does not hand it out" });
  }
  const headers = { authorization: `Bearer ${options.botToken}` };
  return download(options.fetch, { url, headers, maxBytes, mediaType: attachment.mediaType, denied }, signal);
}

/** https://docs.slack.dev/reference/methods/files.info */
async function lookUp(file: string, web: Web, signal: AbortSignal): Promise<string | undefined> {
  try {
    const found = infoSchema.safeParse(await web.call("files.info", "read", { file }, signal)).data?.file;
    return found?.url_private_download ?? found?.url_private ?? undefined;
  } catch (cause) {
    if (!(cause instanceof DeliveryError) || cause.kind !== "refused") throw cause;
    throw new DeliveryError("fileRefused", cause.message, { explanation: denied, cause });
  }
}

/** Of Slack, or of the stand-in that `apiUrl` names: the token may go there, and so may what an agent sends. */
export function isSlackFile(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin, username, password } = new URL(url);
  if (username !== "" || password !== "") return false;
  return (protocol === "https:" && hostname.endsWith(".slack.com")) || origin === new URL(apiUrl).origin;
}
