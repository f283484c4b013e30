import { type DeserializedData, Keyv, type KeyvStoreAdapter } from "keyv";
import { type Kysely, sql } from "kysely";
import type { OpenStore } from "../model/ledger.ts";
import { type Guard, toStoreError } from "./guard.ts";
import type { Parts } from "./parts.ts";
import type { Schema, Sealed } from "./schema.ts";
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
    const { commits, engine } = this.#parts;
    const [sealed] = await selectValue(engine, commits.reader(), { namespace: this.#space, key });
    return sealed && this.#open(key, sealed);
  }

  /** Needed: without it Keyv takes a failed read of many for missing values. */
  async getMany<Value>(keys: string[]): Promise<(DeserializedData<Value> | undefined)[]> {
    return Promise.all(keys.map((key) => this.get<Value>(key)));
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

  #open<Value>(key: string, sealed: Sealed): DeserializedData<Value> {
    return JSON.parse(this.#parts.vault.open(sealed, this.#place(key)));
  }

  #write<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    const tx = this.#parts.commits.current();
    return tx ? work(tx) : this.#parts.commits.write((commit) => work(commit.tx));
  }

  #place(key: string): string {
    return `kv ${this.#space} ${key}`;
  }
}

const selectValue = createStatement<{ namespace: string; key: string }, Sealed>(({ db, engine, arg }) =>
  sql<Sealed>`
    select key_id, body from kv
    where namespace = ${arg("namespace")} and key = ${arg("key")} and (expires_at is null or expires_at > ${engine.now()})`.compile(db),
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
