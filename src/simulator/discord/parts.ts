import type { Server } from "node:http";
import { type Clock, systemClock } from "../../model/clock.ts";
import type { Desk } from "./desk.ts";
import { createFaults, type Faults } from "./fault.ts";
import { createGateway, type Gateway } from "./gateway.ts";
import { settle } from "./guild.ts";
import { gatewayUrl } from "./handshake.ts";
import { createInteractions } from "./interactions.ts";
import { createRateLimit, type Limits } from "./limits.ts";
import { createRealm, type PersonSpec, type Realm } from "./realm.ts";
import { createRest, type Rest } from "./rest.ts";
import { startServer } from "./server.ts";

export interface DiscordSimulatorOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly token?: string;
  /** The portal's switch for reading what people write; on unless said otherwise. */
  readonly messageContent?: boolean;
  /** There from the beginning, with the staff's role in the guild. */
  readonly people?: readonly PersonSpec[];
  /** 41.25 seconds unless said otherwise, as at Discord. Who is silent for two of them is cut off. */
  readonly heartbeatMs?: number;
  /** How long a session can be resumed after its connection is gone; three minutes unless said otherwise. */
  readonly resumeMs?: number;
  /** How far apart identifications must be. Five seconds at Discord; none unless said otherwise. */
  readonly identifyMs?: number;
  /** "The past few minutes" of the documentation; five minutes unless said otherwise. */
  readonly nonceWindowMs?: number;
  /** How long the bot has to answer an interaction; three seconds unless said otherwise, as at Discord. */
  readonly ackMs?: number;
  /** How long the token of an interaction lives; fifteen minutes unless said otherwise, as at Discord. */
  readonly tokenLifeMs?: number;
  /** How long links to files live; a day unless said otherwise. */
  readonly linkLifeMs?: number;
  /** How often a message older than an hour may be edited; no limit unless said otherwise. */
  readonly oldEdits?: number;
  /** Bytes of one file; 10 MiB unless said otherwise, as at Discord. */
  readonly fileLimit?: number;
  /** Counts calls and answers with the headers of buckets, or 429. Off unless asked for; single limits can be set. */
  readonly rateLimits?: true | Limits;
  /** Whether message events tell the type of their channel, which Discord documents as optional; they do unless said otherwise. */
  readonly tellsChannelType?: boolean;
}

/** What a simulator is made of. */
export interface Parts {
  readonly realm: Realm;
  readonly desk: Desk;
  readonly gateway: Gateway;
  readonly faults: Faults;
  readonly rest: Rest;
  readonly violations: readonly string[];
  readonly signal: AbortSignal;
  stop(): Promise<void>;
}

/** Starts all of it; `changed` hears of every change. */
export async function createParts(options: DiscordSimulatorOptions, changed: () => void): Promise<Parts> {
  const { clock = systemClock, rateLimits } = options;
  const violations: string[] = [];
  const violation = (words: string) => void violations.push(words);
  const realm = createRealm({
    clock,
    changed,
    token: options.token ?? "MTAwMDAwMDAwMDAwMDAwMDA5.simulated.bot-token",
    messageContent: options.messageContent ?? true,
    linkLifeMs: options.linkLifeMs ?? 86_400_000,
    tellsChannelType: options.tellsChannelType ?? true,
  });
  settle(realm, options.people ?? []);
  const stopping = new AbortController();
  const { signal } = stopping;
  const gateway = createGateway({
    realm,
    heartbeatMs: options.heartbeatMs ?? 41_250,
    resumeMs: options.resumeMs ?? 180_000,
    identifyMs: options.identifyMs ?? 0,
    violation,
    signal,
  });
  const desk: Desk = {
    realm,
    interactions: createInteractions(realm, options.ackMs ?? 3_000, options.tokenLifeMs ?? 900_000),
    nonceWindowMs: options.nonceWindowMs ?? 300_000,
    oldEdits: options.oldEdits ?? Number.POSITIVE_INFINITY,
    fileLimit: options.fileLimit ?? 10 * 1024 * 1024,
    tell: gateway.tell,
    violation,
  };
  const faults = createFaults();
  const rateLimit = rateLimits === undefined ? undefined : createRateLimit(clock, rateLimits === true ? {} : rateLimits);
  const left = () => ({ url: gatewayUrl(realm), left: 1_000 - gateway.counters.identifies });
  const rest = createRest({ desk, faults, rateLimit, signal, gateway: left });
  const server = await startServer({ realm, rest, gateway, port: options.port ?? 0 });
  const stop = async () => {
    stopping.abort();
    gateway.stop();
    await close(server);
  };
  return { realm, desk, gateway, faults, rest, violations, signal, stop };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
