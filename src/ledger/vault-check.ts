import { sql } from "kysely";
import { ConfigError } from "../model/errors.ts";
import type { Parts } from "./parts.ts";

/** Throws ConfigError when the store holds content that the configured key does not open: better now than in the middle of a turn. */
export async function checkKeys({ engine, vault }: Parts): Promise<void> {
  const { rows } = await sql<{ key_id: string }>`
    select key_id from (
      select min(key_id) as key_id from content where key_id is not null union select max(key_id) from content where key_id is not null
      union select min(key_id) from file where key_id is not null union select max(key_id) from file where key_id is not null
      union select distinct key_id from mail where key_id is not null union select distinct key_id from kv where key_id is not null) as used
    where key_id is not null`.execute(engine.db);
  const foreign = rows.find((row) => row.key_id !== vault.keyId);
  if (foreign === undefined) return;
  const given = vault.keyId === null ? "no key is configured" : `the configured key is ${vault.keyId}`;
  throw new ConfigError(
    `store.encryptionKey: the store holds content sealed with key ${foreign.key_id}, and ${given}. Configure the key that it was written with.`,
  );
}
