/** Lets everybody through while it is open. */
export interface Gate {
  pass(): Promise<void>;
  open(): void;
  close(): void;
}

export function createGate(): Gate {
  let opened = Promise.withResolvers<void>();
  let isOpen = false;
  return {
    async pass() {
      while (!isOpen) await opened.promise;
    },
    open() {
      isOpen = true;
      opened.resolve();
    },
    close() {
      if (isOpen) opened = Promise.withResolvers<void>();
      isOpen = false;
    },
  };
}
