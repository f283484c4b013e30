import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { TeamsAddress } from "./address.ts";
import type { Connector, Message } from "./connector.ts";
import { type StreamEnd, streamEndOf } from "./errors.ts";
import type { Taken } from "./sign.ts";
import { finishStream } from "./stream.ts";
import type { InTurn } from "./turns.ts";

export interface FillOptions {
  readonly connector: Connector;
  readonly clock: Clock;
  readonly inTurn: InTurn;
}

/** Puts a message in the place of a sign, or of a text that was being written. Repeating it does no harm. False: that place is gone. */
export async function fill(
  options: FillOptions,
  address: TeamsAddress,
  taken: Taken,
  message: Message,
  signal: AbortSignal,
): Promise<boolean> {
  const { connector, inTurn } = options;
  const end = taken.slot.stream ? await finish(options, address, taken, message, signal) : "completed";
  if (end === undefined) return true;
  // Ended before, perhaps by a call that nobody heard the answer of: it is an ordinary message now.
  if (end !== "completed") return false;
  try {
    await inTurn(address, signal, () => connector.update(address, taken.slot.message, message, signal));
    return true;
  } catch (error) {
    if (error instanceof DeliveryError && error.kind === "replacedGone") return false;
    throw error;
  }
}

/** Ends a stream. Resolves to why it takes no end, if so. */
async function finish(
  { connector, clock, inTurn }: FillOptions,
  address: TeamsAddress,
  { slot, stream }: Taken,
  message: Message,
  signal: AbortSignal,
): Promise<StreamEnd | undefined> {
  try {
    await inTurn(address, signal, () =>
      stream ? stream.finish(message, signal) : finishStream({ connector, clock, address }, slot.message, message, signal),
    );
    return undefined;
  } catch (error) {
    const end = streamEndOf(error);
    if (end === undefined) throw error;
    return end;
  }
}
