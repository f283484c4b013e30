import { z } from "zod";
import { DeliveryError } from "../../src/model/errors.ts";
import type { Attachment } from "../../src/model/message.ts";

/** Bytes. */
const largest = 25 * 1024 * 1024;

const sourceSchema = z.object({ url: z.string() });

/**
 * The bytes of a file that a person attached. The token goes to Slack's own hosts only (or to the stand-in that `apiUrl` names).
 * A web page in place of a file is Slack's login page: the token may not read files.
 */
export async function openFile(
  attachment: Attachment,
  options: { readonly botToken: string; readonly apiUrl: string; readonly fetch: typeof fetch },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const url = sourceSchema.safeParse(attachment.source).data?.url;
  if (url === undefined || !isSlackFile(url, options.apiUrl)) throw new DeliveryError("refused", "the file is not at Slack");
  const response = await fetchFile(url, options, signal);
  const mediaType = response.headers.get("content-type") ?? "";
  if (!response.ok || (mediaType.startsWith("text/html") && !attachment.mediaType.startsWith("text/html"))) {
    await response.body?.cancel();
    throw new DeliveryError("refused", `the file cannot be read (HTTP ${response.status}): the app needs the scope files:read`);
  }
  return read(response);
}

function isSlackFile(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin } = new URL(url);
  return (protocol === "https:" && hostname.endsWith(".slack.com")) || origin === new URL(apiUrl).origin;
}

async function fetchFile(
  url: string,
  options: { readonly botToken: string; readonly fetch: typeof fetch },
  signal: AbortSignal,
): Promise<Response> {
  try {
    return await options.fetch(url, { headers: { authorization: `Bearer ${options.botToken}` }, redirect: "error", signal });
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
