/** The steps of a script until the signal is aborted, also when the script awaits something that never comes. */
export async function* walk<S>(script: Iterable<S> | AsyncIterable<S>, signal: AbortSignal): AsyncGenerator<S> {
  const steps = Symbol.asyncIterator in script ? script[Symbol.asyncIterator]() : script[Symbol.iterator]();
  const end = aborted(signal);
  for (;;) {
    const next = await Promise.race([steps.next(), end]);
    if (!next || next.done || signal.aborted) return;
    yield next.value;
  }
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
