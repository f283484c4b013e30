import { DeliveryError } from "../../src/model/errors.ts";
import type { OpenStore } from "../../src/model/ledger.ts";

/** A message of ours that says that we are at work, and whose place an answer may take. */
export type Slot = {
  readonly message: string;
  /** When it was posted; milliseconds since 1970. */
  readonly at: number;
  /** Whether it is a stream, which takes no edits before its end. */
  readonly stream: boolean;
  /** Something of ours stands below it: whatever is said now would appear above that. */
  readonly passed?: true;
  /** An answer is being written there; its end comes by an edit that names the message. */
  readonly writing?: true;
};

/**
 * Which sign stands in a thread, and which delivery has taken its place. It is kept in the store: the process that posts the answer, or
 * repeats it, need not be the one that showed the sign.
 */
export interface Slots {
  open(thread: string): Promise<Slot | undefined>;
  put(thread: string, slot: Slot): Promise<void>;
  /**
   * The slot that this delivery fills: the one it has taken before, else the open one if `wanted` accepts it. One that it does not take is
   * passed from now on, for the delivery is about to be posted below it.
   */
  claim(thread: string, delivery: string, wanted: (slot: Slot) => boolean): Promise<Slot | undefined>;
  /** Whether this delivery has taken a slot. */
  holds(thread: string, delivery: string): Promise<boolean>;
  /** It could not be filled after all. */
  release(thread: string, delivery: string): Promise<void>;
  /** Takes the open slot out: whoever gets it answers for it. */
  take(thread: string): Promise<Slot | undefined>;
}

type Stored = {
  readonly open?: Slot;
  /** By delivery, so that a repeated one finds its place again. The oldest first. */
  readonly filled: readonly { readonly delivery: string; readonly slot: Slot }[];
};

const keptMs = 86_400_000;
const filledKept = 8;

export function createSlots({ openStore }: { readonly openStore: OpenStore }): Slots {
  const store = openStore<Stored>("teams-signs");
  const read = async (thread: string): Promise<Stored> => (await store.get(thread)) ?? { filled: [] };
  return {
    open: async (thread) => (await read(thread)).open,
    put: async (thread, slot) => store.set(thread, { ...(await read(thread)), open: slot }, keptMs),
    async claim(thread, delivery, wanted) {
      try {
        const { open, filled } = await read(thread);
        const taken = filled.find((one) => one.delivery === delivery);
        if (taken) return taken.slot;
        if (open && !wanted(open) && !open.passed) await store.set(thread, { filled, open: { ...open, passed: true } }, keptMs);
        if (!open || !wanted(open)) return undefined;
        await store.set(thread, { filled: [...filled, { delivery, slot: open }].slice(-filledKept) }, keptMs);
        return open;
      } catch (cause) {
        throw new DeliveryError("unavailable", "the store does not say what is to be filled", { cause });
      }
    },
    holds: async (thread, delivery) => (await read(thread)).filled.some((one) => one.delivery === delivery),
    async release(thread, delivery) {
      const { open, filled } = await read(thread);
      await store.set(thread, { filled: filled.filter((one) => one.delivery !== delivery), ...(open && { open }) }, keptMs);
    },
    async take(thread) {
      const { open, filled } = await read(thread);
      if (open) await store.set(thread, { filled }, keptMs);
      return open;
    },
  };
}
