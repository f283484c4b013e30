import type { Args } from "./arguments.ts";

/** What goes wrong with a call. `dropBefore` and `dropAfter` cut the connection; after the latter the call has taken effect. */
export type Wrong =
  | { readonly kind: "429"; readonly retryAfter?: number }
  | { readonly kind: "500" }
  | { readonly kind: "dropBefore" }
  | { readonly kind: "dropAfter" }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "error"; readonly error: string };

/** A fault for the next `times` calls (one unless said otherwise) of this method and channel; of all where they are left out. */
export type Fault = Wrong & { readonly method?: string; readonly channel?: string; readonly times?: number };

export interface Faults {
  add(fault: Fault): void;
  /** Every call fails until the outage is over. */
  outage(wrong: Wrong | undefined): void;
  /** What goes wrong with this call; takes it off the list. */
  take(method: string, args: Args): Wrong | undefined;
  /** Forgets all faults that were not used up. */
  clear(): void;
}

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  let outage: Wrong | undefined;
  return {
    add: (fault) => waiting.push({ fault, left: fault.times ?? 1 }),
    outage(wrong) {
      outage = wrong;
    },
    take(method, args) {
      if (outage) return outage;
      const channel = args.channel ?? args.channel_id;
      const due = waiting.find(
        ({ fault }) => (fault.method ?? method) === method && (fault.channel === undefined || fault.channel === channel),
      );
      if (due === undefined) return undefined;
      due.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      return due.fault;
    },
    clear() {
      waiting = [];
      outage = undefined;
    },
  };
}
