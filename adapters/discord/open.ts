import { Routes } from "discord.js";
import { z } from "zod";
import { download } from "../../src/model/download.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { Attachment } from "../../src/model/message.ts";
import type { Rest } from "./rest.ts";
import { toFiles } from "./said.ts";
import { messageSchema } from "./wire.ts";

/** Where Discord keeps files. */
const hosts = ["cdn.discordapp.com", "media.discordapp.net"];

const sourceSchema = z.object({ url: z.string(), channel: z.string(), message: z.string().optional() });

export interface OpenOptions {
  readonly apiUrl: string;
  readonly fetch: typeof fetch;
  readonly rest: Rest;
}

const denied = "Discord does not hand it out";

/**
 * The bytes of a file that a person attached. Its address is signed, needs no token, and is good for about a day; then the message that
 * it stands in is asked for the next one.
 */
export async function openFile(attachment: Attachment, maxBytes: number, options: OpenOptions, signal: AbortSignal): Promise<Uint8Array> {
  const source = sourceSchema.safeParse(attachment.source).data;
  if (!source) throw notAtDiscord();
  const fetchFrom = (url: string) => {
    if (!isDiscordFile(url, options.apiUrl)) throw notAtDiscord();
    return download(options.fetch, { url, maxBytes, mediaType: attachment.mediaType, denied }, signal);
  };
  try {
    return await fetchFrom(source.url);
  } catch (error) {
    const fresh =
      error instanceof DeliveryError && error.kind === "fileRefused" ? await renew(attachment.id, source, options, signal) : undefined;
    if (fresh === undefined || fresh === source.url) throw error;
    return fetchFrom(fresh);
  }
}

/** The address as the message has it now. */
async function renew(
  file: string,
  { channel, message }: z.output<typeof sourceSchema>,
  { rest }: OpenOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (message === undefined) return undefined;
  const answer = await rest
    .call("get", Routes.channelMessage(channel, message), { name: "message", purpose: "read" }, signal)
    .catch((error: unknown) => {
      if (error instanceof DeliveryError && (error.kind === "refused" || error.kind === "threadGone")) return undefined;
      throw error;
    });
  const found = messageSchema.safeParse(answer).data;
  return found && toFiles(found).find(({ id }) => id === file)?.url;
}

function isDiscordFile(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, port, origin, username, password } = new URL(url);
  if (username !== "" || password !== "") return false;
  return (protocol === "https:" && port === "" && hosts.includes(hostname)) || origin === new URL(apiUrl).origin;
}

function notAtDiscord(): DeliveryError {
  return new DeliveryError("fileRefused", "the file is not at Discord", { explanation: denied });
}
