import { concludeTurn } from "./conclude.ts";
import type { Turn } from "./rows.ts";
import type { Session } from "./session.ts";

/** The turns whose time counts: those that share one task wait as long as the newest of them, all others each for its own time. */
function counted({ client, task }: Session): readonly Turn[] {
  const asked = task.turns.filter(({ state }) => state === "asked");
  return client.policy.taskId === "spec" ? asked.slice(-1) : asked;
}

/** When the time of the next turn is up. Milliseconds since 1970; infinity where no turn is waited for. */
export function nextDeadline(session: Session): number {
  return Math.min(Number.POSITIVE_INFINITY, ...counted(session).flatMap(({ deadline }) => deadline ?? []));
}

/** Gives up the turns whose time is up. True when there were any. */
export function expire(session: Session): boolean {
  const now = session.parts.clock.now();
  const over = counted(session).filter(({ deadline }) => deadline !== undefined && deadline <= now);
  for (const turn of over) concludeTurn(session, turn, "expired");
  return over.length > 0;
}
