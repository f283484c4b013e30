import type { Fault } from "./door.ts";

/** What a test does to a call. `cut` and `lose` befall calls that carry a message or open a stream; the agent works on. */
export type VendorFault =
  | Fault
  /** An error of JSON-RPC, instead of a result; the agent never got the message. */
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly data?: unknown }
  /** The agent takes the message, and the connection is cut before a single byte of the answer. */
  | { readonly kind: "lose" }
  /** The stream is cut after so many events. */
  | { readonly kind: "cut"; readonly after: number };

export interface Faults {
  /** Befalls the next call that carries a message; several wait for their turn. */
  failNext(...faults: readonly VendorFault[]): void;
  /** Befalls the next call of this operation, as `calls` names it. */
  failOn(operation: string, ...faults: readonly VendorFault[]): void;
}

export interface FaultBook extends Faults {
  /** The fault that befalls this call, which is then over. */
  take(operation: string, carriesMessage: boolean): VendorFault | undefined;
}

export function createFaultBook(): FaultBook {
  const next: VendorFault[] = [];
  const byOperation = new Map<string, VendorFault[]>();
  return {
    failNext: (...faults) => void next.push(...faults),
    failOn: (operation, ...faults) => void byOperation.set(operation, [...(byOperation.get(operation) ?? []), ...faults]),
    take: (operation, carriesMessage) => byOperation.get(operation)?.shift() ?? (carriesMessage ? next.shift() : undefined),
  };
}
