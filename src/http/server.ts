import type { AddressInfo } from "node:net";
import rateLimit from "@fastify/rate-limit";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Log } from "../log.ts";
import { type Clock, systemClock } from "../model/clock.ts";
import { ConfigError } from "../model/errors.ts";
import type { HttpRoute, RawResponse, RequestHead } from "../model/http.ts";
import { readBody } from "./body.ts";
import { codeOf } from "./code.ts";

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Addresses or CIDRs of proxies whose forwarded addresses are believed. */
  readonly trustProxy: readonly string[];
  /** What `/readyz` says. A check that throws, or takes longer than 2 s, means no. */
  readonly ready: () => Promise<boolean>;
  readonly log: Log;
  readonly clock?: Clock;
  /** How long `stop` waits for open requests. */
  readonly graceMs?: number;
  /** Until the head, and the whole request, must have arrived. */
  readonly headMs?: number;
  readonly requestMs?: number;
  /** Hears of every answer: the pattern of its path (absent where there is none) and its status. */
  readonly onAnswer?: (route: string | undefined, status: number) => void;
  /** How `/healthz` shows whose it is, when it is challenged. */
  readonly prove?: ((challenge: string) => string) | undefined;
  /** Open sockets at a time; further ones are turned away. */
  readonly connections?: number;
}

/** The one HTTP port of the bridge. */
export interface BridgeServer {
  /** Opens doors. Only before `start`. */
  add(routes: readonly HttpRoute[]): void;
  /** Resolves when requests are taken; rejects with a ConfigError when the port cannot be had. */
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** Takes nothing new, lets open requests finish within the grace time, then cuts them. May be called twice. */
  stop(): Promise<void>;
}

export function createHttpServer(options: HttpServerOptions): BridgeServer {
  const clock = options.clock ?? systemClock;
  const app = createFastify(options);
  let stopping: Promise<void> | undefined;
  app.addHook("onResponse", async (request, reply) => options.onAnswer?.(request.routeOptions.url, reply.statusCode));
  // Without this, a kept-alive connection would hold up the stop until its idle time is over.
  app.addHook("onSend", async (_request, reply) => {
    if (stopping !== undefined) reply.header("connection", "close");
  });
  const add = (routes: readonly HttpRoute[]) => {
    for (const route of routes) addRoute(app, route, options.log);
  };
  add(healthRoutes(options, clock));
  return {
    add,
    async start() {
      await app.listen({ host: options.host, port: options.port }).catch((err: unknown) => {
        throw toListenError(err, options);
      });
      const port = portOf(app.server.address());
      return { url: `http://${reachableHost(options.host)}:${port}`, port };
    },
    stop() {
      stopping ??= closeWithin(app, options.graceMs ?? 5_000, clock);
      return stopping;
    },
  };
}

function createFastify(options: HttpServerOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    requestTimeout: options.requestMs ?? 60_000,
    keepAliveTimeout: 15_000,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    requestIdHeader: false,
    routerOptions: { maxParamLength: 1_024 },
    http: { headersTimeout: options.headMs ?? 10_000, connectionsCheckingInterval: Math.min(5_000, options.headMs ?? 5_000) },
    // A path that cannot be decoded leads nowhere; nothing is said about why.
    frameworkErrors: (_error, _request, reply) => answer(reply, notFound),
  });
  app.server.maxConnections = options.connections ?? 2_048;
  app.register(rateLimit, { global: false });
  app.setNotFoundHandler((_request, reply) => answer(reply, notFound));
  app.setErrorHandler((err, request, reply) => {
    options.log.error({ route: request.routeOptions.url, err }, "request failed");
    return answer(reply, unavailable);
  });
  return app;
}

/**
 * The whole exchange takes place in `onRequest`: it is the only place before the framework looks at the body or its type,
 * and a door wants raw bytes of every type, after `admit`.
 */
function addRoute(app: FastifyInstance, route: HttpRoute, log: Log): void {
  let count: ReturnType<FastifyInstance["createRateLimit"]> | undefined;
  app.route({
    method: route.method,
    url: route.path,
    onRequest: async (request, reply) => {
      if (route.perMinute !== undefined) {
        count ??= app.createRateLimit({ max: route.perMinute, timeWindow: 60_000 });
        const counted = await count(request);
        if (!counted.isAllowed && counted.isExceeded) return answer(reply, tooMany(counted.ttlInSeconds));
      }
      const response = await exchange(route, request).catch((err: unknown) => {
        log.error({ route: route.path, err }, "request failed");
        return unavailable;
      });
      return answer(reply, response);
    },
    handler: (_request, reply) => answer(reply, unavailable),
  });
}

