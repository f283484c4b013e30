import { z } from "zod";
import { ServiceRefusal, type StreamEnd } from "./errors.ts";

/** Milliseconds for one call; Teams answers in far less, or not at all. */
const timeout = 15_000;
/** Bytes. The longest answer that anybody needs is that of the key server. */
const largest = 512 * 1024;

export interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer in hand, with a text of a bearable size. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** One call, once. Rejects with what `fetch` rejects with; a redirect is an answer like any other. */
export async function exchange(fetchWith: typeof fetch, url: string, outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  const response = await fetchWith(url, { ...outgoing, redirect: "manual", signal: until });
  return { status: response.status, headers: response.headers, text: await readText(response) };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > largest) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const errorSchema = z.object({
  error: z.object({
    code: z
      .string()
      .regex(/^\w{1,80}$/)
      .catch(""),
    message: z.string().catch(""),
  }),
});

/** What an answer says that is none of success. `now`: milliseconds since 1970. */
export function toRefusal({ status, headers, text }: Answer, now: number): ServiceRefusal {
  const { code, message } = errorSchema.safeParse(parseJson(text)).data?.error ?? { code: "", message: "" };
  return new ServiceRefusal(status, code, {
    retryAfterMs: toRetryAfter(headers.get("retry-after"), now),
    streamEnd: status === 403 && code === "ContentStreamNotAllowed" ? toStreamEnd(message) : undefined,
  });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a page in place of JSON says nothing
  }
}

/** Teams tells only in words what became of a stream. */
function toStreamEnd(message: string): StreamEnd {
  if (/cancel/i.test(message)) return "canceled";
  if (/exceeded/i.test(message)) return "expired";
  return /completed/i.test(message) ? "completed" : "refused";
}

/** Seconds, or a date (RFC 9110, section 10.2.3). At least a moment, at most an hour. */
function toRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null || value.trim() === "") return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(3_600_000, Math.max(100, Math.ceil(ms))) : undefined;
}
