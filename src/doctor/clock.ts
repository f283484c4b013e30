import type { Config } from "../config.ts";
import type { Finding } from "../model/adapter.ts";

const what = "clock";
/** Slack refuses requests, and the bridge Slack's, that are five minutes off; tokens have less patience. */
const mostMs = 60_000;

/** Whether this machine's clock agrees with that of a platform. */
export async function examineClock(
  config: Config,
  fetch: typeof globalThis.fetch,
  now: () => number,
  signal: AbortSignal,
): Promise<Finding> {
  const url = config.slack?.apiUrl ?? config.discord?.apiUrl ?? config.teams?.endpoints.login ?? "https://login.microsoftonline.com";
  try {
    const response = await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
    const told = Date.parse(response.headers.get("date") ?? "");
    if (Number.isNaN(told)) return { what, state: "unknown", says: `${new URL(url).host} tells no time` };
    const skew = now() - told;
    const says = `${(Math.abs(skew) / 1_000).toFixed(0)} s ${skew < 0 ? "behind" : "ahead of"} ${new URL(url).host}`;
    if (Math.abs(skew) < mostMs) return { what, state: "good", says };
    return { what, state: "bad", says: `${says}: signatures and tokens fail. Let the machine keep its time (NTP)` };
  } catch {
    return { what, state: "unknown", says: `${new URL(url).host} cannot be asked for the time` };
  }
}
