export interface Used {
  /** How much the process has grown at its widest. */
  readonly grownMB: number;
  /** How long one turn of the event loop took at most. */
  readonly stuckMs: number;
}

/** What a work takes of this process. */
export async function measure(work: () => Promise<void>): Promise<Used> {
  const before = process.memoryUsage.rss();
  const begun = Date.now();
  let [last, widest, stuckMs] = [begun, before, 0];
  const look = () => {
    stuckMs = Math.max(stuckMs, Date.now() - last);
    widest = Math.max(widest, process.memoryUsage.rss());
    last = Date.now();
  };
  const timer = setInterval(look, 10);
  await work().finally(() => clearInterval(timer));
  look();
  return { grownMB: (widest - before) / 1_048_576, stuckMs };
}
