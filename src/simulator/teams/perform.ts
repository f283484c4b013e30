import { deleteActivity, editActivity, postActivity } from "./calls/activities.ts";
import { createConversation } from "./calls/conversations.ts";
import { download, readImage, upload } from "./calls/files.ts";
import { readMember, readMembers, readPagedMembers } from "./calls/members.ts";
import type { Desk } from "./desk.ts";
import type { HttpAnswer, Login } from "./login.ts";
import { Refusal, refuse } from "./refusal.ts";
import type { Route } from "./routes.ts";

/** One HTTP request to the simulated service. */
export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly raw: Buffer;
  /** What `raw` says, where it is JSON; otherwise its text. */
  readonly body: unknown;
}

/** An answer, with more for the log than its status says. */
export type Performed = HttpAnswer & { readonly outcome?: string };

/** Does what a request asks for, whole or not at all. Never rejects for what the caller did wrong. */
export async function perform(desk: Desk, login: Login, route: Route, request: ServiceRequest): Promise<Performed> {
  try {
    return (await performOpenly(desk, login, route, request)) ?? (await performForBot(desk, login, route, request));
  } catch (error) {
    if (error instanceof Refusal) return toError(error.status, error.code, error.message);
    throw error;
  }
}

export function toError(status: number, code: string, message: string): Performed {
  return { status, body: { error: { code, message } }, outcome: code };
}

/** What is done without a token of the Bot Connector; undefined for everything else. */
async function performOpenly(desk: Desk, login: Login, route: Route, request: ServiceRequest): Promise<Performed | undefined> {
  const { operation, names } = route;
  const { path, query, raw } = request;
  switch (operation) {
    case "token":
      return login.issue(names.tenant ?? "", new URLSearchParams(raw.toString("utf8")));
    case "managedToken":
      return login.issueManaged(query, header(request, "metadata"));
    case "metadata":
      return path === login.metadataPath ? { status: 200, body: login.metadata() } : unknownPath(desk, request);
    case "keys":
      return path === login.keysPath ? { status: 200, body: login.keys.published } : unknownPath(desk, request);
    case "download":
      return download(desk, names.file ?? "", query, header(request, "authorization"));
    case "upload":
      return upload(desk, names.file ?? "", raw, header(request, "content-range"), header(request, "authorization"));
    case "unknown":
      return unknownPath(desk, request);
    default:
      return undefined;
  }
}

function unknownPath(desk: Desk, { method, path }: ServiceRequest): Performed {
  desk.violation(`there is no ${method} ${path}`);
  return { status: 404, outcome: "unknown" };
}

function header({ headers }: ServiceRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "object" ? value[0] : value;
}

/** The whole payload, counted as UTF-16 (docs: format your bot messages). */
const sizeLimit = 100 * 1024;

async function performForBot(desk: Desk, login: Login, route: Route, request: ServiceRequest): Promise<Performed> {
  const problem = await login.problem(header(request, "authorization"));
  if (problem !== undefined) {
    desk.violation(problem);
    return { status: 401, body: { message: "Authorization has been denied for this request." }, outcome: "Unauthorized" };
  }
  if (request.raw.toString("utf8").length * 2 > sizeLimit) refuse(413, "MessageSizeTooBig", "Message size too large");
  return callConnector(desk, route, request);
}

function callConnector(desk: Desk, { operation, names }: Route, { query, body }: ServiceRequest): Performed {
  const { conversation: id = "", activity, member = "" } = names;
  switch (operation) {
    case "create":
      return createConversation(desk, body);
    case "post":
      return postActivity(desk, { id, replyTo: activity, body, targeted: query.get("isTargetedActivity") === "true" });
    case "edit":
      return editActivity(desk, id, activity ?? "", body);
    case "delete":
      return deleteActivity(desk, id, activity ?? "");
    case "member":
      return readMember(desk, id, member);
    case "members":
      return readMembers(desk, id);
    case "pagedMembers":
      return readPagedMembers(desk, id, query);
    case "image":
      return readImage(desk, names.file ?? "");
    default:
      return refuse(404, "NotFound", "There is nothing here");
  }
}
