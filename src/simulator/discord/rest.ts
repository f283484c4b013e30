import { readBody } from "./body.ts";
import type { Faults, Wrong } from "./fault.ts";
import type { Passed, RateLimit } from "./limits.ts";
import { type Performed, type PerformOptions, perform, type ServiceRequest, toError } from "./perform.ts";
import { type Operation, toRoute } from "./routes.ts";

/** One request to the simulated API, as the log keeps it. Tokens are left out. */
export interface Call {
  readonly operation: Operation;
  readonly method: string;
  /** As it came, without a query. */
  readonly path: string;
  /** Empty where the call names none. */
  readonly channel: string;
  readonly message: string | undefined;
  readonly body: unknown;
  readonly files: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `ok`, the error code that was answered, or the fault that struck. */
  readonly outcome: string;
  /** 0: the caller heard nothing. */
  readonly status: number;
}

/** An answer, or how the connection ends, or stays, without one. */
export type Answer = Omit<Performed, "outcome"> | "drop" | "reset" | "hang";

export interface Rest {
  readonly calls: readonly Call[];
  answer(request: Omit<ServiceRequest, "body"> & { readonly raw: Uint8Array }): Promise<Answer>;
}

export interface RestOptions extends PerformOptions {
  readonly faults: Faults;
  readonly rateLimit: RateLimit | undefined;
  readonly signal: AbortSignal;
}

/** The API in front of a realm: lets faults strike, counts against the limits, checks the caller, and keeps a log. */
export function createRest(options: RestOptions): Rest {
  const { desk, faults, rateLimit, signal } = options;
  const { clock } = desk.realm;
  const calls: Call[] = [];

  return {
    calls,
    async answer({ raw, ...bare }) {
      const { method, path, headers } = bare;
      const body = await readBody(raw, String(headers["content-type"] ?? ""));
      const request = { ...bare, body };
      const route = toRoute(method, path);
      const { operation, names } = route;
      const at = clock.now();
      const wrong = faults.take(operation, names.channel ?? "");
      if (wrong?.kind === "slow") await clock.sleep(wrong.ms, signal);
      const passed = rateLimit?.(route, body.json);
      const instead = passed?.wait === undefined ? toFailure(wrong) : tooMany(passed.wait, passed.scope);
      const done = instead === undefined || isAfter(wrong) ? perform(options, route, request) : undefined;
      const answered = toAnswer(wrong, instead ?? done, passed);
      const heard = typeof answered === "string" ? 0 : answered.status;
      const outcome = heard === 0 || (wrong && instead) ? (wrong?.kind ?? "") : ((instead ?? done)?.outcome ?? "");
      const files = body.uploads.map(({ name }) => name);
      const channel = names.channel ?? "";
      calls.push({ operation, method, path, channel, message: names.message, body: body.json, files, at, outcome, status: heard });
      return answered;
    },
  };
}

function toAnswer(wrong: Wrong | undefined, performed: Performed | undefined, passed: Passed | undefined): Answer {
  const silence = silences.find((name) => wrong?.kind.startsWith(name));
  if (silence !== undefined || performed === undefined) return silence ?? "hang";
  const { outcome: _, ...answer } = performed;
  return { ...answer, headers: { ...passed?.headers, ...answer.headers } };
}

const silences = ["drop", "reset", "hang"] as const;

/** Whether the call takes effect although the caller hears of none. */
function isAfter(wrong: Wrong | undefined): boolean {
  return wrong?.kind.endsWith("After") === true || (wrong !== undefined && "after" in wrong && wrong.after === true);
}

function tooMany(seconds: number, scope: "user" | "global"): Performed {
  const global = scope === "global";
  const headers = {
    "retry-after": String(Math.ceil(seconds)),
    "x-ratelimit-scope": scope,
    ...(global && { "x-ratelimit-global": "true" }),
  };
  return { status: 429, headers, body: { message: "You are being rate limited.", retry_after: seconds, global }, outcome: "429" };
}

/** What is answered in place of the truth, if anything is. */
function toFailure(wrong: Wrong | undefined): Performed | undefined {
  if (wrong === undefined) return undefined;
  switch (wrong.kind) {
    case "slow":
      return undefined;
    case "dropBefore":
    case "dropAfter":
    case "resetBefore":
    case "resetAfter":
    case "hangBefore":
    case "hangAfter":
      return { status: 0, outcome: wrong.kind };
    case "error":
      return toError({ status: wrong.status, code: wrong.code, message: wrong.message ?? "Something is wrong", errors: undefined });
    case "429":
      return tooMany(wrong.retryAfter ?? 1, wrong.global ? "global" : "user");
    default: // what stands before the API answers with a page
      return {
        status: Number(wrong.kind),
        headers: { "content-type": "text/html" },
        body: Buffer.from("<h1>error</h1>"),
        outcome: wrong.kind,
      };
  }
}
