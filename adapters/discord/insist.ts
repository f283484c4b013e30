import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError, StoreError } from "../../src/model/errors.ts";

/** Does a piece of work until it succeeds: the gateway sends nothing twice. Whoever comes behind in the lane waits. Never rejects. */
export type Insist = (work: () => Promise<void>, what: string) => Promise<void>;

const longestPause = 30_000;
/** What keeps failing for another reason than that somebody is away is a mistake of ours; the next messages must not wait for ever. */
const mostTries = 5;

export function createInsist({ clock, log, signal }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal }): Insist {
  return async (work, what) => {
    for (let tries = 1; !signal.aborted; tries++) {
      try {
        return await work();
      } catch (err) {
        const away = err instanceof StoreError || err instanceof DeliveryError;
        if (!away && tries >= mostTries) return log.error({ err, what }, "discord event given up");
        if (tries === 1) log.error({ err, what }, "discord event not committed: it is tried again");
        await clock.sleep(Math.min(longestPause, 500 * 2 ** Math.min(tries, 10)), signal);
      }
    }
  };
}
