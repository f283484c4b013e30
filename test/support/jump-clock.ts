import { type Clock, systemClock } from "../../src/model/clock.ts";

/** The system's clock, which can be put forward. Sleeps take their real time. */
export interface JumpClock extends Clock {
  jump(ms: number): void;
}

export function createJumpClock(): JumpClock {
  let ahead = 0;
  return {
    now: () => systemClock.now() + ahead,
    sleep: systemClock.sleep,
    after: systemClock.after,
    jump(ms) {
      ahead += ms;
    },
  };
}
