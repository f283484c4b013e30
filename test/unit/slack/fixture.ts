import { readFileSync } from "node:fs";
import { asObject, type Payload } from "../../../adapters/slack/payload.ts";

/** A payload as Slack sends it, by what happened. */
export function fixture(whatHappened: string): Payload {
  const json: unknown = JSON.parse(readFileSync(new URL(`../../fixtures/slack/${whatHappened}.json`, import.meta.url), "utf8"));
  const payload = asObject(json);
  if (!payload) throw new Error(`${whatHappened} is not an object`);
  return payload;
}
