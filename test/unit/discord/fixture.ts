import { readFileSync } from "node:fs";
import {
  type Deleted,
  deletedSchema,
  type Interaction,
  interactionSchema,
  type Message,
  messageSchema,
} from "../../../adapters/discord/wire.ts";

/** Payloads as the gateway sends them, by what happened. */
export const message = (whatHappened: string): Message => messageSchema.parse(raw(whatHappened));
export const deleted = (whatHappened: string): Deleted => deletedSchema.parse(raw(whatHappened));
export const interaction = (whatHappened: string): Interaction => interactionSchema.parse(raw(whatHappened));

export function raw(whatHappened: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/discord/${whatHappened}.json`, import.meta.url), "utf8"));
}
