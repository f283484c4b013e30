/** Between two looks. */
const pauseMs = 10;

/**
 * Waits until `probe` gives something truthy and resolves to it; rejects after `ms` with what it waited for. A pause that the machine
 * makes longer, for it has others to run, counts as one pause: so a limit says how quick our code is, not how idle its machine.
 */
export async function until<T>(probe: () => T | Promise<T>, ms = 20_000, what = probe.toString()): Promise<NonNullable<T>> {
  for (let waited = 0; ; ) {
    const asked = performance.now();
    const value = await probe();
    if (value) return value;
    if (waited > ms) throw new Error(`waited ${ms} ms in vain for: ${what}`);
    const answered = performance.now();
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    waited += answered - asked + Math.min(pauseMs, performance.now() - answered);
  }
}

/** How long a work takes, counted as `until` counts. Milliseconds. */
export async function timeOf(work: Promise<unknown>): Promise<number> {
  let [over, spent] = [false, 0];
  const done = work.finally(() => {
    over = true;
  });
  while (!over) {
    const before = performance.now();
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, pauseMs))]);
    spent += Math.min(pauseMs, performance.now() - before);
  }
  await done;
  return spent;
}
