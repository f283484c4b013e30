import { readFileSync } from "node:fs";

/** A body as it was seen on the wire. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/a2a/${name}.json`, import.meta.url), "utf8"));
}
