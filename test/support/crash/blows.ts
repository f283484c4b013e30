import type { Blow } from "./lives.ts";
import type { Run } from "./run.ts";

/** One blow at a failpoint: when every message is taken, where it is still reached then, so that all are under way; otherwise while they are taken. */
export function toBlows({ hits }: Run, failpoint: string): readonly Blow[] {
  const blow = { kind: "failpoint", failpoint } as const;
  if ((hits.sinceArmed[failpoint] ?? 0) >= 4) return [{ ...blow, hit: 2, from: "taken" }];
  const total = hits.total[failpoint] ?? 0;
  if (total > 0) return [{ ...blow, hit: Math.ceil(total * 0.6), from: "start" }];
  // A calm life does not reach it: it lies on the way of recovery.
  return [
    { kind: "ready", ms: 900 },
    { ...blow, hit: 1, from: "start" },
  ];
}
