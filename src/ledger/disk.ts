import { type FileHandle, open } from "node:fs/promises";
import type { Log } from "../log.ts";

/** Brings what was written to a file onto the disk, without keeping the event loop waiting meanwhile. */
export interface Disk {
  /** Resolves when everything that was written before the call is on the disk. Rejects from then on when that has failed once. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export type CreateDisk = (file: string, log: Log) => Disk;

/**
 * SQLite's log of commits, which is there from the first commit on and stays the same file as long as the database is open. One
 * `fdatasync` serves all who have asked before it began. With `synchronous = normal` SQLite itself synchronises around a checkpoint only
 * (https://www.sqlite.org/pragma.html#pragma_synchronous); what this adds after a commit is what `full` would do within it.
 */
export function createDisk(file: string, log: Log): Disk {
  let handle: FileHandle | undefined;
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let failure: Error | undefined;

  async function flush(): Promise<void> {
    next = undefined;
    if (failure) throw failure;
    try {
      handle ??= await open(file, "r+");
      await handle.datasync();
    } catch (cause) {
      // The system may forget what it could not write, and call the next try a success: nothing is trusted any more.
      failure = new Error("the disk did not take what was committed: mend it, and start again", { cause });
      log.error({ file, err: failure }, "store cannot be brought to the disk: restart needed");
      throw failure;
    }
  }

  return {
    sync() {
      // What was asked for while one is running may have been written behind its back: it waits for the next.
      if (next === undefined) {
        next = running.then(flush);
        running = next.catch(() => undefined);
      }
      return next;
    },
    async close() {
      await running;
      await handle?.close();
    },
  };
}
