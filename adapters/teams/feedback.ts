import type { Log } from "../../src/log.ts";
import type { OpenStore } from "../../src/model/ledger.ts";
import type { IncomingEvent } from "../../src/model/message.ts";
import type { Reply } from "../../src/model/reply.ts";
import type { TeamsAddress } from "./address.ts";
import type { Incoming } from "./inbound.ts";

/** Which delivery a message of ours was: thumbs under it name only the message. */
export interface Feedback {
  /** Never rejects: an answer that was posted is posted. */
  remember(address: TeamsAddress, message: string | undefined, reply: Pick<Reply, "tone">, delivery: string): Promise<void>;
  /** The whole event; undefined where the message is not remembered. */
  complete(incoming: Extract<Incoming, { kind: "feedback" }>, address: TeamsAddress): Promise<IncomingEvent | undefined>;
}

const keptMs = 30 * 86_400_000;

export function createFeedback(options: { readonly openStore: OpenStore; readonly log: Log; readonly wanted: boolean }): Feedback {
  const store = options.openStore<string>("teams-answers");
  const keyOf = ({ tenant, conversation }: TeamsAddress, message: string) => `${tenant}:${conversation}:${message}`;
  return {
    async remember(address, message, { tone }, delivery) {
      if (!options.wanted || tone === "notice" || !message) return;
      await store
        .set(keyOf(address, message), delivery, keptMs)
        .catch((err: unknown) => options.log.warn({ err, delivery }, "answer not remembered for feedback"));
    },
    async complete({ event, message }, address) {
      const delivery = await store.get(keyOf(address, message));
      return delivery === undefined ? undefined : { ...event, delivery };
    },
  };
}
