import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import type { Attachment } from "../../src/model/message.ts";
import type { Tokens } from "./credentials.ts";
import type { Hosts } from "./hosts.ts";

/** Bytes. */
const largest = 25 * 1024 * 1024;

const sourceSchema = z.object({ kind: z.enum(["file", "image"]), url: z.string() });

export interface OpenOptions {
  readonly fetch: typeof fetch;
  readonly hosts: Hosts;
  readonly tokens: Tokens | undefined;
}

/**
 * The bytes of a file that a person attached. A file's address opens it by itself; a picture stands at the service and needs the bot's
 * token, which goes nowhere else. https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4
 */
export async function openFile(attachment: Attachment, options: OpenOptions, signal: AbortSignal): Promise<Uint8Array> {
  const source = sourceSchema.safeParse(attachment.source).data;
  const known = source && (source.kind === "image" ? options.hosts.isService(source.url) : options.hosts.isFile(source.url));
  if (!source || !known) throw new DeliveryError("refused", "the file is not where Teams keeps files");
  const token = source.kind === "image" ? await options.tokens?.get() : undefined;
  const response = await fetchFile(source.url, token, options, signal);
  if (!response.ok) {
    await response.body?.cancel();
    throw new DeliveryError(response.status >= 500 ? "unavailable" : "refused", `the file cannot be read (HTTP ${response.status})`);
  }
  return read(response);
}

async function fetchFile(url: string, token: string | undefined, options: OpenOptions, signal: AbortSignal): Promise<Response> {
  try {
    return await options.fetch(url, { headers: token ? { authorization: `Bearer ${token}` } : {}, redirect: "error", signal });
  } catch (cause) {
    throw new DeliveryError("unavailable", "the file cannot be fetched", { cause });
  }
}

async function read(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > largest) throw new DeliveryError("refused", "the file is too large");
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    throw new DeliveryError("unavailable", "the file broke off", { cause: error });
  }
  return Buffer.concat(chunks);
}
