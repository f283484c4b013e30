import { AgentError } from "../model/errors.ts";

/** What a promise brings, unless the signal fires before: for work that serves several callers, so that none of them can end it. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new AgentError("unreachable", "the call was given up by the caller", { cause: signal.reason }));
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
