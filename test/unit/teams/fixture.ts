import { readFileSync } from "node:fs";
import { type Activity, activitySchema } from "../../../adapters/teams/wire.ts";

/** An activity as Teams sends it, by what happened. */
export function fixture(whatHappened: string): Activity {
  return activitySchema.parse(JSON.parse(readFileSync(new URL(`../../fixtures/teams/${whatHappened}.json`, import.meta.url), "utf8")));
}
