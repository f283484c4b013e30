import { type Config, loadDraft } from "../config.ts";
import type { LedgerReader } from "../ledger/reader.ts";
import { ConfigError } from "../model/errors.ts";
import { configOption, type Given, type Host, namedConfig } from "./command.ts";

/** The options of commands that look into the store. */
export const storeOptions = {
  config: configOption,
  store: { value: "<url>", help: "the store itself, in place of the configuration's: sqlite:<file> or postgres://..." },
};

export interface StoreRequest {
  readonly path?: string;
  readonly store?: string;
}

export function namedStore(given: Given<"config" | "store">): StoreRequest {
  const store = given.text("store");
  return { ...namedConfig(given), ...(store !== undefined && { store }) };
}

export interface NamedStore {
  readonly url: string;
  /** Absent where the store was named on the command line. */
  readonly config?: Config;
}

/** Which store is meant. Secrets of platforms and agents need not be set for that. Throws ConfigError. */
export async function findStore({ path, store }: StoreRequest, { env }: Host): Promise<NamedStore> {
  if (store !== undefined) return { url: store };
  const { config, missing } = await loadDraft({ ...(path !== undefined && { path }), env });
  if (missing.includes("store.url"))
    throw new ConfigError("store.url: names a variable or a file that is not there. Set it, or name the store with --store.");
  return { url: config.store.url, config };
}

/** Looks into a store, and closes it whatever comes. */
export async function lookInto<T>(url: string, look: (reader: LedgerReader) => Promise<T>): Promise<T> {
  const { openLedgerReader } = await import("../ledger/reader.ts");
  const reader = await openLedgerReader({ url });
  try {
    return await look(reader);
  } finally {
    await reader.close();
  }
}
