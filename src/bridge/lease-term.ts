import { type Clock, enough } from "../model/clock.ts";

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
  readonly over: AbortController;
  expired: boolean;
}

/** Each work is held by the newest term that confirmed its lease, and given up when that one is over. By sleeping: clocks are set. */
export function createTerms(clock: Clock, ms: number): Terms {
  const spans = new Map<Held, Span>();

  function leave(work: Held): void {
    const span = spans.get(work);
    spans.delete(work);
    span?.works.delete(work);
    if (span?.works.size === 0) span.over.abort(enough);
  }

  return {
    leave,
    begin() {
      const span: Span = { works: new Set(), over: new AbortController(), expired: false };
      // In two parts: a process that got no time from its machine wakes with both the heartbeat and this due, and asks first.
      const last = ms / 4;
      const half = clock.sleep(ms - last, span.over.signal).then(() => clock.sleep(last, span.over.signal));
      void half.then(() => {
        if (span.over.signal.aborted) return;
        span.expired = true;
        for (const work of span.works) work.giveUp();
      });
      return {
        hold(work) {
          leave(work);
          if (span.expired) return work.giveUp();
          span.works.add(work);
          spans.set(work, span);
        },
        drop: () => span.over.abort(enough),
      };
    },
  };
}
