import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import type { Log } from "../../log.ts";
import { actSchema, perform } from "./act.ts";
import { type Asset, readAssets } from "./assets.ts";
import type { Backstage } from "./backstage.ts";
import { createGuard, type Guard, securityHeaders } from "./guard.ts";
import { createNews, type News } from "./news.ts";
import type { Platform, StoredFile } from "./platform.ts";
import { toStory } from "./story.ts";
import { createUploads, type Uploads, uploadLimit } from "./uploads.ts";
import { toView } from "./view.ts";

export interface PageOptions {
  readonly platforms: readonly Platform[];
  /** Without it the page shows the platforms alone. */
  readonly backstage?: Backstage;
  /** 0, the default, takes any free one. */
  readonly port?: number;
  readonly log: Log;
}

export interface Page {
  readonly url: string;
  stop(): Promise<void>;
}

const bodyLimit = 100_000;

/** Serves the chat page on loopback: the page itself, a view of the platforms, news of changes, what people do, and what is behind the scenes. */
export async function startPage(options: PageOptions): Promise<Page> {
  const token = randomBytes(24).toString("base64url");
  const assets = await readAssets(token);
  const watches = options.platforms.map(({ onChange }) => onChange);
  const news = createNews(options.backstage ? [...watches, options.backstage.onChange] : watches);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the page has no port");
  const guard = createGuard({ token, port: address.port });
  const context: Context = { ...options, assets, news, guard, uploads: createUploads() };
  server.on("request", (request, response) => {
    answer(context, request, response).catch((err: unknown) => {
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

interface Context extends PageOptions {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly news: News;
  readonly guard: Guard;
  readonly uploads: Uploads;
}

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const problem = context.guard(request);
  if (problem !== undefined) return send(response, 403, { error: problem });
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://page.test");
  if (request.method === "POST") return answerPost(context, pathname, searchParams, request, response);
  if (request.method !== "GET") return send(response, 405, { error: "only GET and POST here" });
  const ask = (name: string) => searchParams.get(name);
  if (pathname === "/api/view") {
    const place = { platform: ask("platform"), room: ask("room"), thread: ask("thread"), user: ask("user") };
    return send(response, 200, toView(context, place));
  }
  if (pathname === "/api/backstage") return answerBackstage(context, ask("platform"), ask("room"), ask("thread"), response);
  if (pathname === "/api/news") return context.news.subscribe(response);
  if (pathname === "/api/file") return answerFile(context, ask("platform"), ask("id"), response);
  const asset = context.assets.get(pathname);
  if (asset === undefined) return send(response, 404, { error: "there is nothing here" });
  response.writeHead(200, { ...securityHeaders, "content-type": asset.type }).end(asset.body);
}

async function answerPost(context: Context, path: string, query: URLSearchParams, request: IncomingMessage, response: ServerResponse) {
  if (path === "/api/upload") return answerUpload(context, query, request, response);
  if (path !== "/api/act" && path !== "/api/switch") return send(response, 404, { error: "there is nothing here" });
  const body = toJson(await readBody(request, bodyLimit));
  if (body === undefined) return send(response, 400, { error: "this is not JSON" });
  return path === "/api/act" ? answerAct(context, body, response) : answerSwitch(context, body, response);
}

/** What a person wants to do. A mistake of theirs is told with 400, in words for them. */
async function answerAct(context: Context, body: unknown, response: ServerResponse): Promise<void> {
  const parsed = actSchema.safeParse(body);
  if (!parsed.success) return send(response, 400, { error: z.prettifyError(parsed.error) });
  const stage = { platforms: context.platforms, take: context.uploads.take };
  await orMistake(response, () => perform(stage, parsed.data, (trouble) => context.news.tell(trouble)));
}

const switchSchema = z.strictObject({ id: z.string(), on: z.boolean() });

async function answerSwitch(context: Context, body: unknown, response: ServerResponse): Promise<void> {
  const { data } = switchSchema.safeParse(body);
  const flipped = context.backstage?.switches.find(({ id }) => id === data?.id);
  if (data === undefined || flipped === undefined) return send(response, 400, { error: "there is no such switch" });
  await orMistake(response, async () => {
    await flipped.flip(data.on);
    return {};
  });
}

async function orMistake(response: ServerResponse, act: () => Promise<object>): Promise<void> {
  try {
    send(response, 200, await act());
  } catch (error) {
    send(response, 400, { error: error instanceof Error ? error.message : "this cannot be done" });
  }
}

async function answerBackstage(
  { backstage, platforms }: Context,
  platform: string | null,
  room: string | null,
  thread: string | null,
  response: ServerResponse,
): Promise<void> {
  if (backstage === undefined) return send(response, 404, { error: "there is nothing behind this page" });
  const lane = platforms.find(({ id }) => id === platform)?.lane(room ?? "", thread || undefined);
  const rows = lane === undefined ? [] : await backstage.trace(lane);
  const switches = backstage.switches.map(({ id, label, hint, isOn }) => ({ id, label, hint, on: isOn?.() ?? null }));
  send(response, 200, { bridge: backstage.bridge(), switches, story: lane === undefined ? null : toStory(rows) });
}

async function answerUpload({ uploads }: Context, query: URLSearchParams, request: IncomingMessage, response: ServerResponse) {
  const bytes = await readBody(request, uploadLimit);
  if (bytes === undefined) return send(response, 413, { error: `a file may have ${uploadLimit / 1_000_000} MB here` });
  const name = (query.get("name") ?? "").replace(/[/\\\p{Cc}]/gu, "_").slice(0, 200) || "file";
  send(response, 200, { id: uploads.put({ name, mediaType: toMediaType(query.get("type")), bytes }) });
}

function toMediaType(given: string | null): string {
  return given !== null && /^[\w.+-]{1,60}\/[\w.+-]{1,100}$/.test(given) ? given : "application/octet-stream";
}

/** Pictures that can hold nothing but pixels are shown; everything else is a download. */
const pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];

function answerFile({ platforms }: Context, platform: string | null, id: string | null, response: ServerResponse): void {
  const file = platforms.find((one) => one.id === platform)?.file(id ?? "");
  if (file === undefined) return send(response, 404, { error: "there is no such file" });
  response.writeHead(200, { ...securityHeaders, ...toFileHeaders(file) }).end(file.bytes);
}

function toFileHeaders({ mediaType, name }: StoredFile): Record<string, string> {
  if (pictures.includes(mediaType)) return { "content-type": mediaType };
  const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", "%27")}`;
  return { "content-type": "application/octet-stream", "content-disposition": disposition };
}

/** Undefined when it is longer than the limit. */
async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toJson(body: Uint8Array | undefined): unknown {
  try {
    return body && JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined; // the caller says that it is not JSON
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { ...securityHeaders, "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}
