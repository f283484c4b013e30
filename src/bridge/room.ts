import type { Clock } from "../model/clock.ts";

/** The bytes of files that may be in memory at the same time, whoever works on them. */
export interface Room {
  /** A share with nothing in it. Whoever opens one frees it, however its work ends. */
  open(): Share;
}

/** What one piece of work holds of the room. */
export interface Share {
  /**
   * Resolves to true when there is room for so many bytes, in the order of the asking. False: there was none for as long as the patience,
   * or the signal has ended the wait. Whoever wants more than there is at all gets it while nobody else holds anything. Call it once.
   */
  take(bytes: number, patienceMs: number, signal: AbortSignal): Promise<boolean>;
  /** Takes still more, if there is room for it now. It does not wait: who holds something must not wait for others who do. */
  more(bytes: number): boolean;
  /** Gives back whatever goes beyond so many bytes. */
  keep(bytes: number): void;
  /** Gives everything back. */
  free(): void;
}

interface Waiter {
  readonly bytes: number;
  /** Ends the wait. */
  end(admitted: boolean): void;
}

/** How many can wait is for the caller to bound. */
export function createRoom(maxBytes: number, clock: Clock): Room {
  let held = 0;
  const waiting = new Set<Waiter>();

  /** `own`: what the asking one holds already. */
  const fits = (bytes: number, own = 0) => held + bytes <= maxBytes || held === own;

  const admit = () => {
    for (const waiter of waiting) {
      if (!fits(waiter.bytes)) return;
      waiter.end(true);
    }
  };

  const wait = (bytes: number, patienceMs: number, signal: AbortSignal, onAdmitted: () => void) =>
    new Promise<boolean>((resolve) => {
      const leave = () => waiter.end(false);
      const waiter: Waiter = {
        bytes,
        end(admitted) {
          waiting.delete(waiter);
          stopClock();
          signal.removeEventListener("abort", leave);
          if (admitted) onAdmitted();
          else admit();
          resolve(admitted);
        },
      };
      const stopClock = clock.after(patienceMs, leave);
      signal.addEventListener("abort", leave);
      waiting.add(waiter);
    });

  return {
    open() {
      let own = 0;
      const add = (bytes: number) => {
        own += bytes;
        held += bytes;
      };
      const keep = (bytes: number) => {
        if (bytes >= own) return;
        held -= own - bytes;
        own = bytes;
        admit();
      };
      return {
        async take(bytes, patienceMs, signal) {
          if (signal.aborted) return false;
          if (waiting.size > 0 || !fits(bytes)) return wait(bytes, patienceMs, signal, () => add(bytes));
          add(bytes);
          return true;
        },
        more(bytes) {
          const admitted = fits(bytes, own);
          if (admitted) add(bytes);
          return admitted;
        },
        keep,
        free: () => keep(0),
      };
    },
  };
}
