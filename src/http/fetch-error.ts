import { codeOf } from "./code.ts";

/** `code` is the system's or undici's: ECONNREFUSED, ENOTFOUND, UND_ERR_CONNECT_TIMEOUT, EBLOCKED ... */
export class FetchError extends TypeError {
  override readonly name = "FetchError";
  readonly code: string | undefined;
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`fetch failed: ${reason}`, { cause });
    this.code = codeOf(cause);
  }
}
