import type { Clock } from "../../model/clock.ts";
import type { Operation, Route } from "./routes.ts";

/** How many calls in how many milliseconds. */
export type Limit = readonly [number, number];
export type Limits = Partial<Record<Operation | "rename" | "global", Limit>>;

/**
 * Discord publishes no figures and tells clients to read the headers (docs: rate limits); these are what was observed, and 50 in a second
 * for everything together is documented. Renaming a thread has a narrow limit of its own.
 */
const usual: Limits = {
  post: [5, 5_000],
  edit: [5, 5_000],
  delete: [5, 1_000],
  typing: [5, 5_000],
  history: [10, 5_000],
  message: [10, 5_000],
  channel: [10, 5_000],
  startThread: [10, 10_000],
  startPost: [10, 10_000],
  editChannel: [10, 15_000],
  rename: [2, 600_000],
  react: [1, 250],
  unreact: [1, 250],
  followUp: [5, 2_000],
  editFollowUp: [5, 2_000],
  member: [10, 5_000],
  commands: [5, 5_000],
  putCommands: [5, 20_000],
  global: [50, 1_000],
};

export interface Passed {
  /** Of the bucket, to go with the answer whatever it is. */
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds to wait when the call may not be made now. */
  readonly wait: number | undefined;
  readonly scope: "user" | "global";
}

/** Counts the calls of each bucket: an operation together with the channel, guild or webhook that it names first. */
export type RateLimit = (route: Route, body: unknown) => Passed;

export function createRateLimit(clock: Clock, own: Limits): RateLimit {
  const limits = { ...usual, ...own };
  const windows = new Map<string, { left: number; until: number }>();

  function take(key: string, [most, ms]: Limit): { readonly left: number; readonly until: number; readonly over: boolean } {
    const now = clock.now();
    const known = windows.get(key);
    const window = known !== undefined && known.until > now ? known : { left: most, until: now + ms };
    windows.set(key, window);
    const over = window.left <= 0;
    if (!over) window.left -= 1;
    return { ...window, over };
  }

  return (route, body) => {
    const name = route.operation === "editChannel" && typeof Object(body).name === "string" ? "rename" : route.operation;
    const interaction = ["callback", "followUp", "readFollowUp", "editFollowUp", "deleteFollowUp", "download"].includes(name);
    const all = interaction || limits.global === undefined ? undefined : take("global", limits.global);
    if (all?.over) return { headers: { "x-ratelimit-global": "true" }, wait: seconds(all.until, clock), scope: "global" };
    const limit = limits[name];
    if (limit === undefined) return { headers: {}, wait: undefined, scope: "user" };
    const { channel, guild, token, application } = route.names;
    const { left, until, over } = take(`${name} ${channel ?? guild ?? token ?? application ?? ""}`, limit);
    const headers = {
      "x-ratelimit-limit": String(limit[0]),
      "x-ratelimit-remaining": String(left),
      "x-ratelimit-reset": (until / 1_000).toFixed(3),
      "x-ratelimit-reset-after": String(seconds(until, clock)),
      "x-ratelimit-bucket": toBucket(name),
    };
    return { headers, wait: over ? seconds(until, clock) : undefined, scope: "user" };
  };
}

function seconds(until: number, clock: Clock): number {
  return Math.max(0.001, Number(((until - clock.now()) / 1_000).toFixed(3)));
}

function toBucket(name: string): string {
  return Buffer.from(`bucket ${name}`).toString("hex").padEnd(32, "0").slice(0, 32);
}
