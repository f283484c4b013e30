import type { Clock } from "../../model/clock.ts";
import type { Operation } from "./routes.ts";

/** How many calls in how many milliseconds, per bot and thread (docs: optimize your bot with rate limiting). */
const writes = [
  [7, 1_000],
  [8, 2_000],
  [60, 30_000],
  [1_800, 3_600_000],
] as const;
const reads = [
  [14, 1_000],
  [16, 2_000],
  [120, 30_000],
  [3_600, 3_600_000],
] as const;

/** Seconds to wait before this call may be made, or undefined when it may be made now; then it counts. */
export type RateLimit = (operation: Operation, conversation: string) => number | undefined;

export function createRateLimit(clock: Clock): RateLimit {
  const made = new Map<string, number[]>();
  return (operation, conversation) => {
    const limits = limitsOf(operation);
    if (limits === undefined) return undefined;
    const key = `${limits === writes ? "write" : "read"} ${conversation}`;
    const now = clock.now();
    const times = (made.get(key) ?? []).filter((at) => now - at < 3_600_000);
    made.set(key, times);
    const waits = limits.flatMap(([most, windowMs]) => {
      const oldest = times.at(-most);
      return times.length >= most && oldest !== undefined && now - oldest < windowMs ? [oldest + windowMs - now] : [];
    });
    if (waits.length > 0) return Math.ceil(Math.max(...waits) / 1_000);
    times.push(now);
    return undefined;
  };
}

function limitsOf(operation: Operation): typeof writes | typeof reads | undefined {
  if (["create", "post", "edit", "delete"].includes(operation)) return writes;
  return ["member", "members", "pagedMembers"].includes(operation) ? reads : undefined;
}
