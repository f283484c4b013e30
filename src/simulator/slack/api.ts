import { type Args, parseArgs, textArg } from "./arguments.ts";
import type { Faults } from "./fault.ts";
import type { RateLimit } from "./limits.ts";
import type { Desk, Methods } from "./method.ts";
import { chatMethods } from "./methods/chat.ts";
import { conversationMethods } from "./methods/conversations.ts";
import { fileMethods } from "./methods/files.ts";
import { peopleMethods } from "./methods/people.ts";
import { signMethods } from "./methods/signs.ts";
import { streamMethods } from "./methods/streams.ts";
import { Refusal, refuse } from "./refusal.ts";

const methods: Methods = {
  ...chatMethods,
  ...streamMethods,
  ...conversationMethods,
  ...peopleMethods,
  ...signMethods,
  ...fileMethods,
};

/** One call of the Web API, as the log keeps it. The token is left out. */
export interface Call {
  readonly method: string;
  readonly args: Args;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `ok`, the error that was answered, or the fault that struck. */
  readonly outcome: string;
}

/** What goes back over HTTP; undefined: the connection is cut without an answer. */
export type ApiAnswer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string } | undefined;

export interface ApiRequest {
  readonly method: string;
  readonly authorization: string | undefined;
  readonly contentType: string;
  readonly body: string;
}

export interface ApiOptions {
  readonly desk: Desk;
  readonly faults: Faults;
  readonly rateLimit: RateLimit | undefined;
  readonly signal: AbortSignal;
}

export interface Api {
  readonly calls: readonly Call[];
  /** Adds what was asked for beside the Web API to the log. */
  note(call: Call): void;
  answer(request: ApiRequest): Promise<ApiAnswer>;
}

/** The Web API in front of a workspace: checks token, scope and limits, lets faults strike, and keeps a log. */
export function createApi({ desk, faults, rateLimit, signal }: ApiOptions): Api {
  const calls: Call[] = [];
  const { clock } = desk.workspace;

  async function answer(request: ApiRequest): Promise<ApiAnswer> {
    const args = readArgs(request);
    const at = clock.now();
    const note = (outcome: string) => {
      calls.push({ method: request.method, args: withoutToken(args), at, outcome });
    };
    const wrong = faults.take(request.method, args);
    if (wrong?.kind === "slow") await clock.sleep(wrong.ms, signal);
    if (wrong?.kind === "500" || wrong?.kind === "dropBefore") {
      note(wrong.kind);
      return wrong.kind === "500" ? { status: 500, headers: {}, body: "" } : undefined;
    }
    const wait = wrong?.kind === "429" ? (wrong.retryAfter ?? 1) : rateLimit?.(request.method, args);
    if (wait !== undefined) {
      note("ratelimited");
      return tooMany(wait);
    }
    const result = wrong?.kind === "error" ? { ok: false, error: wrong.error } : perform(desk, request, args);
    note(wrong?.kind === "dropAfter" ? "dropAfter" : outcomeOf(result));
    return wrong?.kind === "dropAfter" ? undefined : withScopes(toAnswer(result), desk.workspace.app.scopes);
  }

  return { calls, note: (call) => void calls.push(call), answer };
}

/** Slack names the scopes of the token with every answer (docs: OAuth scopes, "x-oauth-scopes"). */
function withScopes(answer: ApiAnswer, scopes: ReadonlySet<string>): ApiAnswer {
  return answer && { ...answer, headers: { ...answer.headers, "x-oauth-scopes": [...scopes].join(",") } };
}

/** Unreadable arguments are none for faults and limits; `perform` refuses them for what they are. */
function readArgs(request: ApiRequest): Args {
  try {
    return parseArgs(request.contentType, request.body);
  } catch {
    return {};
  }
}

function withoutToken(args: Args): Args {
  const { token: _, ...rest } = args;
  return rest;
}

type Result = Readonly<Record<string, unknown>> & { readonly ok: boolean };

function perform(desk: Desk, request: ApiRequest, known: Args): Result {
  try {
    const args = Object.keys(known).length > 0 ? known : parseArgs(request.contentType, request.body);
    const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    requireToken(desk, request.authorization, args, method?.appLevel ?? false);
    if (method === undefined) return refuse("unknown_method", { req_method: request.method });
    requireScope(method.scopes, method.appLevel ? desk.workspace.app.appScopes : desk.workspace.app.scopes);
    return { ok: true, ...method.run(desk, args) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, error: error.code, ...error.facts };
    throw error;
  }
}

/** The app-level token is for its own methods, and the bot's for all others; it is taken from the header only (docs: apps.connections.open). */
function requireToken({ workspace: { app } }: Desk, authorization: string | undefined, args: Args, appLevel: boolean): void {
  const header = authorization?.startsWith("Bearer ") ? authorization.slice("Bearer ".length) : undefined;
  const token = header ?? (appLevel ? undefined : textArg(args, "token"));
  if (token === undefined) refuse("not_authed");
  if (token !== app.token && token !== app.appToken) refuse("invalid_auth");
  if (token !== (appLevel ? app.appToken : app.token)) refuse("not_allowed_token_type");
  if (app.standing === "revoked") refuse("token_revoked");
  if (app.standing === "inactive") refuse("account_inactive");
}

/** One of the scopes is enough. */
function requireScope(scopes: readonly string[], granted: ReadonlySet<string>): void {
  if (scopes.length === 0 || scopes.some((scope) => granted.has(scope))) return;
  refuse("missing_scope", { needed: scopes[0], provided: [...granted].join(",") });
}

function outcomeOf(result: Result): string {
  return typeof result.error === "string" ? result.error : "ok";
}

function tooMany(seconds: number): ApiAnswer {
  return { status: 429, headers: { "retry-after": String(seconds) }, body: JSON.stringify({ ok: false, error: "ratelimited" }) };
}

function toAnswer(result: Result): ApiAnswer {
  return { status: 200, headers: {}, body: JSON.stringify(result) };
}
