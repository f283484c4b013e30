/**
 * When tasks are looked at whose answer is to come by push, in case that it does not come. However many are open, an agent gets no more than
 * so many of these looks a second from one process: the more there are, the later each is looked at.
 */
export interface SafetyNet {
  /** The first free time from `wanted` on, which is then taken. Milliseconds since 1970. */
  at(agent: string, wanted: number): number;
}

/** What is remembered of seconds that are over goes once there are so many. */
const mostSeconds = 1_000;

export function createSafetyNet(perSecond: number, now: () => number): SafetyNet {
  const byAgent = new Map<string, Map<number, number>>();

  const forgetPast = (looks: Map<number, number>) => {
    const current = Math.floor(now() / 1_000);
    for (const second of looks.keys()) if (second < current) looks.delete(second);
  };

  return {
    at(agent, wanted) {
      const looks = byAgent.get(agent) ?? new Map<number, number>();
      byAgent.set(agent, looks);
      if (looks.size > mostSeconds) forgetPast(looks);
      let second = Math.floor(wanted / 1_000);
      while ((looks.get(second) ?? 0) >= perSecond) second += 1;
      looks.set(second, (looks.get(second) ?? 0) + 1);
      return Math.max(wanted, second * 1_000);
    },
  };
}
