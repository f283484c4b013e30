import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Api } from "./api.ts";
import type { FileStore } from "./files.ts";
import type { ResponseUrls } from "./response.ts";
import type { Workspace } from "./workspace.ts";

export interface ServerOptions {
  readonly workspace: Workspace;
  readonly api: Api;
  readonly files: FileStore;
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
  const bytes = await read(request);
  if (room === "files" || room === "upload") return answerFile(options.files, room, name, request, bytes, response);
  const body = bytes.toString("utf8");
  if (room === "api") return answerApi(options.api, name, request, body, response);
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

async function answerFile(
  files: FileStore,
  room: "files" | "upload",
  id: string,
  { headers, socket }: IncomingMessage,
  bytes: Buffer,
  response: ServerResponse,
): Promise<void> {
  const answered = await (room === "upload"
    ? files.upload(id, headers["content-type"] ?? "", bytes)
    : files.download(id, headers.authorization));
  if (answered === undefined) return void socket.destroy();
  response.writeHead(answered.status, answered.headers).end(answered.body);
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}
