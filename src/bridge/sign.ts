import type { Sign } from "../model/adapter.ts";
import { type ThreadRef, threadKey } from "../model/thread.ts";
import type { Parts } from "./parts.ts";

/** A live sign in the thread: best effort. It does not hold the path up, and its failure is a line in the log. */
export function showSign(parts: Parts, thread: ThreadRef, sign: Sign): void {
  const adapter = parts.adapters.get(thread.platform);
  adapter?.sign(thread, sign, AbortSignal.timeout(5_000)).catch((err: unknown) => {
    parts.log.debug({ err, thread: threadKey(thread), sign: sign.kind }, "sign not shown");
  });
}
