/** Who in this process waits for mail to which row. */
export interface Mailbox {
  listen(row: string, callback: () => void): () => void;
  mailed(row: string): void;
}

export function createMailbox(): Mailbox {
  const listeners = new Map<string, Set<() => void>>();
  return {
    listen(row, callback) {
      // An own function, so that the same callback can be registered twice and taken away once.
      const listener = () => callback();
      const ofRow = listeners.get(row) ?? new Set();
      listeners.set(row, ofRow.add(listener));
      return () => {
        ofRow.delete(listener);
        if (ofRow.size === 0 && listeners.get(row) === ofRow) listeners.delete(row);
      };
    },
    mailed(row) {
      for (const listener of [...(listeners.get(row) ?? [])]) listener();
    },
  };
}
