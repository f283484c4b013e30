import type { Clock } from "../../model/clock.ts";

/** Discord's ids are times: milliseconds since 2015 in the upper 42 bits (docs: API reference, snowflakes). */
const epoch = 1_420_070_400_000;

/** An id of this time; `nth` tells ids of one millisecond apart. */
function toSnowflake(at: number, nth = 0): string {
  return String((BigInt(at - epoch) << 22n) | BigInt(nth & 0xfff));
}

/** Milliseconds since 1970. */
export function timeOf(snowflake: string): number {
  return Number(BigInt(snowflake) >> 22n) + epoch;
}

/** Below zero when `a` is older than `b`. */
export function compareIds(a: string, b: string): number {
  const [first, second] = [BigInt(a), BigInt(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Gives ids that nothing has had. Without a time each is later than all before; with one it lies there, also in the past. */
export function createIds(clock: Clock): (at?: number) => string {
  let last = 0n;
  let past = 0;
  return (at) => {
    if (at !== undefined) {
      past += 1;
      return toSnowflake(at, past);
    }
    const now = BigInt(toSnowflake(clock.now()));
    last = now > last ? now : last + 1n;
    return String(last);
  };
}
