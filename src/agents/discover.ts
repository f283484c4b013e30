import { AgentError } from "../model/errors.ts";
import { readSome } from "./call.ts";
import { parseRetryAfter } from "./failure.ts";
import { looksLikeCard } from "./repair.ts";

/** A card as it came, with what is needed to ask for it again. */
export interface FoundCard {
  readonly url: string;
  readonly raw: unknown;
  readonly etag: string | undefined;
  /** Until it may be outdated, by its Cache-Control. */
  readonly freshMs: number;
}

const wellKnown = [".well-known/agent-card.json", ".well-known/agent.json"];
const maxCardBytes = 1024 * 1024;
const defaultFreshMs = 300_000;
const minFreshMs = 30_000;
const maxFreshMs = 86_400_000;

/** Where a card may be, in the order to look: the URL itself where it names a file, else below it, beside it, and at the host's root. */
export function cardUrls(url: string): readonly string[] {
  const { origin, pathname, search } = new URL(url);
  if (pathname.endsWith(".json")) return [url];
  const base = pathname.endsWith("/") ? pathname : `${pathname}/`;
  const parent = pathname.replace(/[^/]*$/, "");
  const folders = [...new Set([base, parent, "/"])];
  return [...folders.flatMap((folder) => wellKnown.map((path) => `${origin}${folder}${path}${search}`)), url];
}

/**
 * Looks at each place until one gives a card. A card at the host's root counts for a deeper URL only if it names that URL, since a host
 * may serve many agents. Throws AgentError of a kind that says nothing reached the agent: unreachable, rateLimited or unauthorized.
 */
export async function discoverCard(url: string, fetch: typeof globalThis.fetch, signal: AbortSignal): Promise<FoundCard> {
  let refused: AgentError | undefined;
  for (const candidate of cardUrls(url)) {
    const found = await fetchCard(candidate, undefined, fetch, signal).catch((error: unknown) => {
      if (!(error instanceof AgentError) || error.kind === "rateLimited" || error.code === undefined) throw error;
      if (error.kind === "unauthorized") refused ??= error;
      return undefined;
    });
    if (found && found !== "unchanged" && isMeant(found, url)) return found;
  }
  throw refused ?? new AgentError("unreachable", "no agent card was found: name its full URL, or put the card into the configuration");
}

/** One place. `etag`: answers "unchanged" when it still is that version. */
export async function fetchCard(
  url: string,
  etag: string | undefined,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<FoundCard | "unchanged"> {
  const headers = { accept: "application/json", "a2a-version": "1.0", ...(etag && { "if-none-match": etag }) };
  const { answer, text } = await get(url, headers, fetch, signal);
  if (answer.status === 304 && etag) return "unchanged";
  if (!answer.ok) throw statusError(answer);
  const raw = parse(text);
  if (!looksLikeCard(raw)) throw new AgentError("unreachable", "what was found is not an agent card", { code: answer.status });
  return { url, raw, etag: answer.headers.get("etag") ?? undefined, freshMs: freshMs(answer.headers.get("cache-control")) };
}

async function get(url: string, headers: Record<string, string>, fetch: typeof globalThis.fetch, signal: AbortSignal) {
  try {
    const answer = await fetch(url, { headers, signal, redirect: "manual" });
    return { answer, text: await readSome(answer, maxCardBytes) };
  } catch (error) {
    if (error instanceof AgentError) throw error;
    throw new AgentError("unreachable", "the agent card cannot be fetched", { cause: error });
  }
}

function statusError(answer: Response): AgentError {
  const code = answer.status;
  const message = `the agent card was answered with ${code}`;
  const retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"), answer.headers.get("date"));
  if (code === 429 || (code === 503 && retryAfterMs !== undefined)) return new AgentError("rateLimited", message, { code, retryAfterMs });
  return new AgentError(code === 401 || code === 403 ? "unauthorized" : "unreachable", message, { code });
}

function isMeant(found: FoundCard, url: string): boolean {
  const { origin, pathname } = new URL(url);
  const atRoot = wellKnown.some((path) => found.url.startsWith(`${origin}/${path}`));
  if (!atRoot || !pathname.replace(/\/$/, "").includes("/", 1)) return true;
  return JSON.stringify(found.raw).includes(url.replace(/\/$/, ""));
}

/** `max-age` within sane bounds; a card that must not be stored is still used for half a minute. */
function freshMs(cacheControl: string | null): number {
  const directives = cacheControl ?? "";
  if (/\bno-(store|cache)\b/i.test(directives)) return minFreshMs;
  const seconds = /\bmax-age=(\d+)/i.exec(directives)?.[1];
  return seconds === undefined ? defaultFreshMs : Math.min(Math.max(Number(seconds) * 1000, minFreshMs), maxFreshMs);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a web page at this place: not a card
  }
}
