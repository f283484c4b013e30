import type { Clock } from "../model/clock.ts";

/** Work under a lease. */
export interface Held {
  /** The lease was not confirmed in time: somebody else may have the row by now. */
  giveUp(): void;
}

/** The time for which a confirmation of leases is good. It runs from before the store was asked, for nobody knows when it answered. */
export interface Term {
  /** The lease of this work was confirmed. */
  hold(work: Held): void;
  /** There is nothing to hold. */
  drop(): void;
}

export interface Terms {
  begin(): Term;
  /** The work is over. */
  leave(work: Held): void;
}

interface Span {
  readonly works: Set<Held>;
  readonly begunAt: number;
  /** Terms of which nobody has said yet whether there is something to hold. */
  open: number;
  /** Stops its clock. */
  stop(): void;
  expired: boolean;
}

/** Terms that begin within this time of each other run out together, with the first. Milliseconds. */
const togetherMs = 50;

/** Each work is held by the newest term that confirmed its lease, and given up when that one is over. By timers: clocks are set. */
export function createTerms(clock: Clock, ms: number): Terms {
  const spans = new Map<Held, Span>();
  let newest: Span | undefined;

  function leave(work: Held): void {
    const span = spans.get(work);
    spans.delete(work);
    span?.works.delete(work);
    if (span) stopUnused(span);
  }

  function stopUnused(span: Span): void {
    if (span.open > 0 || span.works.size > 0) return;
    span.stop();
    if (newest === span) newest = undefined;
  }

  function start(): Span {
    const expire = () => {
      span.expired = true;
      if (newest === span) newest = undefined;
      for (const work of span.works) work.giveUp();
    };
    // In two parts: a process that got no time from its machine wakes with both the heartbeat and this due, and asks first.
    const last = ms / 4;
    const stop = clock.after(ms - last, () => {
      span.stop = clock.after(last, expire);
    });
    const span: Span = { works: new Set(), begunAt: clock.now(), open: 0, stop, expired: false };
    return span;
  }

  function isNew({ begunAt }: Span): boolean {
    const age = clock.now() - begunAt;
    return age >= 0 && age < togetherMs;
  }

  return {
    leave,
    begin() {
      const span = newest && isNew(newest) ? newest : start();
      newest = span;
      span.open += 1;
      let first = true;
      const answered = () => {
        if (first) span.open -= 1;
        first = false;
      };
      return {
        hold(work) {
          answered();
          leave(work);
          if (span.expired) return work.giveUp();
          span.works.add(work);
          spans.set(work, span);
        },
        drop() {
          answered();
          stopUnused(span);
        },
      };
    },
  };
}
