import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Api } from "./api.ts";
import type { ResponseUrls } from "./response.ts";
import type { Workspace } from "./workspace.ts";

export interface ServerOptions {
  readonly workspace: Workspace;
  readonly api: Api;
  readonly responses: ResponseUrls;
  readonly port: number;
}

/** Slack's side of HTTP on loopback: `/api/<method>`, files behind the token, and addresses for late responses. Resolves once it listens. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch(() => response.destroy()); // a caller who hung up; whoever still waits sees a cut connection
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the simulator has no port");
  options.workspace.address = `http://127.0.0.1:${address.port}`;
  return server;
}

async function answer(options: ServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, room = "", name = ""] = new URL(request.url ?? "/", "http://slack.test").pathname.split("/");
  const body = await read(request);
  if (room === "api") return answerApi(options.api, name, request, body, response);
  if (room === "files") return answerFile(options.workspace, name, request, response);
  if (room === "response") {
    const { status, body: text } = options.responses.answer(name, request.headers["content-type"] ?? "", body);
    response.writeHead(status).end(text);
    return;
  }
  response.writeHead(404).end();
}

async function answerApi(api: Api, method: string, request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
  const { authorization, "content-type": contentType = "" } = request.headers;
  const query = new URL(request.url ?? "/", "http://slack.test").searchParams.toString();
  const form = "application/x-www-form-urlencoded";
  const answered = await api.answer(
    body === "" ? { method, authorization, contentType: form, body: query } : { method, authorization, contentType, body },
  );
  if (answered === undefined) return void request.socket.destroy();
  response.writeHead(answered.status, { "content-type": "application/json; charset=utf-8", ...answered.headers }).end(answered.body);
}

/** Without the token or the scope Slack sends a login page, with status 200. */
function answerFile({ app, files }: Workspace, id: string, request: IncomingMessage, response: ServerResponse): void {
  const allowed = request.headers.authorization === `Bearer ${app.token}` && app.scopes.has("files:read");
  const file = files.get(id);
  if (!allowed) response.writeHead(200, { "content-type": "text/html" }).end("<!DOCTYPE html><title>Slack</title>Sign in");
  else if (file === undefined) response.writeHead(404).end();
  else response.writeHead(200, { "content-type": file.mediaType }).end(file.bytes);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
