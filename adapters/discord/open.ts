import { Routes } from "discord.js";
import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import type { Attachment } from "../../src/model/message.ts";
import type { Rest } from "./rest.ts";
import { messageSchema } from "./wire.ts";

/** Bytes. */
const largest = 25 * 1024 * 1024;
/** Where Discord keeps files. */
const hosts = ["cdn.discordapp.com", "media.discordapp.net"];

const sourceSchema = z.object({ url: z.string(), channel: z.string(), message: z.string().optional() });

export interface OpenOptions {
  readonly apiUrl: string;
  readonly fetch: typeof fetch;
  readonly rest: Rest;
}

/**
 * The bytes of a file that a person attached. Its address is signed, needs no token, and is good for about a day; then the message that
 * it stands in is asked for the next one.
 */
export async function openFile(attachment: Attachment, options: OpenOptions, signal: AbortSignal): Promise<Uint8Array> {
  const source = sourceSchema.safeParse(attachment.source).data;
  if (!source) throw new DeliveryError("refused", "the file is not at Discord");
  const first = await fetchFile(source.url, options, signal);
  if (first.ok || source.message === undefined || ![403, 404].includes(first.status)) return read(first);
  await first.body?.cancel();
  const route = Routes.channelMessage(source.channel, source.message);
  const answer = await options.rest.call("get", route, { name: "message", purpose: "read" }, signal);
  const fresh = messageSchema.safeParse(answer).data?.attachments.find(({ id }) => id === attachment.id);
  if (!fresh) throw new DeliveryError("refused", "the file is not there any more");
  return read(await fetchFile(fresh.url, options, signal));
}

async function fetchFile(url: string, { apiUrl, fetch: fetchWith }: OpenOptions, signal: AbortSignal): Promise<Response> {
  if (!isDiscordFile(url, apiUrl)) throw new DeliveryError("refused", "the file is not at Discord");
  try {
    return await fetchWith(url, { redirect: "error", signal });
  } catch (cause) {
    throw new DeliveryError("unavailable", "the file cannot be fetched", { cause });
  }
}

function isDiscordFile(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, port, origin } = new URL(url);
  return (protocol === "https:" && port === "" && hosts.includes(hostname)) || origin === new URL(apiUrl).origin;
}

async function read(response: Response): Promise<Uint8Array> {
  if (!response.ok) {
    await response.body?.cancel();
    throw new DeliveryError(response.status >= 500 ? "unavailable" : "refused", `the file cannot be read (HTTP ${response.status})`);
  }
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
