import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { connect, type LookupFunction } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { WebSocketServer } from "ws";
import { createGuardedFetch, type GuardedFetchOptions } from "../../../src/http/fetch.ts";
import type { Socket, SocketListener } from "../../../src/model/socket.ts";
import { until } from "../../support/until.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** What a socket was told, and a way to end it. */
interface Heard extends SocketListener {
  readonly texts: string[];
  heards: number;
  code: number | undefined;
}

function createListener(): Heard {
  const listener: Heard = {
    texts: [],
    heards: 0,
    code: undefined,
    message: (text) => void listener.texts.push(text),
    heard: () => {
      listener.heards += 1;
    },
    closed: (code) => {
      listener.code = code;
    },
  };
  return listener;
}

async function open(url: string, options: Partial<GuardedFetchOptions> = {}, signal = new AbortController().signal) {
  const guarded = createGuardedFetch({ allowPrivateNetworks: true, ...options });
  ends.push(() => void guarded.close());
  const listener = createListener();
  const socket: Socket = await guarded.openSocket(url, listener, signal);
  ends.push(socket.cut);
  return { socket, listener };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Greets, and says back what it hears. */
async function echo(): Promise<{ readonly url: string; readonly port: number; readonly sockets: WebSocketServer }> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  sockets.on("connection", (socket) => {
    socket.send("hello");
    socket.on("message", (data) => socket.send(`back: ${String(data)}`));
  });
  ends.push(() => {
    for (const client of sockets.clients) client.terminate();
  });
  const port = await listen(http);
  return { url: `ws://127.0.0.1:${port}/link?ticket=1`, port, sockets };
}

describe("a socket", () => {
  test("hears what is said right after the handshake, and is heard", async () => {
    const { socket, listener } = await open((await echo()).url);
    socket.send("hi");
    await until(() => listener.texts.length === 2);
    expect(listener.texts).toEqual(["hello", "back: hi"]);
    const before = listener.heards;
    socket.ping();
    await until(() => listener.heards > before);
  });

  test("takes leave, and is told that it is closed; sending goes nowhere then", async () => {
    const { socket, listener } = await open((await echo()).url);
    socket.close();
    await until(() => listener.code !== undefined);
    expect(listener.code).toBe(1000);
    socket.send("late");
    socket.ping();
  });

  test("is cut where the other side does not take leave", async () => {
    const { url, sockets } = await echo();
    const { socket, listener } = await open(url);
    for (const client of sockets.clients) client.pause();
    socket.close();
    await until(() => listener.code === 1006 || listener.code === 1000);
  });

  test("is cut by its signal, also before it is open", async () => {
    const stopping = new AbortController();
    const { listener } = await open((await echo()).url, {}, stopping.signal);
    stopping.abort();
    await until(() => listener.code === 1006);
    await expect(open((await echo()).url, {}, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  });

  test.each([
    ["nobody listens", "ws://127.0.0.1:9/", "ECONNREFUSED"],
    ["it is no address of a socket", "http://127.0.0.1:9/", undefined],
  ])("is refused with a code when %s", async (_, url, code) => {
    await expect(open(url)).rejects.toMatchObject({ name: "FetchError", code });
  });

  test("is refused where the server says no", async () => {
    const server = createServer();
    server.on("upgrade", (_request, line) => line.end("HTTP/1.1 401 Unauthorized\r\n\r\n"));
    await expect(open(`ws://127.0.0.1:${await listen(server)}/`)).rejects.toThrow("401");
  });
});

describe("the rules of outgoing requests hold for sockets", () => {
  test("a private address is not dialled", async () => {
    const { url, sockets } = await echo();
    await expect(open(url, { allowPrivateNetworks: false })).rejects.toMatchObject({ code: "EBLOCKED" });
    expect(sockets.clients.size).toBe(0);
  });

  test("a name that leads to a private address is not dialled", async () => {
    const { port } = await echo();
    const lookup: LookupFunction = (_host, options, callback) =>
      options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4);
    const url = `ws://slack.test:${port}/`;
    await expect(open(url, { allowPrivateNetworks: false, lookup })).rejects.toMatchObject({ code: "EBLOCKED" });
    const { listener } = await open(url, { lookup });
    await until(() => listener.texts.length === 1);
  });

  test("a proxy is asked to connect, with its credentials", async () => {
    const { url, port } = await echo();
    const asked: { readonly target: string | undefined; readonly headers: IncomingHttpHeaders }[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, line) => {
      asked.push({ target: request.url, headers: request.headers });
      const upstream = connect(port, "127.0.0.1", () => line.write("HTTP/1.1 200 Connection established\r\n\r\n"));
      upstream.pipe(line).pipe(upstream);
      upstream.on("error", () => line.destroy());
      line.on("error", () => upstream.destroy());
    });
    const { listener } = await open(url, { proxy: `http://user:pa%20ss@127.0.0.1:${await listen(proxy)}` });
    await until(() => listener.texts.length === 1);
    expect(asked).toMatchObject([
      { target: `127.0.0.1:${port}`, headers: { "proxy-authorization": `Basic ${Buffer.from("user:pa ss").toString("base64")}` } },
    ]);
  });

  test("a proxy that does not connect is the reason", async () => {
    const proxy = createServer();
    proxy.on("connect", (_request, line) => line.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
    await expect(open("ws://127.0.0.1:9/", { proxy: `http://127.0.0.1:${await listen(proxy)}` })).rejects.toThrow("HTTP 403");
  });
});
