import { DeliveryError } from "./errors.ts";
import { toSize } from "./size.ts";

export interface Download {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  /** What the file is said to be: a web page in place of anything else is a page to sign in at, or an error. */
  readonly mediaType: string;
  /** Said where the platform does not let the bot read the file, behind a colon. */
  readonly denied: string;
}

/**
 * The bytes behind an address, once and without following it elsewhere. Rejects with a DeliveryError: `unavailable` where another try may
 * help, `fileRefused` otherwise. Its words name neither the address nor the file.
 */
export async function download(fetchWith: typeof fetch, wanted: Download, signal: AbortSignal): Promise<Uint8Array> {
  const response = await open(fetchWith, wanted, signal);
  const problem = findProblem(response, wanted);
  if (problem) {
    // What is left of it is not wanted, and neither is how that ends.
    await response.body?.cancel().catch(() => undefined);
    throw problem;
  }
  return read(response, wanted.maxBytes);
}

async function open(fetchWith: typeof fetch, { url, headers = {} }: Download, signal: AbortSignal): Promise<Response> {
  try {
    return await fetchWith(url, { headers, redirect: "manual", signal });
  } catch (cause) {
    throw new DeliveryError("unavailable", "the file cannot be fetched", { explanation: unreachable, cause });
  }
}

const unreachable = "it could not be fetched";

function findProblem({ status, ok, headers }: Response, { mediaType, maxBytes, denied }: Download): DeliveryError | undefined {
  const refuse = (explanation: string) =>
    new DeliveryError("fileRefused", `the file cannot be read (HTTP ${status}): ${explanation}`, { explanation });
  if (status === 429 || status >= 500) {
    return new DeliveryError("unavailable", `the file cannot be read (HTTP ${status})`, { explanation: unreachable });
  }
  if (status >= 300 && status < 400) return refuse("its address leads elsewhere");
  if (status === 404 || status === 410) return refuse("it is not there any more");
  if (!ok || isPage(headers, mediaType)) return refuse(denied);
  return Number(headers.get("content-length") ?? 0) > maxBytes ? tooLarge(maxBytes) : undefined;
}

function isPage(headers: Headers, mediaType: string): boolean {
  return (headers.get("content-type") ?? "").toLowerCase().startsWith("text/html") && !mediaType.toLowerCase().startsWith("text/html");
}

async function read(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    throw new DeliveryError("unavailable", "the file broke off", { explanation: unreachable, cause: error });
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): DeliveryError {
  const explanation = `it is larger than ${toSize(maxBytes)}`;
  return new DeliveryError("fileRefused", `the file is refused: ${explanation}`, { explanation, tooLarge: true });
}
