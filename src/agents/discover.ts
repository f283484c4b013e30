import type { Clock } from "../model/clock.ts";
import { AgentError } from "../model/errors.ts";
import { parseBounded } from "./bounds.ts";
import { readSome } from "./call.ts";
import { explainStatus } from "./explain.ts";
import { parseRetryAfter } from "./failure.ts";
import { toNetworkError } from "./network.ts";
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
export const maxCardBytes = 1024 * 1024;
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

/** How a card is looked for. */
export interface Look {
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Looks at each place until one gives a card; `first`: where such a system is known to have it. A card at the host's root counts for a
 * deeper URL only if it names that URL, since a host may serve many agents. Throws AgentError of a kind that says nothing reached the
 * agent: unreachable, rateLimited, unauthorized or unsupported.
 */
export async function discoverCard(url: string, first: readonly string[], look: Look): Promise<FoundCard> {
  let refused: AgentError | undefined;
  for (const candidate of new Set([...first, ...cardUrls(url)])) {
    const found = await fetchCard(candidate, undefined, look).catch((error: unknown) => {
      if (!(error instanceof AgentError) || error.kind === "rateLimited" || error.code === undefined) throw error;
      if (error.kind === "unauthorized") refused ??= error;
      return undefined;
    });
    if (found && found !== "unchanged" && (first.includes(candidate) || isMeant(found, url))) return found;
  }
  throw (
    refused ??
    new AgentError("unreachable", "no agent card was found: name its full URL, or put the card into the configuration", {
      explanation: noCard,
    })
  );
}

const noCard =
  "The agent's card was not found. An administrator must set `url` to the card's full address, or put the card into the configuration.";

/** One place. `etag`: answers "unchanged" when it still is that version. */
export async function fetchCard(url: string, etag: string | undefined, look: Look): Promise<FoundCard | "unchanged"> {
  const headers = new Headers(look.headers);
  headers.set("accept", "application/json");
  headers.set("a2a-version", "1.0");
  if (etag) headers.set("if-none-match", etag);
  const { answer, text } = await get(url, headers, look);
  if (answer.status === 304 && etag) return "unchanged";
  if (!answer.ok) throw statusError(answer, look.clock.now());
  const raw = parse(text);
  if (!looksLikeCard(raw))
    throw new AgentError("unreachable", "what was found is not an agent card", { code: answer.status, explanation: noCard });
  return { url, raw, etag: answer.headers.get("etag") ?? undefined, freshMs: freshMs(answer.headers.get("cache-control")) };
}

async function get(url: string, headers: Headers, { fetch, signal }: Look) {
  try {
    const answer = await fetch(url, { headers, signal, redirect: "manual" });
    return { answer, text: await readSome(answer, maxCardBytes + 1) };
  } catch (error) {
    if (error instanceof AgentError) throw error;
    // A look does no harm, so it may be repeated whatever broke it.
    const explanation = signal.aborted ? "The agent's card did not come in time." : toNetworkError(error).explanation;
    throw new AgentError("unreachable", "the agent card cannot be fetched", { cause: error, explanation });
  }
}

function statusError(answer: Response, now: number): AgentError {
  const code = answer.status;
  const message = `the agent card was answered with ${code}`;
  const explanation = explainStatus(code);
  const retryAfterMs = parseRetryAfter(answer.headers.get("retry-after"), answer.headers.get("date"), now);
  if (code === 429 || (code === 503 && retryAfterMs !== undefined))
    return new AgentError("rateLimited", message, { code, retryAfterMs, explanation });
  return new AgentError(code === 401 || code === 403 ? "unauthorized" : "unreachable", message, { code, explanation });
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

/** Undefined for a web page at this place. */
function parse(text: string): unknown {
  try {
    if (Buffer.byteLength(text) <= maxCardBytes) return parseBounded(text);
  } catch {
    // Told below: a card is nothing that the agent may have taken.
  }
  throw new AgentError("unsupported", "the agent card is too large or too complex", {
    explanation: "The agent's card is too large or too complex to be read safely. An administrator must check it.",
  });
}
