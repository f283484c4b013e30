import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import { ConfigError, DeliveryError } from "../../src/model/errors.ts";
import type { OpenSocket } from "../../src/model/socket.ts";
import { type Connection, connect, NotGreeted, type Over } from "./connection.ts";
import { slackErrorName } from "./errors.ts";
import type { Intake } from "./intake.ts";
import type { Web } from "./web.ts";

/** Two, so that a refresh, a broken line or a dead socket is no gap. Slack allows ten for an app. */
const places = 2;
const firstWaitMs = 500;
const longestWaitMs = 30_000;
/** A connection that lived this long was a good one: the next is tried at once. */
const goodMs = 10_000;
/** So often in a row, with no socket at all, "too many" is believed: somebody else holds all ten. */
const patience = 6;

/** The sockets to Slack. */
export interface Sockets {
  /**
   * Resolves when the first attempts have ended. Rejects with a ConfigError when Slack refuses the token; a network that fails is tried
   * on and on instead, and told by `connected`.
   */
  start(): Promise<void>;
  /** Whether at least one of them is connected. */
  connected(): boolean;
  /** Acknowledges what is being taken, and closes. */
  stop(): Promise<void>;
}

export interface SocketsOptions {
  /** With the app-level token. */
  readonly web: Web;
  readonly apiUrl: string;
  readonly openSocket: OpenSocket;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly log: Log;
  /** The app cannot be used any more. */
  readonly fail: (problem: ConfigError) => void;
}

export function createSockets(options: SocketsOptions): Sockets {
  const { clock, log } = options;
  const live = new Set<Connection>();
  const ending = new AbortController();
  const { signal } = ending;
  let running: readonly Promise<void>[] = [];

  const connectOnce = async (): Promise<Connection> => {
    const url = await askForAddress(options, signal);
    const connection = await connect(url, { ...options, take: options.intake.take }, signal);
    live.add(connection);
    void connection.closed.then(() => live.delete(connection));
    return connection;
  };

  /** Undefined when the sockets are being closed, or when the app is dead, which is told. */
  const connectPatiently = async (failed: number, last?: unknown): Promise<Connection | undefined> => {
    let error = last;
    for (let attempt = failed; !signal.aborted; attempt += 1) {
      if (attempt > 0) await clock.sleep(toWait(attempt, error), signal);
      if (signal.aborted) break;
      try {
        return await connectOnce();
      } catch (err) {
        error = err;
        const dead = toDeath(err, attempt + 1 >= patience && live.size === 0);
        if (dead && !signal.aborted) {
          options.fail(dead);
          return undefined;
        }
        if (!signal.aborted) log.warn({ err, attempt: attempt + 1, connected: live.size }, "no socket to slack: it is tried again");
      }
    }
    return undefined;
  };

  /** Keeps one place filled: the next connection is there before the last one is left. */
  const keep = async (first: Connection | undefined, problem: unknown): Promise<void> => {
    let current = first ?? (await connectPatiently(1, problem));
    const left = new Set<Promise<void>>();
    while (current && !signal.aborted) {
      const why = await Promise.race([current.over, aborted(signal)]);
      if (why === undefined) break;
      log.info({ why, connected: live.size }, "socket to slack: another one is needed");
      if (why.kind === "disabled") return options.fail(switchedOff);
      const previous: Connection = current;
      current = await connectPatiently(isGood(why, previous, clock.now()) ? 0 : 1);
      const leaving = previous.leave().finally(() => left.delete(leaving));
      left.add(leaving);
    }
    await Promise.all([...left, current?.leave()]);
  };

  return {
    async start() {
      const attempts = await Promise.allSettled(Array.from({ length: places }, connectOnce));
      const problems = attempts.flatMap((attempt): unknown[] => (attempt.status === "rejected" ? [attempt.reason] : []));
      const dead = problems.map((problem) => toDeath(problem, false)).find((death) => death !== undefined);
      if (dead) {
        ending.abort();
        throw dead;
      }
      for (const err of problems) log.warn({ err, connected: live.size }, "no socket to slack: it is tried again");
      running = attempts.map((attempt) =>
        attempt.status === "fulfilled" ? keep(attempt.value, undefined) : keep(undefined, attempt.reason),
      );
    },
    connected: () => live.size > 0,
    async stop() {
      ending.abort();
      await Promise.all([...live].map((connection) => connection.leave()));
      await Promise.all(running);
    },
  };
}

/** Each address is good for one connection. https://docs.slack.dev/reference/methods/apps.connections.open */
async function askForAddress({ web, apiUrl }: SocketsOptions, signal: AbortSignal): Promise<string> {
  const { url } = await web.call("apps.connections.open", "read", {}, signal);
  const scheme = apiUrl.startsWith("https:") ? "wss:" : "ws:";
  if (url === undefined || !URL.canParse(url) || new URL(url).protocol !== scheme) {
    throw new DeliveryError("unavailable", `apps.connections.open: the answer holds no ${scheme} address`);
  }
  return url;
}

/** Slack took leave of, or the line of, a connection that had worked: there is nothing to wait for. */
function isGood(why: Over, connection: Connection, now: number): boolean {
  return why.kind === "refresh" || (why.kind === "lost" && now - connection.since >= goodMs);
}

/** Doubles from half a second up, spread so that several bridges do not come at once; or as long as Slack asks. */
function toWait(attempt: number, error: unknown): number {
  const asked = error instanceof DeliveryError ? error.retryAfterMs : undefined;
  const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1));
  return asked ?? wait * (0.75 + Math.random() / 2);
}

const switchedOff = new ConfigError(
  "slack.appToken: Socket Mode was switched off for this app. Switch it on under Settings > Socket Mode, or remove slack.appToken and set slack.signingSecret.",
);

/** What no further attempt can mend. `exhausted`: there is no socket, and there were many attempts. */
function toDeath(error: unknown, exhausted: boolean): ConfigError | undefined {
  if (error instanceof NotGreeted && error.why === "disabled") return switchedOff;
  if (error instanceof NotGreeted) return exhausted ? tooMany(error) : undefined;
  if (!(error instanceof DeliveryError) || error.kind !== "refused") return undefined;
  const name = slackErrorName(error);
  if (name === undefined)
    return new ConfigError(`slack.apiUrl: ${error.message}. Put the address of Slack's Web API there, or leave it out.`);
  const scope = name === "missing_scope" ? " It needs the scope connections:write." : "";
  return new ConfigError(
    `slack.appToken: Slack refuses it (${name}).${scope} Make an app-level token under Basic Information > App-Level Tokens and put it there; it begins with xapp-.`,
    { cause: error },
  );
}

function tooMany(cause: Error): ConfigError {
  return new ConfigError(
    "slack.appToken: Slack says too_many_websockets: an app has ten sockets at most, and each bridge holds two. Stop the other processes that use this app-level token.",
    { cause },
  );
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
