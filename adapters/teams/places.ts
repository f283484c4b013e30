import { DeliveryError } from "../../src/model/errors.ts";
import type { OpenStore } from "../../src/model/ledger.ts";
import { type TeamsAddress, toPlace } from "./address.ts";

/** Where the bot is, and by which service URL it is reached there. The URL may change; the newest is the right one. */
export interface Places {
  /** The address as it is now. Rejects with `threadGone` where the bot was taken away. */
  current(address: TeamsAddress): Promise<TeamsAddress>;
  /** Something came from there: the bot is there, and that is the service URL. */
  seen(address: TeamsAddress): Promise<void>;
  /** The bot is not there any more. */
  gone(address: TeamsAddress): Promise<void>;
  /** True once for each place: then it is to be greeted. */
  isNew(address: TeamsAddress): Promise<boolean>;
}

type Known = { readonly serviceUrl: string; readonly gone?: true; readonly greeted?: true };

const keptMs = 400 * 86_400_000;
const remembered = 5_000;

export function createPlaces({ openStore }: { readonly openStore: OpenStore }): Places {
  const store = openStore<Known>("teams-places");
  /** What was written last, so that an ordinary message writes nothing. */
  const written = new Map<string, string>();
  const greeting = new Set<string>();

  const write = async (key: string, known: Known) => {
    await store.set(key, known, keptMs);
    written.delete(key);
    written.set(key, known.serviceUrl);
    const [oldest] = written.keys();
    if (written.size > remembered && oldest !== undefined) written.delete(oldest);
  };

  return {
    async current(address) {
      const known = await store.get(toKey(address)).catch((cause: unknown) => {
        throw new DeliveryError("unavailable", "the store does not say where the conversation is", { cause });
      });
      if (known?.gone) throw new DeliveryError("threadGone", "the bot was taken away from this conversation");
      return known ? { ...address, serviceUrl: known.serviceUrl } : address;
    },
    async seen(address) {
      const key = toKey(address);
      if (written.get(key) === address.serviceUrl) return;
      const known = await store.get(key);
      if (known?.serviceUrl === address.serviceUrl && !known.gone) written.set(key, address.serviceUrl);
      else await write(key, { serviceUrl: address.serviceUrl, ...(known?.greeted && { greeted: true }) });
    },
    async gone(address) {
      const key = toKey(address);
      const known = await store.get(key);
      await store.set(key, { serviceUrl: address.serviceUrl, gone: true, ...(known?.greeted && { greeted: true }) }, keptMs);
      written.delete(key);
    },
    async isNew(address) {
      const key = toKey(address);
      if (greeting.has(key)) return false;
      // One installation makes two activities, which may come at the same time.
      greeting.add(key);
      try {
        if ((await store.get(key))?.greeted) return false;
        await write(key, { serviceUrl: address.serviceUrl, greeted: true });
        return true;
      } finally {
        greeting.delete(key);
      }
    },
  };
}

/** The bot is added to a team, not to a channel of it. */
function toKey({ tenant, team, conversation }: TeamsAddress): string {
  return `${tenant}:${team ?? toPlace(conversation).channel}`;
}
