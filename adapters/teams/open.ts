import { z } from "zod";
import { download } from "../../src/model/download.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { Attachment } from "../../src/model/message.ts";
import type { Tokens } from "./credentials.ts";
import type { Hosts } from "./hosts.ts";

const sourceSchema = z.object({ kind: z.enum(["file", "image"]), url: z.string() });

export interface OpenOptions {
  readonly fetch: typeof fetch;
  readonly hosts: Hosts;
  readonly tokens: Tokens | undefined;
}

const denied = "Teams does not let the bot read it";

/**
 * The bytes of a file that a person attached. A file's address opens it by itself; a picture stands at the service and needs the bot's
 * token, which goes nowhere else. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
 */
export async function openFile(attachment: Attachment, maxBytes: number, options: OpenOptions, signal: AbortSignal): Promise<Uint8Array> {
  const source = sourceSchema.safeParse(attachment.source).data;
  if (!source) {
    const explanation = "Teams gives bots the files of personal chats only";
    throw new DeliveryError("fileRefused", `the file cannot be had: ${explanation}`, { explanation });
  }
  if (!(source.kind === "image" ? options.hosts.isService(source.url) : options.hosts.isFile(source.url))) {
    throw new DeliveryError("fileRefused", "the file is not where Teams keeps files", { explanation: "it is not where Teams keeps files" });
  }
  const token = source.kind === "image" ? await options.tokens?.get() : undefined;
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  return download(options.fetch, { url: source.url, headers, maxBytes, mediaType: attachment.mediaType, denied }, signal);
}
