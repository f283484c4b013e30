import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A loopback server that can die and come back at the same port. */
export interface Listener {
  readonly port: number;
  /** Without a slash at the end. */
  readonly url: string;
  readonly alive: boolean;
  /** Cuts every connection; from then on the port refuses. */
  kill(): Promise<void>;
  revive(): Promise<void>;
}

/** Resolves once connections are accepted. Port 0 takes a free one. */
export async function listen(handler: RequestListener, port: number): Promise<Listener> {
  let server: Server | undefined = await open(handler, port);
  const bound = portOf(server);
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    get alive() {
      return server !== undefined;
    },
    async kill() {
      const closing = server;
      server = undefined;
      if (closing) await close(closing);
    },
    async revive() {
      server ??= await open(handler, bound);
    },
  };
}

function open(handler: RequestListener, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(handler);
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("a simulated agent listens on a TCP port");
  return address.port;
}
