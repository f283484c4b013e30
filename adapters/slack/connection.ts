import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import { DeliveryError } from "../../src/model/errors.ts";
import type { OpenSocket, Socket } from "../../src/model/socket.ts";
import { parseSocketMessage, type SocketMessage, toAck } from "./envelope.ts";
import type { Intake } from "./intake.ts";

/** Why another connection is needed. Only after `refresh` is this one still good. */
export type Over =
  | { readonly kind: "refresh"; readonly reason: string }
  | { readonly kind: "lost"; readonly code: number }
  /** More than ten sockets are open for this app, in this process and elsewhere. */
  | { readonly kind: "tooMany" }
  /** Somebody turned Socket Mode off. */
  | { readonly kind: "disabled" };

/** One socket that Slack has greeted. */
export interface Connection {
  /** When Slack greeted, in milliseconds since 1970. */
  readonly since: number;
  /** Resolves once, with the first reason to look for another connection. */
  readonly over: Promise<Over>;
  /** Resolves when the socket is closed, by whomever. */
  readonly closed: Promise<void>;
  /** Acknowledges what is being taken, then closes. */
  leave(): Promise<void>;
}

export interface ConnectionOptions {
  readonly openSocket: OpenSocket;
  readonly take: Intake["take"];
  readonly clock: Clock;
  readonly log: Log;
}

const helloMs = 10_000;
/** Slack pings every few seconds, too: a line on which nothing is heard for this long is dead, whatever the system says. */
const silentMs = 25_000;
const pingMs = 8_000;
/** A commit that takes longer is acknowledged by nobody; Slack sends the event again. */
const leaveMs = 5_000;

/** Slack opened a socket only to say no. */
export class NotGreeted extends Error {
  override readonly name = "NotGreeted";
  readonly why: "tooMany" | "disabled";
  constructor(why: "tooMany" | "disabled") {
    super(why === "tooMany" ? "too_many_websockets" : "link_disabled");
    this.why = why;
  }
}

/**
 * Connects to an address that Slack gave for one connection. Resolves when Slack has greeted; what it sends is taken from then on and
 * acknowledged when it is committed. Rejects with NotGreeted or a DeliveryError. The signal ends the attempt; what has come of it is
 * ended by `leave`.
 */
export async function connect(url: string, options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
  const { clock } = options;
  const own = new AbortController();
  const greeted = Promise.withResolvers<"hello">();
  const over = Promise.withResolvers<Over>();
  const closed = Promise.withResolvers<void>();
  const underWay = new Set<Promise<void>>();
  let heardAt = clock.now();

  const hear = (message: SocketMessage, socket: Socket) => {
    if (message.kind === "hello") greeted.resolve("hello");
    else if (message.kind === "disconnect") over.resolve(toOver(message.reason));
    else {
      const taken = takeAndAck(message, socket, options).finally(() => underWay.delete(taken));
      underWay.add(taken);
    }
  };

  const early: SocketMessage[] = [];
  let opened: Socket | undefined;
  const listener = {
    message(text: string) {
      const message = parseSocketMessage(text);
      if (message && opened) hear(message, opened);
      else if (message) early.push(message);
    },
    heard() {
      heardAt = clock.now();
    },
    closed(code: number) {
      over.resolve({ kind: "lost", code });
      own.abort();
      closed.resolve();
    },
  };
  const giveUp = () => own.abort();
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  const socket = await options.openSocket(url, listener, own.signal).catch((cause: unknown) => {
    throw toConnectError(cause);
  });
  opened = socket;
  for (const message of early) hear(message, socket);

  const late = clock.sleep(helloMs, own.signal).then(() => "late" as const);
  const first = await Promise.race([greeted.promise, over.promise, late]);
  signal.removeEventListener("abort", giveUp);
  if (first !== "hello") {
    socket.cut();
    throw toGreetingError(first);
  }
  void watch(socket, () => clock.now() - heardAt, clock, own.signal);

  return {
    since: clock.now(),
    over: over.promise,
    closed: closed.promise,
    async leave() {
      const waited = new AbortController();
      await Promise.race([Promise.allSettled([...underWay]), closed.promise, clock.sleep(leaveMs, waited.signal)]);
      waited.abort();
      socket.close();
      await closed.promise;
    },
  };
}

/** Nothing that was not committed is acknowledged, so Slack sends it again, on this socket or another. */
async function takeAndAck(
  envelope: Extract<SocketMessage, { kind: "envelope" }>,
  socket: Socket,
  { take, log }: ConnectionOptions,
): Promise<void> {
  const { id, payload, retry, wantsAnswer } = envelope;
  if (!payload) log.warn({}, "slack sent something that cannot be read: dropped");
  const taken = payload ? await take(payload, retry) : ({ kind: "taken" } as const);
  if (taken.kind === "taken") socket.send(toAck(id, wantsAnswer ? taken.answer : undefined));
}

function toOver(reason: string): Over {
  if (reason === "link_disabled") return { kind: "disabled" };
  return reason === "too_many_websockets" ? { kind: "tooMany" } : { kind: "refresh", reason };
}

/** Cuts a line on which nothing is heard any more. */
async function watch(socket: Socket, silence: () => number, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    socket.ping();
    await clock.sleep(pingMs, signal);
    if (silence() > silentMs) socket.cut();
  }
}

function toConnectError(cause: unknown): DeliveryError {
  const blocked = cause instanceof Error && "code" in cause && cause.code === "EBLOCKED";
  if (blocked)
    return new DeliveryError("refused", "Slack's socket: the address is not allowed (see outbound.allowPrivateNetworks)", { cause });
  return new DeliveryError("unavailable", "Slack's socket cannot be opened", { cause });
}

function toGreetingError(why: Over | "late"): Error {
  if (why === "late") return new DeliveryError("unavailable", "Slack's socket says nothing");
  if (why.kind === "tooMany" || why.kind === "disabled") return new NotGreeted(why.kind);
  return new DeliveryError("unavailable", "Slack's socket was closed before it was ready");
}
