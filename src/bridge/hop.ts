import type { Hop } from "../model/metrics.ts";
import type { Parts } from "./parts.ts";

/** Notes how long a message took for a part of its way. Milliseconds; clocks of two machines may make it a little less than nothing. */
export function observeHop({ metrics }: Pick<Parts, "metrics">, platform: string, hop: Hop, ms: number): void {
  metrics.observe("bridge_hop_seconds", Math.max(0, ms) / 1_000, { platform, hop });
}
