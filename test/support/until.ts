/** Waits until `probe` gives something truthy and resolves to it; rejects after `ms` with what it waited for. */
export async function until<T>(probe: () => T | Promise<T>, ms = 10_000, what = probe.toString()): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
