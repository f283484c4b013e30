import type { Step } from "./steps.ts";

/** What an agent with a hand-written wire can do besides the steps of every agent. It has no webhooks: a step about pushes is a mistake. */
export type VendorStep =
  | Step
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly data: unknown }
  | { readonly kind: "transfer"; readonly target: string; readonly reason: string }
  | { readonly kind: "raw"; readonly text: string }
  | { readonly kind: "hangUp" };

/** As `Script`. One that ends without a word of end leaves its task at work and its calls answered with what there is. */
export type VendorScript = Iterable<VendorStep> | AsyncIterable<VendorStep>;

/** Ends the turn with an error of the wire: of JSON-RPC, or what the vendor has in its place. */
export const rpcError = (code: number, message: string, data?: unknown): VendorStep => ({ kind: "error", code, message, data });

/** Ends the turn by handing the conversation to another sub-agent. Only Inkeep has it. */
export const transfer = (target: string, reason: string): VendorStep => ({ kind: "transfer", target, reason });

/** Bytes on the open stream as they are. Nothing on a call that is not a stream. */
export const raw = (text: string): VendorStep => ({ kind: "raw", text });

/** Ends the open calls in good order before the task has ended; the task goes on. */
export const hangUp = (): VendorStep => ({ kind: "hangUp" });
