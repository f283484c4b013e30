import { type ClientRequest, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as connectTcp, isIP, Socket as Line, type LookupFunction } from "node:net";
import { connect as connectTls } from "node:tls";
import { type ClientOptions, WebSocket } from "ws";
import type { OpenSocket, Socket, SocketListener } from "../model/socket.ts";
import { type AddressCheck, checkLiteral } from "./address.ts";
import { FetchError } from "./fetch-error.ts";

export interface SocketRules {
  readonly check: AddressCheck;
  /** Answers with permitted addresses only. */
  readonly lookup: LookupFunction;
  readonly proxy: string | undefined;
  readonly authorities: { readonly ca?: string[] };
  readonly timeoutMs: number;
}

/** Bytes of one message; platforms send far less. */
const largest = 16 * 1024 * 1024;
/** How long the other side may take to say goodbye. Slack does not close the line after it. */
const goodbyeMs = 1_000;

export function createOpenSocket(rules: SocketRules): OpenSocket {
  return async (address, listener, signal) => {
    signal.throwIfAborted();
    try {
      const url = new URL(address);
      if (url.protocol !== "ws:" && url.protocol !== "wss:") throw new Error(`${url.protocol} is not ws or wss`);
      checkLiteral(url.hostname, rules.check);
      const line = rules.proxy === undefined ? undefined : await tunnel(new URL(rules.proxy), url, rules, signal);
      return await open(
        url,
        listener,
        toOptions(rules, () => line ?? dial(url, rules)),
        signal,
      );
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw new FetchError(cause);
    }
  };
}

function toOptions(rules: SocketRules, createConnection: () => Line): ClientOptions {
  return {
    handshakeTimeout: rules.timeoutMs,
    maxPayload: largest,
    perMessageDeflate: false,
    headers: { "user-agent": "a2a-chat-bridge" },
    createConnection,
  };
}

function dial(url: URL, { lookup, authorities }: SocketRules): Line {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const target = { host, port: portOf(url), lookup };
  return url.protocol === "wss:" ? connectTls({ ...authorities, ...target, servername: isIP(host) ? "" : host }) : connectTcp(target);
}

function portOf({ port, protocol }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "wss:" ? 443 : 80;
}

function open(url: URL, listener: SocketListener, options: ClientOptions, signal: AbortSignal): Promise<Socket> {
  const socket = new WebSocket(url, options);
  const cut = () => socket.terminate();
  signal.addEventListener("abort", cut, { once: true });
  const listen = () => {
    socket.on("message", (data) => {
      listener.heard();
      listener.message(String(data));
    });
    socket.on("ping", () => listener.heard());
    socket.on("pong", () => listener.heard());
    socket.on("close", (code) => listener.closed(code));
  };
  return new Promise((resolve, reject) => {
    // Before it is open this is the reason; afterwards `close` follows and says what there is to say.
    socket.on("error", reject);
    socket.once("close", () => {
      signal.removeEventListener("abort", cut);
      reject(new Error("the socket was closed"));
    });
    // What comes right behind the handshake must find its listener.
    socket.once("upgrade", listen);
    socket.once("open", () => resolve(toSocket(socket, cut)));
  });
}

function toSocket(socket: WebSocket, cut: () => void): Socket {
  const isOpen = () => socket.readyState === WebSocket.OPEN;
  return {
    send: (text) => {
      if (isOpen()) socket.send(text);
    },
    ping: () => {
      if (isOpen()) socket.ping();
    },
    close: () => {
      socket.close(1000);
      const late = setTimeout(cut, goodbyeMs);
      socket.once("close", () => clearTimeout(late));
    },
    cut,
  };
}

/** A line to the target through an HTTP proxy (RFC 9110, CONNECT), with TLS on it where the target wants it. */
async function tunnel(proxy: URL, target: URL, rules: SocketRules, signal: AbortSignal): Promise<Line> {
  const secure = target.protocol === "wss:";
  const authority = `${target.hostname}:${portOf(target)}`;
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const send = proxy.protocol === "https:" ? httpsRequest : httpRequest;
  const request = send({
    ...rules.authorities,
    host: proxy.hostname,
    port: proxy.port || (proxy.protocol === "https:" ? 443 : 80),
    method: "CONNECT",
    path: authority,
    headers: {
      host: authority,
      ...(proxy.username && { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }),
    },
    timeout: rules.timeoutMs,
    agent: false,
    signal,
  });
  const line = await connected(request);
  return secure ? connectTls({ ...rules.authorities, socket: line, servername: target.hostname }) : line;
}

function connected(request: ClientRequest): Promise<Line> {
  return new Promise((resolve, reject) => {
    request.once("connect", (response, line) => {
      if (response.statusCode === 200 && line instanceof Line) return resolve(line);
      line.destroy();
      reject(new Error(`the proxy answers HTTP ${response.statusCode}`));
    });
    request.once("timeout", () => request.destroy(new Error("the proxy does not answer")));
    request.once("error", reject);
    request.end();
  });
}
