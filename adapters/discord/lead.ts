import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import { ConfigError, DeliveryError } from "../../src/model/errors.ts";
import type { Lease, Leases } from "../../src/model/lease.ts";
import type { Connection } from "./gateway.ts";

/** Holds the gateway while this process has the right to: two that listen would both get every event. */
export interface Lead {
  /**
   * Resolves when this process listens, or when another one does. Rejects with a ConfigError when it could never listen; that the gateway
   * is away is no such reason.
   */
  start(): Promise<void>;
  isListening(): boolean;
  /** Whether another process listens, for all we know. */
  isWaiting(): boolean;
  /** Resolves when nothing is listened to any more and the right is given back. */
  stop(): Promise<void>;
}

export interface LeadOptions {
  readonly leases: Leases;
  /** Of the right: one for each bot. */
  readonly name: string;
  readonly connect: () => Promise<Connection>;
  /** What only an admin can mend, once it is started. */
  readonly fail: (problem: ConfigError) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Between two looks whether the right has become free. */
const lookEveryMs = 1_000;
const firstPauseMs = 2_000;
const longestPauseMs = 60_000;

export function createLead({ leases, name, connect, fail, clock, log }: LeadOptions): Lead {
  const ending = new AbortController();
  let started = false;
  let waiting = false;
  let connection: Connection | undefined;
  let running: Promise<void> | undefined;

  /** One connection, from its beginning to its end. Resolves to why it ended. */
  const listen = async (lease: Lease, onOpen: () => void): Promise<Error | undefined> => {
    connection = await connect();
    onOpen();
    log.info({}, "discord is connected");
    const over = AbortSignal.any([ending.signal, lease.signal]);
    const why = await Promise.race([connection.ended, aborted(over)]);
    await connection.close();
    connection = undefined;
    return why;
  };

  /** Connections one after another, as long as the right lasts. The first failure decides whether the start fails. */
  const lead = async (lease: Lease, onOpen: () => void, onFailure: (error: unknown) => void) => {
    for (let tries = 0; !ending.signal.aborted && !lease.signal.aborted; tries++) {
      const opened = () => {
        tries = 0;
        onOpen();
      };
      const why = await listen(lease, opened).catch((error: unknown) => {
        onFailure(error);
        return error;
      });
      if (why === undefined || ending.signal.aborted) return;
      if (why instanceof ConfigError && started) fail(why);
      const pause = why instanceof ConfigError ? longestPauseMs : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 10));
      const pauseMs = (why instanceof DeliveryError ? why.retryAfterMs : undefined) ?? pause;
      // What only an admin can mend is told where the start, or the bridge, ends.
      if (!(why instanceof ConfigError)) log.error({ err: why, pauseMs }, "discord is not connected: messages are read later");
      await clock.sleep(pauseMs, AbortSignal.any([ending.signal, lease.signal]));
    }
  };

  const take = () =>
    leases.take(name).catch((err: unknown) => {
      log.warn({ err }, "the store does not say who listens to discord");
      return undefined;
    });

  const run = async (first: Lease | undefined, onOpen: () => void, onFailure: (error: unknown) => void) => {
    for (let lease = first; !ending.signal.aborted; lease = await take()) {
      waiting = lease === undefined;
      if (lease) {
        await lead(lease, onOpen, onFailure);
        await lease.release();
      }
      await clock.sleep(lookEveryMs, ending.signal);
    }
  };

  return {
    async start() {
      const first = await take();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      running = run(first, resolve, (error) => (error instanceof ConfigError ? reject(error) : resolve()));
      if (!first) {
        log.info({}, "another process listens to discord: this one takes over when it is gone");
        resolve();
      }
      await promise;
      started = true;
    },
    isWaiting: () => waiting,
    isListening: () => connection?.isListening() ?? false,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
