import type { Done } from "./call.ts";
import { deleteActivity, editActivity, postActivity } from "./calls/activities.ts";
import { readMember, readMembers, readPagedMembers } from "./calls/members.ts";
import type { Desk } from "./desk.ts";
import type { Faults, Wrong } from "./fault.ts";
import type { HttpAnswer, Login } from "./login.ts";
import { Refusal, refuse } from "./refusal.ts";
import { type Operation, type Route, toRoute } from "./routes.ts";

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

export interface ConnectorRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Connector {
  readonly calls: readonly Call[];
  /** Undefined: the connection is cut without an answer. */
  answer(request: ConnectorRequest): Promise<HttpAnswer | undefined>;
}

export interface ConnectorOptions {
  readonly desk: Desk;
  readonly login: Login;
  readonly faults: Faults;
  readonly signal: AbortSignal;
}

/** Bot Connector, token endpoint and metadata in front of a tenant: checks tokens and limits, lets faults strike, and keeps a log. */
export function createConnector(options: ConnectorOptions): Connector {
  const { desk, faults, signal } = options;
  const { clock } = desk.tenant;
  const calls: Call[] = [];

  async function answer(request: ConnectorRequest): Promise<HttpAnswer | undefined> {
    const route = toRoute(request.method, request.path);
    const { operation, names } = route;
    const conversation = names.conversation ?? "";
    const at = clock.now();
    const body = operation === "token" ? undefined : parseBody(request.body);
    const note = (outcome: string, status: number) => {
      calls.push({
        operation,
        method: request.method,
        path: request.path,
        conversation,
        activity: names.activity,
        body,
        at,
        outcome,
        status,
      });
    };
    const wrong = faults.take(operation, conversation);
    if (wrong?.kind === "slow") await clock.sleep(wrong.ms, signal);
    const instead = wrong === undefined ? undefined : toFailure(wrong);
    if (instead !== undefined || wrong?.kind === "dropBefore") {
      note(wrong?.kind === "error" ? wrong.code : (wrong?.kind ?? ""), instead?.status ?? 0);
      return instead;
    }
    const done = await perform(options, route, request, body);
    if (wrong?.kind === "dropAfter") {
      note("dropAfter", 0);
      return undefined;
    }
    note(done.outcome ?? (done.status < 300 ? "ok" : String(done.status)), done.status);
    return done;
  }

  return { calls, answer };
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return body.toString("utf8"); // kept in the log as it came; whoever needs JSON refuses it
  }
}

function toFailure(wrong: Wrong): HttpAnswer | undefined {
  switch (wrong.kind) {
    case "dropBefore":
    case "dropAfter":
    case "slow":
      return undefined;
    case "error":
      return toError(wrong.status, wrong.code, wrong.message ?? wrong.code);
    case "429": {
      const { retryAfter } = wrong;
      const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
      return { ...toError(429, "RateLimited", "API calls quota exceeded"), headers };
    }
    case "412":
      return toError(412, "PreconditionFailed", "Precondition failed, please try again.");
    default:
      return toError(Number(wrong.kind), "ServiceError", "The service had a problem.");
  }
}

function toError(status: number, code: string, message: string): Done & { readonly outcome: string } {
  return { status, body: { error: { code, message } }, outcome: code };
}

/** The whole payload, counted as UTF-16 (docs: format your bot messages). */
const sizeLimit = 100 * 1024;

async function perform(options: ConnectorOptions, route: Route, request: ConnectorRequest, body: unknown): Promise<Done> {
  const { desk, login } = options;
  const { operation, names } = route;
  try {
    if (operation === "token") return await login.issue(names.tenant ?? "", new URLSearchParams(request.body.toString("utf8")));
    if (operation === "managedToken") return await login.issueManaged(request.query, single(request.headers.metadata));
    if (operation === "metadata" && request.path === login.metadataPath) return { status: 200, body: toMetadata(desk, login) };
    if (operation === "keys" && request.path === login.keysPath) return { status: 200, body: login.keys.published };
    if (operation === "unknown" || operation === "metadata" || operation === "keys") {
      desk.violation(`there is no ${request.method} ${request.path}`);
      return { status: 404, outcome: "unknown" };
    }
    const problem = await login.problem(single(request.headers.authorization));
    if (problem !== undefined) {
      desk.violation(problem);
      return { status: 401, body: { message: "Authorization has been denied for this request." }, outcome: "Unauthorized" };
    }
    if (request.body.toString("utf8").length * 2 > sizeLimit) refuse(413, "MessageSizeTooBig", "Message size too large");
    return run(desk, route, request.query, body);
  } catch (error) {
    if (error instanceof Refusal) return toError(error.status, error.code, error.message);
    throw error;
  }
}

function run(desk: Desk, { operation, names }: Route, query: URLSearchParams, body: unknown): Done {
  const { conversation = "", activity, member = "" } = names;
  switch (operation) {
    case "post":
      return postActivity(desk, conversation, activity, body, query.get("isTargetedActivity") === "true");
    case "edit":
      return editActivity(desk, conversation, activity ?? "", body);
    case "delete":
      return deleteActivity(desk, conversation, activity ?? "");
    case "member":
      return readMember(desk, conversation, member);
    case "members":
      return readMembers(desk, conversation);
    case "pagedMembers":
      return readPagedMembers(desk, conversation, query);
    default:
      return refuse(404, "NotFound", "There is nothing here");
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : header?.[0];
}

function toMetadata({ tenant }: Desk, login: Login): unknown {
  return {
    issuer: "https://api.botframework.com",
    jwks_uri: `${tenant.address}${login.keysPath}`,
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["private_key_jwt"],
  };
}
