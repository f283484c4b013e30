import type { Kysely } from "kysely";
import { z } from "zod";
import type { KeptFile } from "../model/ledger.ts";
import type { Parts } from "./parts.ts";
import { parse } from "./rows.ts";
import type { Schema } from "./schema.ts";

const kept = z.object({ name: z.string(), mediaType: z.string(), secret: z.string(), bytes: z.string() });

/** Binds a sealed file to where it stands, apart from rows of the same id. */
const toPlace = (id: string): string => `file ${id}`;

/** Writes files of a row, sealed as all content is. */
export async function putFiles(
  { vault }: Parts,
  tx: Kysely<Schema>,
  row: string,
  files: readonly (KeptFile & { readonly id: string })[],
): Promise<void> {
  for (const { id, name, mediaType, secret, bytes } of files) {
    const text = JSON.stringify({ name, mediaType, secret, bytes: Buffer.from(bytes).toString("base64") });
    await tx
      .insertInto("file")
      .values({ id, row_id: row, ...vault.seal(text, toPlace(id)) })
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet((eb) => ({ row_id: eb.ref("excluded.row_id"), key_id: eb.ref("excluded.key_id"), body: eb.ref("excluded.body") })),
      )
      .execute();
  }
}

/** `Ledger.file`. */
export async function findFile({ commits, vault }: Parts, id: string): Promise<KeptFile | undefined> {
  const record = await commits.reader().selectFrom("file").select(["key_id", "body"]).where("id", "=", id).executeTakeFirst();
  if (!record) return undefined;
  const { bytes, ...facts } = kept.parse(parse(vault.open(record, toPlace(id))));
  return { ...facts, bytes: Buffer.from(bytes, "base64") };
}
