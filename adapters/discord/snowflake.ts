/** The first millisecond of 2015: the beginning of Discord's time. https://discord.com/developers/docs/reference#snowflakes */
const epoch = 1_420_070_400_000n;

/** When a thing with this id came to be. Milliseconds since 1970. */
export function toTime(id: string): number {
  return Number((BigInt(id) >> 22n) + epoch);
}

/** The id before every id of this moment. `at`: milliseconds since 1970. */
export function toSnowflake(at: number): string {
  const since = BigInt(Math.max(0, Math.floor(at))) - epoch;
  return since <= 0n ? "0" : (since << 22n).toString();
}

/** Whether `id` came later than `other`. */
export function isLater(id: string, other: string): boolean {
  return BigInt(id) > BigInt(other);
}
