export interface Used {
  /** How much the process has grown at its widest. */
  readonly grownMB: number;
  /** How long one turn of the event loop took at most, of the time that this process was given by its machine. */
  readonly stuckMs: number;
}

/** What a work takes of this process. */
export async function measure(work: () => Promise<void>): Promise<Used> {
  const before = process.memoryUsage.rss();
  let [last, widest, stuckMs] = [spentMs(), before, 0];
  const look = () => {
    const now = spentMs();
    stuckMs = Math.max(stuckMs, now - last);
    widest = Math.max(widest, process.memoryUsage.rss());
    last = now;
  };
  const timer = setInterval(look, 10);
  await work().finally(() => clearInterval(timer));
  look();
  return { grownMB: (widest - before) / 1_048_576, stuckMs };
}

/** Of this thread: the collector's own threads hold nobody up. Node 22 can only tell of the whole process. */
function spentMs(): number {
  const measured: Partial<Pick<NodeJS.Process, "threadCpuUsage">> = process;
  const { user, system } = measured.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1_000;
}
