import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import type { Log } from "../../log.ts";
import type { SlackSimulator } from "../slack/simulator.ts";
import { actSchema, perform } from "./act.ts";
import { createGuard, type Guard, securityHeaders } from "./guard.ts";
import { createNews, type News } from "./news.ts";
import { type Hints, toView } from "./view.ts";

export interface PageOptions {
  readonly simulator: SlackSimulator;
  /** 0, the default, takes any free one. */
  readonly port?: number;
  readonly log: Log;
  /** What the page says about the channels. */
  readonly hints?: Hints;
}

export interface Page {
  readonly url: string;
  stop(): Promise<void>;
}

const files = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/message.css": ["message.css", "text/css; charset=utf-8"],
  "/composer.css": ["composer.css", "text/css; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/draw.js": ["draw.js", "text/javascript; charset=utf-8"],
  "/markdown.js": ["markdown.js", "text/javascript; charset=utf-8"],
} as const;

const bodyLimit = 100_000;

/** Serves the small Slack on loopback: the page, a view of the workspace, news of changes, and what people do. */
export async function startPage(options: PageOptions): Promise<Page> {
  const token = randomBytes(24).toString("base64url");
  const assets = await readAssets(token);
  const news = createNews(options.simulator);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the page has no port");
  const guard = createGuard({ token, port: address.port });
  server.on("request", (request, response) => {
    answer({ ...options, assets, news, guard }, request, response).catch((err: unknown) => {
      options.log.warn({ err }, "the page could not answer");
      if (response.headersSent) response.destroy();
      else send(response, 500, { error: "the page could not answer" });
    });
  });
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async stop() {
      news.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Asset {
  readonly type: string;
  readonly body: string;
}

async function readAssets(token: string): Promise<ReadonlyMap<string, Asset>> {
  const entries = Object.entries(files).map(async ([path, [name, type]]): Promise<[string, Asset]> => {
    const body = await readFile(new URL(name, import.meta.url), "utf8");
    return [path, { type, body: path === "/" ? body.replace("{{token}}", token) : body }];
  });
  return new Map(await Promise.all(entries));
}

interface Context extends PageOptions {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly news: News;
  readonly guard: Guard;
}

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const problem = context.guard(request);
  if (problem !== undefined) return send(response, 403, { error: problem });
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://page.test");
  if (request.method === "POST" && pathname === "/api/act") return answerAct(context, request, response);
  if (request.method !== "GET") return send(response, 405, { error: "only GET here" });
  if (pathname === "/api/view") {
    const [channel, thread, user] = [searchParams.get("channel"), searchParams.get("thread"), searchParams.get("user")];
    return send(response, 200, toView(context.simulator, { channel, thread, user }, context.hints));
  }
  if (pathname === "/api/news") return context.news.subscribe(response);
  const asset = context.assets.get(pathname);
  if (asset === undefined) return send(response, 404, { error: "there is nothing here" });
  response.writeHead(200, { ...securityHeaders, "content-type": asset.type }).end(asset.body);
}

/** What a person wants to do. A mistake of theirs is told with 400, in words for them. */
async function answerAct(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  const parsed = body === undefined ? undefined : actSchema.safeParse(body);
  if (parsed === undefined || !parsed.success)
    return send(response, 400, { error: parsed ? z.prettifyError(parsed.error) : "this is not JSON" });
  try {
    const result = await perform(context.simulator, parsed.data, (trouble) => context.news.tell(trouble));
    send(response, 200, result);
  } catch (error) {
    send(response, 400, { error: error instanceof Error ? error.message : "this cannot be done" });
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > bodyLimit) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined; // the caller says that it is not JSON
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...securityHeaders, "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
