import { ConfigError, LeaseLost, StoreError } from "../model/errors.ts";
import { SealedError } from "./vault.ts";

/** Carries an error of the caller's own code through the ledger unchanged. */
export class Foreign extends Error {
  readonly error: unknown;
  constructor(error: unknown) {
    super("an error of the caller");
    this.error = error;
  }
}

/** Counts what is under way, and lets only the errors of the contract out. */
export interface Guard {
  run<T>(work: () => Promise<T>): Promise<T>;
  readonly closed: AbortSignal;
  /** No more calls from now on; resolves when nothing is under way. */
  close(): Promise<void>;
}

export function createGuard(): Guard {
  const closing = new AbortController();
  const quiet = Promise.withResolvers<void>();
  let isClosed = false;
  let underWay = 0;
  return {
    closed: closing.signal,
    async run(work) {
      if (isClosed) throw new StoreError("the ledger is closed");
      underWay += 1;
      try {
        return await work();
      } catch (error) {
        throw toStoreError(error);
      } finally {
        underWay -= 1;
        if (isClosed && underWay === 0) quiet.resolve();
      }
    },
    async close() {
      isClosed = true;
      closing.abort();
      if (underWay > 0) await quiet.promise;
    },
  };
}

/** Any failure of the database as the error that the port promises. */
export function toStoreError(error: unknown): unknown {
  if (error instanceof Foreign) return error.error;
  // An outage passes, and a text that does not open stays as it is: whoever works with it must be able to give up.
  if (error instanceof SealedError) return error;
  if (error instanceof StoreError || error instanceof LeaseLost || error instanceof ConfigError) return error;
  return new StoreError("the store did not take or give", { cause: toCause(error) });
}

/** Message and code only: PostgreSQL adds the failing row as `detail`, and content has no place in a log. */
export function toCause(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const cause = new Error(error.message);
  cause.name = error.name;
  return "code" in error ? Object.assign(cause, { code: error.code }) : cause;
}
