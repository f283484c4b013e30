import { aborted } from "./walk.ts";

/** Holds an agent's answers back. What it has taken it keeps working on. */
export interface Gate {
  /** From now on no turn says more than that it works. */
  hold(): void;
  /** Lets the first `count` held turns speak and keeps holding; without a count, all, and no longer holds. */
  release(count?: number): void;
  /** How many turns wait to speak. */
  readonly waiting: number;
  /** Resolves when this turn may speak, or when the signal is aborted. */
  pass(signal: AbortSignal): Promise<void>;
}

export function createGate(): Gate {
  let holding = false;
  let waiting: (() => void)[] = [];
  return {
    hold() {
      holding = true;
    },
    release(count) {
      if (count === undefined) holding = false;
      for (const open of waiting.splice(0, count ?? waiting.length)) open();
    },
    get waiting() {
      return waiting.length;
    },
    async pass(signal) {
      if (!holding) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      await Promise.race([promise, aborted(signal)]);
      waiting = waiting.filter((one) => one !== resolve);
    },
  };
}
