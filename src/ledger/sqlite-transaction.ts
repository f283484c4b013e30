import type { DatabaseSync } from "node:sqlite";
import { type DatabaseConnection, type Dialect, type Kysely, Transaction } from "kysely";
import type { Engine } from "./engine.ts";
import type { Schema } from "./schema.ts";

/**
 * Transactions on the one connection of a database. Kysely prepares a builder of queries anew for each of them, which costs more than a short
 * transaction itself: here it is made once, and Kysely sees to it that whoever else wants the connection waits until the end.
 */
export function createTransactions(database: DatabaseSync, db: Kysely<Schema>, dialect: Dialect): Engine["transaction"] {
  const executor = db.getExecutor();
  const [begin, commit, rollback] = [database.prepare("begin"), database.prepare("commit"), database.prepare("rollback")];
  let within: Transaction<Schema> | undefined;

  const toTransaction = (connection: DatabaseConnection) =>
    new Transaction<Schema>({
      config: { dialect },
      dialect,
      driver: dialect.createDriver(),
      executor: executor.withConnectionProvider({ provideConnection: (consumer) => consumer(connection) }),
    });

  return (work) =>
    executor.provideConnection(async (connection) => {
      within ??= toTransaction(connection);
      begin.run();
      try {
        const result = await work(within);
        commit.run();
        return result;
      } catch (error) {
        // A full disk, for one, has ended it already.
        if (database.isTransaction) rollback.run();
        throw error;
      }
    });
}
