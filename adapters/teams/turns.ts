import type { Log } from "../../src/log.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { TeamsAddress } from "./address.ts";
import { refusalOf } from "./errors.ts";
import type { Pace } from "./pace.ts";
import type { Places } from "./places.ts";

/** Makes a call in its conversation's turn. A 429 pauses this conversation and no other. Rejects as the call does. */
export type InTurn = <T>(address: TeamsAddress, signal: AbortSignal, call: () => Promise<T>) => Promise<T>;

export interface TurnsOptions {
  readonly pace: Pace;
  readonly places: Places;
  readonly log: Log;
}

export function createTurns({ pace, places, log }: TurnsOptions): InTurn {
  /** The bot is not there any more: whatever else waits for this conversation need not be tried. */
  const forget = async (address: TeamsAddress) => {
    await places.gone(address).catch((err: unknown) => log.warn({ err, tenant: address.tenant }, "removal of the bot not noted"));
  };
  return async (address, signal, call) => {
    await pace.turn(address.conversation, signal);
    try {
      return await call();
    } catch (error) {
      if (error instanceof DeliveryError && error.kind === "rateLimited") pace.pause(address.conversation, error.retryAfterMs ?? 1_000);
      if (refusalOf(error)?.code === "BotNotInConversationRoster") await forget(address);
      throw error;
    }
  };
}
