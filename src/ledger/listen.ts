import pg from "pg";
import { z } from "zod";
import type { Log } from "../log.ts";
import type { Clock } from "../model/clock.ts";
import { queues } from "../model/ledger.ts";
import { clientConfig, toSilenceMs } from "./postgres.ts";
import type { Wake } from "./wake.ts";

/** As `notify` of the PostgreSQL engine writes it: who, which queue, due in how many milliseconds. */
const payload = z.tuple([z.string(), z.enum(queues), z.number()]);

const firstDelayMs = 100;
const maxDelayMs = 5_000;

interface ListenOptions {
  readonly url: string;
  readonly channel: string;
  /** What this process says itself it has heard already. */
  readonly instance: string;
  readonly wake: Wake;
  readonly clock: Clock;
  readonly log: Log;
}

/** Hears what other processes commit, on a connection of its own that comes back by itself. Resolves when it listens for the first time. */
export async function listen(options: ListenOptions): Promise<{ close(): Promise<void> }> {
  const closing = new AbortController();
  const first = Promise.withResolvers<void>();
  const running = keepListening(options, closing.signal, first.resolve);
  await first.promise;
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

async function keepListening(options: ListenOptions, signal: AbortSignal, started: () => void): Promise<void> {
  let delayMs = firstDelayMs;
  while (!signal.aborted) {
    try {
      await listenOnce(options, signal, () => {
        delayMs = firstDelayMs;
        started();
        // What was said while nobody listened is lost.
        options.wake.all();
      });
    } catch (err) {
      options.log.warn({ err, delayMs }, "listening for other processes broke");
    }
    // Without this connection the polling floor carries on.
    started();
    await options.clock.sleep(delayMs, signal);
    delayMs = Math.min(delayMs * 2, maxDelayMs);
  }
}

/** Returns when the signal is aborted, rejects when the connection breaks. */
async function listenOnce(
  { url, channel, instance, wake, clock }: ListenOptions,
  signal: AbortSignal,
  listening: () => void,
): Promise<void> {
  const client = new pg.Client(clientConfig(url));
  // The connection proves that it lives, well before its silence would end it.
  const pingMs = toSilenceMs(url) / 3;
  const broken = new AbortController();
  let reason: Error | undefined;
  client.on("error", (error) => {
    reason = error;
    broken.abort();
  });
  client.on("end", () => broken.abort());
  client.on("notification", (notification) => {
    const said = toSaid(notification.payload);
    if (said && said[0] !== instance) wake.due({ queue: said[1], delayMs: said[2] });
  });
  try {
    await client.connect();
    await client.query(`listen ${channel}`);
    listening();
    const over = AbortSignal.any([signal, broken.signal]);
    while (!over.aborted) {
      await clock.sleep(pingMs, over);
      if (!over.aborted) await client.query("select 1");
    }
    if (!signal.aborted) throw reason ?? new Error("the connection ended");
  } finally {
    await client.end().catch(() => undefined); // it may be broken already, which is why we are here
  }
}

function toSaid(text: string | undefined): z.infer<typeof payload> | undefined {
  try {
    return payload.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined; // somebody else speaks on our channel
  }
}
