import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { toPath } from "../ledger/database.ts";
import { openLedgerReader } from "../ledger/reader.ts";
import type { Finding } from "../model/adapter.ts";

const enough = 1_073_741_824;

/** Whether the store can be opened and written to, is of this version, opens with this key, and has room. Changes nothing. */
export async function examineStore(url: string, encryptionKey: string | undefined): Promise<readonly Finding[]> {
  const path = toPath(url);
  const file = path === undefined ? [] : examineFile(resolve(path));
  const known = path === undefined || existsSync(path);
  return [...file, ...(known ? [await examineTables(url, encryptionKey)] : [])];
}

function examineFile(file: string): readonly Finding[] {
  const folder = nearest(dirname(file));
  const target = existsSync(file) ? file : folder;
  const writable = canWrite(target) && canWrite(folder);
  const there = existsSync(file) ? `${file} can be written` : `${file} is made at the first start`;
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return [
    writable
      ? { what: "store file", state: "good", says: there }
      : { what: "store file", state: "bad", says: `${target} cannot be written by this user: store.url, or the rights of the folder` },
    {
      what: "free disk",
      state: free < enough ? "bad" : "good",
      says: `${(free / enough).toFixed(1)} GB at ${folder}${free < enough ? ": make room before it is full, for then nothing is acknowledged" : ""}`,
    },
  ];
}

/** The folder, or the one above it that exists. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false; // the reason is always the same
  }
}

async function examineTables(url: string, encryptionKey: string | undefined): Promise<Finding> {
  const what = "store";
  try {
    const reader = await openLedgerReader({ url });
    try {
      const { pending, newer, readOnly } = await reader.condition();
      if (readOnly)
        return { what, state: "bad", says: "the database is read-only (a standby?): store.url must name the one that takes writes" };
      if (newer.length > 0)
        return { what, state: "bad", says: `a newer version of the bridge has written it (${newer.join(", ")}): run that version` };
      const wrong = pending.length === 0 ? await reader.whyNotKey(encryptionKey) : undefined;
      if (wrong !== undefined) return { what, state: "bad", says: wrong };
      const says = pending.length === 0 ? "opens, and is of this version" : "opens; the next start brings its tables up to date";
      return { what, state: "good", says };
    } finally {
      await reader.close();
    }
  } catch (error) {
    return { what, state: "bad", says: toWords(error) };
  }
}

function toWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
