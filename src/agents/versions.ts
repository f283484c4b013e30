import type { AgentCard } from "@a2a-js/sdk";
import type { Log } from "../log.ts";
import { AgentError } from "../model/errors.ts";
import type { DialectName } from "./config.ts";
import { chooseDialects } from "./dialects/choose.ts";
import type { Peer } from "./peer.ts";

/** The interfaces of one agent's card, and which of them it takes. */
export interface Versions {
  /** The interface in use. Throws AgentError `unsupported` when the card has none that the bridge speaks. */
  current(card: AgentCard): Peer;
  /** Runs a call at the interface in use, and at the next one when the agent refuses the version (A2A 1.0, section 3.6). */
  try<T>(card: AgentCard, run: (peer: Peer) => Promise<T>): Promise<T>;
  /** The same for a stream. Nothing was told before a version is refused, so nothing is told twice. */
  tryStream<T>(card: AgentCard, run: (peer: Peer) => AsyncIterable<T>): AsyncGenerator<T, void, undefined>;
}

interface Known {
  readonly peers: readonly Peer[];
  at: number;
}

/** What is remembered is remembered per card: a changed one is looked at anew. */
export function createVersions(name: string, dialect: DialectName | undefined, log: Log): Versions {
  const cards = new WeakMap<AgentCard, Known>();

  const know = (card: AgentCard): Known => {
    const known = cards.get(card) ?? { peers: chooseDialects(card, dialect).map((chosen) => ({ card, chosen })), at: 0 };
    cards.set(card, known);
    return known;
  };
  const current = (card: AgentCard): Peer => {
    const { peers, at } = know(card);
    const peer = peers[at];
    if (!peer) throw new Error("a card without interfaces was chosen");
    return peer;
  };
  /** True when there is another interface to try. */
  const refused = (card: AgentCard, peer: Peer, error: unknown): boolean => {
    const known = know(card);
    const next = known.peers.indexOf(peer) + 1;
    if (!refusesVersion(error) || next >= known.peers.length) return false;
    log.warn({ agent: name, dialect: peer.chosen.dialect.name, code: error.code }, "the agent refuses this protocol version");
    known.at = Math.max(known.at, next);
    return true;
  };
  return {
    current,
    async try(card, run) {
      for (;;) {
        const peer = current(card);
        try {
          return await run(peer);
        } catch (error) {
          if (!refused(card, peer, error)) throw error;
        }
      }
    },
    async *tryStream(card, run) {
      for (;;) {
        const peer = current(card);
        try {
          return yield* run(peer);
        } catch (error) {
          if (!refused(card, peer, error)) throw error;
        }
      }
    },
  };
}

/** An agent of another generation may also say that it does not know the method. Either way it has not taken what was sent. */
function refusesVersion(error: unknown): error is AgentError {
  if (!(error instanceof AgentError)) return false;
  return error.code === -32009 ? error.kind !== "broken" : error.code === -32601 && error.kind === "refused";
}
