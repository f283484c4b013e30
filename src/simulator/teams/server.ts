import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Connector } from "./connector.ts";
import type { Tenant } from "./tenant.ts";

/** The service's side of HTTP on loopback. Resolves once it listens. */
export async function startServer(options: {
  readonly tenant: Tenant;
  readonly connector: Connector;
  readonly port: number;
}): Promise<Server> {
  const server = createServer((request, response) => {
    answer(options.connector, request, response).catch(() => response.destroy()); // a caller who hung up; whoever still waits sees a cut connection
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the simulator has no port");
  options.tenant.address = `http://127.0.0.1:${address.port}`;
  return server;
}

async function answer(connector: Connector, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://teams.test");
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { method = "GET", headers } = request;
  const answered = await connector.answer({ method, path: pathname, query: searchParams, headers, raw: Buffer.concat(chunks) });
  if (answered === undefined) return void request.socket.destroy();
  const { status, headers: more, body } = answered;
  if (body instanceof Uint8Array) response.writeHead(status, more).end(body);
  else
    response
      .writeHead(status, { "content-type": "application/json; charset=utf-8", ...more })
      .end(body === undefined ? "" : JSON.stringify(body));
}
