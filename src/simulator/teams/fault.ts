import type { Operation } from "./routes.ts";

/**
 * What goes wrong with a call. `dropBefore` and `dropAfter` cut the connection; after the latter the call has taken effect.
 * A 429 without `retryAfter` (seconds) comes without the header, as it often does at Teams.
 */
export type Wrong =
  | { readonly kind: "429"; readonly retryAfter?: number }
  | { readonly kind: "412" | "500" | "501" | "502" | "503" | "504" }
  | { readonly kind: "dropBefore" }
  | { readonly kind: "dropAfter" }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "error"; readonly status: number; readonly code: string; readonly message?: string };

/**
 * A fault for the next `times` calls (one unless said otherwise) of this operation and conversation; without an operation, of those that
 * write. `conversation` is the id with or without its thread.
 */
export type Fault = Wrong & { readonly operation?: Operation; readonly conversation?: string; readonly times?: number };

export interface Faults {
  add(fault: Fault): void;
  /** Every call fails until the outage is over. */
  outage(wrong: Wrong | undefined): void;
  /** What goes wrong with this call; takes it off the list. */
  take(operation: Operation, conversation: string): Wrong | undefined;
  /** Forgets all faults that were not used up. */
  clear(): void;
}

const writing: readonly Operation[] = ["create", "post", "edit", "delete"];

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  let outage: Wrong | undefined;

  function strikes(fault: Fault, operation: Operation, conversation: string): boolean {
    const here = fault.conversation === undefined || [conversation, conversation.split(";")[0]].includes(fault.conversation);
    return here && (fault.operation === undefined ? writing.includes(operation) : fault.operation === operation);
  }

  return {
    add: (fault) => waiting.push({ fault, left: fault.times ?? 1 }),
    outage(wrong) {
      outage = wrong;
    },
    take(operation, conversation) {
      if (outage) return outage;
      const due = waiting.find(({ fault }) => strikes(fault, operation, conversation));
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
