import type { Body } from "./body.ts";
import { editApplication, putCommands, readApplication, readCommands } from "./calls/application.ts";
import { answerInteraction, followedUp, followUp } from "./calls/interactions.ts";
import { deleteMessage, editMessage, postMessage, react, readHistory, readMessage, showTyping } from "./calls/messages.ts";
import { download, openDirect, readChannel, readGuild, readGuildChannels, readMember, readRoles, readUser } from "./calls/places.ts";
import { editChannel, readActiveThreads, readArchivedThreads, startPost, startThread } from "./calls/threads.ts";
import type { Desk } from "./desk.ts";
import { Refusal } from "./refusal.ts";
import type { Route } from "./routes.ts";
import { withoutBotToken } from "./routes.ts";

/** One HTTP request to the simulated API. */
export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Body;
}

/** An answer, with what the log calls it. A body of bytes is a file; none at all must have no content type. */
export interface Performed {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly outcome: string;
}

export interface PerformOptions {
  readonly desk: Desk;
  /** Where `GET /gateway/bot` sends to, and how many more sessions may begin today. */
  gateway(): { readonly url: string; readonly left: number };
}

/** Does what a request asks for, whole or not at all. Never rejects for what the caller did wrong. */
export function perform(options: PerformOptions, route: Route, request: ServiceRequest): Performed {
  const { desk } = options;
  try {
    checkCaller(desk, route, request);
    return route.operation === "download" ? toFile(desk, request) : toSuccess(callApi(options, route, request));
  } catch (error) {
    if (error instanceof Refusal) return toError(error);
    throw error;
  }
}

export function toError({ status, code, message, errors }: Pick<Refusal, "status" | "code" | "message" | "errors">): Performed {
  return { status, body: { message, code, ...(errors !== undefined && { errors }) }, outcome: String(code || status) };
}

function toSuccess(body: unknown): Performed {
  return body === undefined ? { status: 204, outcome: "ok" } : { status: 200, body, outcome: "ok" };
}

/** Docs: authentication, user agent. */
function checkCaller(desk: Desk, { operation }: Route, { method, path, headers }: ServiceRequest): void {
  if (operation === "unknown") {
    desk.violation(`there is no ${method} ${path}`);
    throw new Refusal(404, 0, "404: Not Found");
  }
  if (operation === "download") return;
  if (!String(headers["user-agent"]).startsWith("DiscordBot (")) desk.violation("a call without the user agent DiscordBot (url, version)");
  if (withoutBotToken.includes(operation)) return;
  if (headers.authorization === `Bot ${desk.realm.app.token}`) return;
  throw new Refusal(401, 0, "401: Unauthorized");
}

function toFile(desk: Desk, { path, query, headers }: ServiceRequest): Performed {
  const file = download(desk, path, query, headers.authorization === undefined ? undefined : String(headers.authorization));
  if (file === undefined) return { status: 404, body: Buffer.from("This content is no longer available."), outcome: "404" };
  return { status: 200, headers: { "content-type": file.mediaType }, body: file.bytes, outcome: "ok" };
}

function callApi(options: PerformOptions, route: Route, request: ServiceRequest): unknown {
  const { desk } = options;
  const { channel: id = "", message = "" } = route.names;
  const { query, body } = request;
  switch (route.operation) {
    case "history":
      return readHistory(desk, id, query);
    case "message":
      return readMessage(desk, id, message);
    case "post":
      return postMessage(desk, id, body.json, body.uploads);
    case "edit":
      return editMessage(desk, id, message, body.json, body.uploads);
    case "delete":
      return deleteMessage(desk, id, message);
    case "typing":
      return showTyping(desk, id);
    case "react":
    case "unreact":
      return react(desk, id, message, route.names.emoji ?? "", route.operation === "react");
    case "startThread":
      return startThread(desk, id, message, body.json);
    case "startPost":
      return startPost(desk, id, body.json, body.uploads);
    case "editChannel":
      return editChannel(desk, id, body.json);
    case "archivedThreads":
      return readArchivedThreads(desk, id, query);
    default:
      return readPlaces(options, route, request) ?? callApplication(desk, route, request);
  }
}

function readPlaces({ desk, gateway }: PerformOptions, { operation, names }: Route, { body }: ServiceRequest): unknown {
  const { guild = "", user = "", channel = "" } = names;
  switch (operation) {
    case "gateway": {
      const { url, left } = gateway();
      return { url, shards: 1, session_start_limit: { total: 1_000, remaining: left, reset_after: 86_400_000, max_concurrency: 1 } };
    }
    case "user":
      return readUser(desk, user);
    case "openDirect":
      return openDirect(desk, body.json);
    case "guild":
      return readGuild(desk, guild);
    case "guildChannels":
      return readGuildChannels(desk, guild);
    case "roles":
      return readRoles(desk, guild);
    case "member":
      return readMember(desk, guild, user);
    case "activeThreads":
      return readActiveThreads(desk, guild);
    case "channel":
      return readChannel(desk, channel);
    default:
      return undefined;
  }
}

function callApplication(desk: Desk, { operation, names }: Route, { query, body }: ServiceRequest): unknown {
  const { application = "", guild = "", interaction = "", token = "", message = "" } = names;
  const { json, uploads } = body;
  switch (operation) {
    case "callback": {
      const answered = answerInteraction(desk, interaction, token, json, uploads);
      return query.get("with_response") === "true" ? answered : undefined;
    }
    case "followUp":
      return followUp(desk, application, token, json, uploads);
    case "readFollowUp":
      return followedUp(desk, "GET", { application, token, message }, json, uploads);
    case "editFollowUp":
      return followedUp(desk, "PATCH", { application, token, message }, json, uploads);
    case "deleteFollowUp":
      return followedUp(desk, "DELETE", { application, token, message }, json, uploads);
    case "commands":
      return readCommands(desk, application, guild);
    case "putCommands":
      return putCommands(desk, application, guild, json);
    case "application":
      return readApplication(desk);
    case "editApplication":
      return editApplication(desk, json);
    default:
      throw new Refusal(404, 0, "404: Not Found");
  }
}
