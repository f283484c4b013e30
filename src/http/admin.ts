import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { relative } from "node:path";
import { z } from "zod";
import type { Log } from "../log.ts";
import { StoreError } from "../model/errors.ts";
import { readBody } from "./body.ts";

/** What an admin's commands ask of the process that holds the store. */
export interface AdminActions {
  /** As `Ledger.redrive`. */
  redrive(ids: readonly string[]): Promise<number>;
}

const redriveSchema = z.strictObject({ ids: z.array(z.string()).max(100_000) });
const redrivenSchema = z.object({ redriven: z.number() });
const bodyLimit = 16 * 1_048_576;

/**
 * A socket in the file system, beside the store and for its user only: whoever can open it can open the store as well. The caller holds
 * the store's lock, so what a killed process left there is cleared away. Without a place for it the bridge runs on and says so.
 */
export async function openAdminSocket(store: string, actions: AdminActions, log: Log): Promise<{ close(): Promise<void> }> {
  const path = toSocketPath(store);
  const server = createServer((incoming, response) => void answer(actions, incoming, response, log));
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).once("listening", resolve);
      if (process.platform !== "win32") rmSync(path, { force: true });
      // The socket is made within this call.
      const before = process.umask(0o177);
      server.listen(path);
      process.umask(before);
    });
  } catch (err) {
    log.warn({ err, path }, "no admin socket: buried redrive needs the bridge to be stopped");
    return { close: async () => undefined };
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function answer(actions: AdminActions, incoming: IncomingMessage, response: ServerResponse, log: Log): Promise<void> {
  const send = (status: number, body: object) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  try {
    if (incoming.method !== "POST" || incoming.url !== "/redrive") return void send(404, { error: "there is nothing here" });
    const body = await readBody(incoming, bodyLimit);
    const asked = body.kind === "bytes" ? redriveSchema.safeParse(JSON.parse(Buffer.from(body.bytes).toString())) : undefined;
    if (!asked?.success) return void send(400, { error: "this is not understood" });
    const redriven = await actions.redrive(asked.data.ids);
    log.info({ rows: redriven }, "buried rows redriven by an admin");
    send(200, { redriven });
  } catch (err) {
    log.warn({ err }, "admin request failed");
    send(503, { error: "the store did not answer" });
  }
}

/** Asks the process that holds this store. Undefined: none listens there. Throws StoreError when it could not do it. */
export async function askToRedrive(store: string, ids: readonly string[], signal: AbortSignal): Promise<number | undefined> {
  const path = toSocketPath(store);
  if (process.platform !== "win32" && !existsSync(path)) return undefined;
  const body = JSON.stringify({ ids });
  const answered = await new Promise<{ readonly status: number; readonly text: string } | undefined>((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const asking = request({ socketPath: path, path: "/redrive", method: "POST", headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    // Nobody listens: what is left there is of a process that was killed.
    asking.on("error", (error) =>
      "code" in error && ["ECONNREFUSED", "ENOENT"].includes(String(error.code)) ? resolve(undefined) : reject(error),
    );
    asking.end(body);
  });
  if (answered === undefined) return undefined;
  if (answered.status !== 200) throw new StoreError(`the running bridge could not do it (${answered.status})`);
  return redrivenSchema.parse(JSON.parse(answered.text)).redriven;
}

/** Of the absolute and the relative path the shorter one: a system takes about a hundred bytes. On Windows a pipe of that name. */
function toSocketPath(store: string): string {
  const path = `${store}.sock`;
  if (process.platform === "win32") return `\\\\.\\pipe\\a2a-chat-bridge-${createHash("sha256").update(path).digest("hex").slice(0, 32)}`;
  const near = relative(process.cwd(), path);
  return near.length < path.length ? near : path;
}
