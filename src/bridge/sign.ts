import type { Sign } from "../model/adapter.ts";
import { type ThreadRef, threadKey } from "../model/thread.ts";
import type { Parts } from "./parts.ts";

/** How long one may take. */
const mostMs = 5_000;

/** A live sign in the thread: best effort. It does not hold the path up, and its failure is a line in the log. */
export function showSign(parts: Parts, thread: ThreadRef, sign: Sign): void {
  const adapter = parts.adapters.get(thread.platform);
  if (!adapter) return;
  const over = new AbortController();
  const stop = parts.clock.after(mostMs, () => over.abort(new Error("the sign took too long")));
  adapter
    .sign(thread, sign, over.signal)
    .catch((err: unknown) => parts.log.debug({ err, thread: threadKey(thread), sign: sign.kind }, "sign not shown"))
    .finally(stop);
}
