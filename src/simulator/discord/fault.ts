import type { Operation } from "./routes.ts";

/**
 * What goes wrong with a call. `Before`: nothing was done; `After`: it has taken effect, and the caller does not hear of it. `drop` ends
 * the connection, `reset` breaks it, `hang` keeps it open without an answer until the caller gives up. Server errors are `Before` unless they say `after`.
 */
export type Wrong =
  /** `retryAfter` in seconds, a second if it is not said. `global`: of all calls of this bot. */
  | { readonly kind: "429"; readonly retryAfter?: number; readonly global?: boolean }
  | { readonly kind: "500" | "502" | "503" | "504"; readonly after?: boolean }
  | { readonly kind: "dropBefore" | "dropAfter" | "resetBefore" | "resetAfter" | "hangBefore" | "hangAfter" }
  | { readonly kind: "slow"; readonly ms: number }
  /** Such as status 404 and code 10003. */
  | { readonly kind: "error"; readonly status: number; readonly code: number; readonly message?: string };

/** A fault for the next `times` calls (one unless said otherwise) of this operation and channel; without an operation, of those that write. */
export type Fault = Wrong & { readonly operation?: Operation; readonly channel?: string; readonly times?: number };

export interface Faults {
  add(fault: Fault): void;
  /** Every call fails until the outage is over. */
  outage(wrong: Wrong | undefined): void;
  /** What goes wrong with this call; takes it off the list. */
  take(operation: Operation, channel: string): Wrong | undefined;
  /** Forgets all faults that were not used up. */
  clear(): void;
}

const writing: readonly Operation[] = ["post", "edit", "delete", "startThread", "startPost", "callback", "followUp", "editFollowUp"];

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  let outage: Wrong | undefined;
  const strikes = (fault: Fault, operation: Operation, channel: string) =>
    (fault.channel === undefined || fault.channel === channel) &&
    (fault.operation === undefined ? writing.includes(operation) : fault.operation === operation);

  return {
    add: (fault) => waiting.push({ fault, left: fault.times ?? 1 }),
    outage(wrong) {
      outage = wrong;
    },
    take(operation, channel) {
      if (outage) return outage;
      const due = waiting.find(({ fault }) => strikes(fault, operation, channel));
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
