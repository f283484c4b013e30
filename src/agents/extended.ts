import { AgentError } from "../model/errors.ts";
import { parseBounded } from "./bounds.ts";
import { readSome } from "./call.ts";
import { maxCardBytes } from "./discover.ts";
import { callPeer, type Peer, type PeerOptions } from "./peer.ts";
import { looksLikeCard } from "./repair.ts";

/**
 * The card that an agent shows to those it knows, as it came. Undefined when there is none. The SDK is used for asking alone: it keeps the
 * raw card to itself, and that is what a signature is checked against. Throws AgentError.
 */
export async function fetchExtendedCard(peer: Peer, options: PeerOptions, signal: AbortSignal): Promise<unknown> {
  if (peer.card.capabilities?.extendedAgentCard !== true) return undefined;
  let text: string | undefined;
  const listening: PeerOptions = {
    ...options,
    authenticate: (inner) => {
      const known = options.authenticate(inner);
      return async (input, init) => {
        const response = await known(input, init);
        if (!response.ok) return response;
        text = await readSome(response, maxCardBytes);
        const { status, headers } = response;
        return new Response(text, { status, headers });
      };
    },
  };
  const asked = { operation: "card", withTask: false } as const;
  const failed = await callPeer(peer, listening, asked, signal, (client, call) => client.getAgentCard(call)).then(
    () => undefined,
    (error: unknown) => error,
  );
  const body = parseBounded(text ?? "");
  const card = typeof body === "object" && body !== null && "result" in body ? body.result : body;
  // The SDK's reader is stricter than ours.
  if (looksLikeCard(card)) return card;
  throw failed ?? new AgentError("unsupported", "the extended agent card is none");
}
