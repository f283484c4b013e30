import { type DeserializedData, Keyv, type KeyvStoreAdapter } from "keyv";
import { type Kysely, sql } from "kysely";
import type { OpenStore } from "../model/ledger.ts";
import { type Guard, toStoreError } from "./guard.ts";
import type { Parts } from "./parts.ts";
import type { KvTable, Schema } from "./schema.ts";
import { createStatement } from "./statement.ts";

/** Namespaces of named values. Within a commit they read and write in it, outside on their own. */
export function createOpenStore(parts: Parts, guard: Guard): OpenStore {
  const opened = new Map<string, Keyv>();

  /** A commit that is under way when the ledger closes is waited for, so what belongs to it still goes through. */
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    parts.commits.current()
      ? work().catch((error) => {
          throw toStoreError(error);
        })
      : guard.run(work);

  return <T>(namespace: string) => {
    const keyv = opened.get(namespace) ?? createKeyv(parts, namespace);
    opened.set(namespace, keyv);
    return {
      get: (key) => run(() => keyv.get<T>(key)),
      set: (key, value, ttlMs) => run(async () => void (await keyv.set(key, value, ttlMs))),
      delete: (key) => run(async () => void (await keyv.delete(key))),
    };
  };
}

/** An adapter of its own for each: Keyv writes its namespace into the adapter. Without `throwOnErrors` an outage would read as "no such value". */
function createKeyv(parts: Parts, namespace: string): Keyv {
  return new Keyv({
    namespace,
    store: new KyselyStorage(parts, namespace),
    useKeyPrefix: false,
    throwOnErrors: true,
    // Without `expires`: the ledger's clock decides, not the one of whichever process reads.
    serialize: ({ value }) => JSON.stringify({ value }),
  });
}

/** Keyv's storage over the `kv` table. It gives back what it has read already, and throws instead of answering `false`. */
class KyselyStorage implements KeyvStoreAdapter {
  readonly opts = {};
  namespace?: string;
  readonly #parts: Parts;
  readonly #space: string;

  constructor(parts: Parts, space: string) {
    this.#parts = parts;
    this.#space = space;
  }

  /** Errors are thrown, so there is nothing to listen to. */
  on(): this {
    return this;
  }

  async get<Value>(key: string): Promise<DeserializedData<Value> | undefined> {
    const [value] = await this.getMany<Value>([key]);
    return value;
  }

  /** Needed: without it Keyv takes a failed read of many for missing values. */
  async getMany<Value>(keys: string[]): Promise<(DeserializedData<Value> | undefined)[]> {
    const { commits, engine, vault } = this.#parts;
    const records = await selectValues(engine, commits.reader(), { namespace: this.#space, keys: JSON.stringify(keys) });
    const texts = new Map(records.map(({ key, ...sealed }) => [key, vault.open(sealed, this.#place(key))]));
    return keys.map((key) => {
      const text = texts.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    });
  }

  async set(key: string, value: string, ttlMs?: number): Promise<void> {
    const { engine, vault } = this.#parts;
    const ttl = ttlMs === undefined ? null : Math.ceil(ttlMs);
    const sealed = vault.seal(value, this.#place(key));
    await this.#write((db) => putValue(engine, db, { namespace: this.#space, key, ...sealed, ttl }));
  }

  async delete(key: string): Promise<boolean> {
    const [result] = await this.#write((db) => db.deleteFrom("kv").where("namespace", "=", this.#space).where("key", "=", key).execute());
    return (result?.numDeletedRows ?? 0n) > 0n;
  }

  async clear(): Promise<void> {
    await this.#write((db) => db.deleteFrom("kv").where("namespace", "=", this.#space).execute());
  }

  #write<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    const tx = this.#parts.commits.current();
    return tx ? work(tx) : this.#parts.commits.write((commit) => work(commit.tx));
  }

  #place(key: string): string {
    return `kv ${this.#space} ${key}`;
  }
}

const selectValues = createStatement<{ namespace: string; keys: string }, Pick<KvTable, "key" | "key_id" | "body">>(({ db, engine, arg }) =>
  sql<Pick<KvTable, "key" | "key_id" | "body">>`
    select key, key_id, body from kv
    where namespace = ${arg("namespace")} and key ${engine.among(arg("keys"))}
      and (expires_at is null or expires_at > ${engine.now()})`.compile(db),
);

const putValue = createStatement<{ namespace: string; key: string; key_id: string | null; body: string; ttl: number | null }>(
  ({ db, engine, arg }) =>
    db
      .insertInto("kv")
      .values({
        namespace: arg("namespace"),
        key: arg("key"),
        key_id: arg("key_id"),
        body: arg("body"),
        expires_at: sql<number | null>`${engine.now()} + ${arg("ttl")}`,
      })
      .onConflict((conflict) =>
        conflict.columns(["namespace", "key"]).doUpdateSet((eb) => ({
          key_id: eb.ref("excluded.key_id"),
          body: eb.ref("excluded.body"),
          expires_at: eb.ref("excluded.expires_at"),
        })),
      )
      .compile(),
);