async function exchange(route: HttpRoute, request: FastifyRequest): Promise<RawResponse> {
  const head = toHead(request);
  const early = await route.admit?.(head);
  if (early !== undefined) return early;
  const body = await readBody(request.raw, route.bodyLimit);
  if (body.kind === "broken") return { status: 400 };
  if (body.kind === "tooLarge") {
    await route.tooLarge?.(head);
    return { status: 413, body: "payload too large" };
  }
  return route.handle({ ...head, body: body.bytes });
}

function toHead(request: FastifyRequest): RequestHead {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  return {
    method: request.method,
    path: request.url.split("?", 1)[0] ?? "/",
    params: toParams(request.params),
    headers,
    ip: request.ip,
  };
}

function toParams(params: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(params ?? {}).filter(([, value]) => typeof value === "string"));
}

const notFound: RawResponse = { status: 404, body: "not found" };
const tooMany = (seconds: number): RawResponse => ({ status: 429, headers: { "retry-after": String(seconds) }, body: "too many requests" });
const unavailable: RawResponse = { status: 503, headers: { "retry-after": "1" }, body: "try again later" };

function answer(reply: FastifyReply, response: RawResponse): FastifyReply {
  reply.code(response.status).headers({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
  if (response.body !== undefined) reply.header("content-type", "text/plain; charset=utf-8");
  const { body = "" } = response;
  return reply
    .headers(response.headers ?? {})
    .send(typeof body === "string" ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength));
}

function healthRoutes({ ready, prove }: HttpServerOptions, clock: Clock): readonly HttpRoute[] {
  const withinTime = async () => {
    const over = new AbortController();
    const late = clock.sleep(2_000, over.signal).then(() => false);
    return Promise.race([ready().catch(() => false), late]).finally(() => over.abort());
  };
  return [
    {
      method: "GET",
      path: "/healthz",
      bodyLimit: 0,
      handle: async ({ headers }) => ({ status: 200, body: "ok", headers: toProof(headers, prove) }),
    },
    {
      method: "GET",
      path: "/readyz",
      bodyLimit: 0,
      handle: async () => ((await withinTime()) ? { status: 200, body: "ready" } : { status: 503, body: "not ready" }),
    },
  ];
}

function toProof(headers: RequestHead["headers"], prove: HttpServerOptions["prove"]): Readonly<Record<string, string>> {
  const challenge = headers["x-bridge-challenge"];
  return prove && challenge !== undefined && /^[\w-]{16,64}$/.test(challenge) ? { "x-bridge-proof": prove(challenge) } : {};
}

async function closeWithin(app: FastifyInstance, graceMs: number, clock: Clock): Promise<void> {
  const closed = new AbortController();
  const end = closeConnections(app, graceMs, clock, closed.signal);
  await app.close();
  closed.abort();
  await end;
}

/** A connection that was busy when the stop began and rests now would hold it up: it goes as soon as it rests. */
async function closeConnections(app: FastifyInstance, graceMs: number, clock: Clock, closed: AbortSignal): Promise<void> {
  const stepMs = 100;
  for (let left = graceMs; left > 0; left -= stepMs) {
    await clock.sleep(Math.min(stepMs, left), closed);
    if (closed.aborted) return;
    app.server.closeIdleConnections();
  }
  app.server.closeAllConnections();
}

/** What an admin can mend is told as such. */
function toListenError(err: unknown, { host, port }: HttpServerOptions): unknown {
  const code = codeOf(err);
  if (code === "EADDRINUSE") return new ConfigError(`listen.port: ${port} is taken. Stop what holds it, or choose another port.`);
  if (code === "EACCES") return new ConfigError(`listen.port: ${port} may not be taken by this user. Choose a port over 1023.`);
  const nowhere = code === "EADDRNOTAVAIL" || code === "ENOTFOUND";
  return nowhere ? new ConfigError(`listen.host: ${host} is no address of this machine. Put 127.0.0.1, or 0.0.0.0 for all.`) : err;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return address.port;
}

/** An address that can be called from this machine, for logs and for the demo. */
function reachableHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
