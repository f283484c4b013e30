import type { StreamResponse } from "@a2a-js/sdk";
import type { AgentEvent } from "../model/agent.ts";
import { textOf } from "./parts.ts";

/** Tells what a stream says twice. */
export interface Echo {
  /** Whether this artifact says with the same words what a message of this stream has said (Inkeep sends an answer as both). */
  repeats(event: AgentEvent, response: StreamResponse): boolean;
}

export function createEcho(): Echo {
  const said = new Set<string>();
  return {
    repeats(event, response) {
      if (event.kind !== "output" || event.parts.some((part) => part.kind !== "text")) return false;
      const words = textOf(event.parts).trim();
      if (response.payload?.$case !== "message") return said.has(words);
      said.add(words);
      return false;
    },
  };
}
