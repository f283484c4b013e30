import { randomUUID } from "node:crypto";
import type { StoredFile } from "./platform.ts";

/** One file. */
export const uploadLimit = 25_000_000;
/** Files that nobody has sent yet: the oldest give way. */
const most = 20;

/** Files on their way into a message: uploaded, not yet said. */
export interface Uploads {
  put(file: StoredFile): string;
  /** Throws, in words for the person, when one of them is not there. */
  take(ids: readonly string[]): readonly StoredFile[];
}

export function createUploads(): Uploads {
  const waiting = new Map<string, StoredFile>();
  return {
    put(file) {
      const id = randomUUID();
      waiting.set(id, file);
      const oldest = waiting.keys().next();
      if (waiting.size > most && !oldest.done) waiting.delete(oldest.value);
      return id;
    },
    take(ids) {
      return ids.map((id) => {
        const file = waiting.get(id);
        if (file === undefined) throw new Error("a file is not there any more: choose it again");
        waiting.delete(id);
        return file;
      });
    },
  };
}
