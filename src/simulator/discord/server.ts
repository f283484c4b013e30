import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import type { Gateway } from "./gateway.ts";
import type { Realm } from "./realm.ts";
import type { Rest } from "./rest.ts";

/** API, files and gateway on one loopback port. Resolves once it listens. */
export async function startServer(options: {
  readonly realm: Realm;
  readonly rest: Rest;
  readonly gateway: Gateway;
  readonly port: number;
}): Promise<Server> {
  const server = createServer((request, response) => {
    answer(options.rest, request, response).catch(() => response.destroy()); // a caller who hung up; whoever still waits sees a cut connection
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket, request) => options.gateway.attach(socket, request.url ?? "/"));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the simulator has no port");
  options.realm.address = `http://127.0.0.1:${address.port}`;
  return server;
}

async function answer(rest: Rest, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://discord.test");
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method = "GET", headers } = request;
  const answered = await rest.answer({ method, path: pathname, query: searchParams, headers, raw: Buffer.concat(chunks) });
  if (answered === "drop") return void request.socket.destroy();
  if (answered === "reset") return void request.socket.resetAndDestroy();
  if (answered === "hang") return;
  const { status, headers: more, body } = answered;
  if (body === undefined)
    response.writeHead(status, more).end(); // a 204 with a content type breaks @discordjs/rest
  else if (body instanceof Uint8Array) response.writeHead(status, more).end(body);
  else response.writeHead(status, { "content-type": "application/json", ...more }).end(JSON.stringify(body));
}
