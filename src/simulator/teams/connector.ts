import type { Desk } from "./desk.ts";
import type { Faults, Wrong } from "./fault.ts";
import type { RateLimit } from "./limits.ts";
import type { HttpAnswer, Login } from "./login.ts";
import { type Performed, perform, type ServiceRequest, toError } from "./perform.ts";
import { type Operation, toRoute } from "./routes.ts";

/** One request to the simulated service, as the log keeps it. Secrets and tokens are left out. */
export interface Call {
  readonly operation: Operation;
  readonly method: string;
  /** As it came, encoded. */
  readonly path: string;
  /** Decoded, with its thread; empty where the call names none. */
  readonly conversation: string;
  readonly activity: string | undefined;
  readonly body: unknown;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `ok`, the error code that was answered, or the fault that struck. */
  readonly outcome: string;
  /** 0: the connection was cut. */
  readonly status: number;
}

export interface Connector {
  readonly calls: readonly Call[];
  /** Undefined: the connection is cut without an answer. */
  answer(request: Omit<ServiceRequest, "body">): Promise<HttpAnswer | undefined>;
}

export interface ConnectorOptions {
  readonly desk: Desk;
  readonly login: Login;
  readonly faults: Faults;
  readonly rateLimit: RateLimit | undefined;
  /** Whether a 429 says how long to wait; Teams often does not. */
  readonly retryAfter: boolean;
  readonly signal: AbortSignal;
}

/** Bot Connector, token endpoint and metadata in front of a tenant: lets faults strike, checks limits and tokens, and keeps a log. */
export function createConnector(options: ConnectorOptions): Connector {
  const { desk, login, faults, signal } = options;
  const { clock } = desk.tenant;
  const calls: Call[] = [];

  async function answer(bare: Omit<ServiceRequest, "body">): Promise<HttpAnswer | undefined> {
    const request = { ...bare, body: parseBody(bare.raw) };
    const { method, path } = request;
    const route = toRoute(method, path);
    const { operation, names } = route;
    const conversation = names.conversation ?? "";
    const at = clock.now();
    const wrong = faults.take(operation, conversation);
    if (wrong?.kind === "slow") await clock.sleep(wrong.ms, signal);
    const instead = wrong === undefined ? overLimit(options, operation, conversation) : toFailure(wrong);
    const cut = wrong?.kind === "dropBefore" || wrong?.kind === "dropAfter";
    const done = instead ?? (wrong?.kind === "dropBefore" ? { status: 0 } : await perform(desk, login, route, request));
    const outcome = cut ? wrong.kind : (done.outcome ?? (done.status < 300 ? "ok" : String(done.status)));
    const body = operation === "token" ? undefined : request.body;
    calls.push({ operation, method, path, conversation, activity: names.activity, body, at, outcome, status: cut ? 0 : done.status });
    return cut ? undefined : done;
  }

  return { calls, answer };
}

function parseBody(raw: Buffer): unknown {
  if (raw.length === 0) return undefined;
  const text = raw.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text; // kept in the log as it came; whoever needs JSON refuses it
  }
}

function overLimit({ rateLimit, retryAfter }: ConnectorOptions, operation: Operation, conversation: string): Performed | undefined {
  const wait = rateLimit?.(operation, conversation);
  return wait === undefined ? undefined : tooMany(retryAfter ? wait : undefined);
}

function tooMany(seconds: number | undefined): Performed {
  const headers = seconds === undefined ? {} : { "retry-after": String(seconds) };
  return { ...toError(429, "RateLimited", "API calls quota exceeded"), headers };
}

/** What is answered in place of the truth, if anything is. */
function toFailure(wrong: Wrong): Performed | undefined {
  switch (wrong.kind) {
    case "dropBefore":
    case "dropAfter":
    case "slow":
      return undefined;
    case "error":
      return toError(wrong.status, wrong.code, wrong.message ?? wrong.code);
    case "429":
      return tooMany(wrong.retryAfter);
    case "412":
      return toError(412, "PreconditionFailed", "Precondition failed, please try again.");
    default:
      return { ...toError(Number(wrong.kind), "ServiceError", "The service had a problem."), outcome: wrong.kind };
  }
}
