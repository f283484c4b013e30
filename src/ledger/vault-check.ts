import { type Kysely, sql } from "kysely";
import { ConfigError } from "../model/errors.ts";
import type { Parts } from "./parts.ts";
import type { Schema } from "./schema.ts";
import { createVault, type Vault } from "./vault.ts";

/** Throws ConfigError when the store holds content that the configured key does not open: better now than in the middle of a turn. */
export async function checkKeys({ engine, vault }: Parts): Promise<void> {
  const problem = await findForeignKey(engine.db, vault);
  if (problem !== undefined) throw new ConfigError(problem);
}

/** The same before a start, in words. */
export function examineKeys(db: Kysely<Schema>, encryptionKey: string | undefined): Promise<string | undefined> {
  return findForeignKey(db, createVault(encryptionKey));
}

async function findForeignKey(db: Kysely<Schema>, vault: Vault): Promise<string | undefined> {
  const { rows } = await sql<{ key_id: string }>`
    select key_id from (
      select min(key_id) as key_id from content where key_id is not null union select max(key_id) from content where key_id is not null
      union select min(key_id) from file where key_id is not null union select max(key_id) from file where key_id is not null
      union select distinct key_id from mail where key_id is not null union select distinct key_id from kv where key_id is not null) as used
    where key_id is not null`.execute(db);
  const foreign = rows.find((row) => row.key_id !== vault.keyId);
  if (foreign === undefined) return undefined;
  const given = vault.keyId === null ? "no key is configured" : `the configured key is ${vault.keyId}`;
  return `store.encryptionKey: the store holds content sealed with key ${foreign.key_id}, and ${given}. Configure the key that it was written with.`;
}
