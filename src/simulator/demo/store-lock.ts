import { DatabaseSync } from "node:sqlite";

/** Another program that writes into the bridge's database and does not come to an end, such as a backup gone wrong. */
export interface StoreLock {
  take(): void;
  release(): void;
}

export function createStoreLock(file: string): StoreLock {
  let holder: DatabaseSync | undefined;
  return {
    take() {
      if (holder !== undefined) return;
      const database = new DatabaseSync(file);
      database.exec("pragma busy_timeout = 5000; begin immediate");
      holder = database;
    },
    release() {
      holder?.close();
      holder = undefined;
    },
  };
}
