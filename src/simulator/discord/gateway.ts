import { randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import type { Dispatch } from "./events.ts";
import { type Greeting, identifySchema, readFrame, refusalOf, resumeSchema } from "./handshake.ts";
import type { Realm } from "./realm.ts";
import { dispatch, type Frame, hears, readsContent, type Session, sendFrame } from "./session.ts";

/** What goes wrong with the gateway, and what it has seen. */
export interface GatewayControls {
  /** Those that can still be resumed, the connected ones included. */
  sessions(): readonly { readonly id: string; readonly connected: boolean; readonly seq: number; readonly intents: number }[];
  /** Ends every connection with this close code; without one the network is cut. */
  disconnect(code?: number): void;
  /** Asks every client to connect again and resume (op 7). */
  reconnect(): void;
  /** Tells every client that its session is over (op 9), and forgets it unless it is resumable. */
  invalidate(options?: { readonly resumable?: boolean }): void;
  /** Forgets the sessions without a word: what happened meanwhile is lost, and a resume is refused. */
  forget(): void;
  /** New connections are closed at once with this code, until it is called without one. */
  refuse(code?: number): void;
  /** Events are held back; with `everything`, heartbeats are not answered either, nor are new connections greeted. */
  pause(what?: "events" | "everything"): void;
  resume(): void;
}

export interface GatewayCounters {
  connections: number;
  identifies: number;
  resumes: number;
  /** Resumes and identifications that were refused. */
  refusals: number;
  heartbeats: number;
}

export interface Gateway {
  readonly controls: GatewayControls;
  readonly counters: Readonly<GatewayCounters>;
  attach(socket: WebSocket, url: string): void;
  tell(event: Dispatch): void;
  url(): string;
  stop(): void;
}

export interface GatewayOptions {
  readonly realm: Realm;
  readonly greeting: Greeting;
  readonly heartbeatMs: number;
  /** How long a session can be resumed after its connection is gone. */
  readonly resumeMs: number;
  /** How far apart identifications must be; five seconds at Discord. */
  readonly identifyMs: number;
  readonly violation: (words: string) => void;
  readonly signal: AbortSignal;
}

/** A connection before and after its client has said who it is. */
interface Connection {
  readonly socket: WebSocket;
  session: Session | undefined;
  beatAt: number;
  readonly heard: number[];
}

const closing = {
  unknownOp: 4001,
  decode: 4002,
  notAuthenticated: 4003,
  alreadyAuthenticated: 4005,
  badSeq: 4007,
  rate: 4008,
  timedOut: 4009,
};

/** The gateway (docs: gateway, connections). Each identification is a session of its own, and every session hears everything. */
export function createGateway(options: GatewayOptions): Gateway {
  const { realm, signal } = options;
  const sessions = new Map<string, Session>();
  const connections = new Set<Connection>();
  const counters: GatewayCounters = { connections: 0, identifies: 0, resumes: 0, refusals: 0, heartbeats: 0 };
  let refused: number | undefined;
  let paused: "events" | "everything" | undefined;
  let lastIdentify = Number.NEGATIVE_INFINITY;
  const url = () => realm.address.replace("http", "ws");
  const control = (op: number, d: unknown): Frame => ({ op, d, s: null, t: null });

  function greet(connection: Connection): void {
    sendFrame(connection.socket, control(10, { heartbeat_interval: options.heartbeatMs }));
    void watch(connection);
  }

  /** Whoever does not send its heartbeat is cut off. */
  async function watch(connection: Connection): Promise<void> {
    while (connections.has(connection) && !signal.aborted) {
      await realm.clock.sleep(options.heartbeatMs, signal);
      if (realm.clock.now() - connection.beatAt > 2 * options.heartbeatMs) connection.socket.close(closing.timedOut, "Session timed out.");
    }
  }

  function identify(connection: Connection, d: unknown): void {
    const asked = identifySchema.safeParse(d);
    if (!asked.success) return connection.socket.close(closing.decode, "Error while decoding payload.");
    const refusal = refusalOf(realm, asked.data);
    if (refusal !== undefined) {
      counters.refusals += 1;
      return connection.socket.close(...refusal);
    }
    const now = realm.clock.now();
    if (now - lastIdentify < options.identifyMs) {
      counters.refusals += 1;
      return sendFrame(connection.socket, control(9, false));
    }
    lastIdentify = now;
    counters.identifies += 1;
    const id = randomBytes(16).toString("hex");
    const session: Session = { id, intents: asked.data.intents, sent: [], held: [], socket: connection.socket, lastSeen: now };
    sessions.set(id, session);
    connection.session = session;
    for (const { name, data } of options.greeting(session, url())) dispatch(session, name, data, paused !== undefined);
  }

  function resume(connection: Connection, d: unknown): void {
    const asked = resumeSchema.safeParse(d);
    if (!asked.success) return connection.socket.close(closing.decode, "Error while decoding payload.");
    const { token, session_id, seq } = asked.data;
    if (token !== realm.app.token) return connection.socket.close(4004, "Authentication failed.");
    const session = sessions.get(session_id);
    if (session === undefined || isOver(session)) {
      counters.refusals += 1;
      return sendFrame(connection.socket, control(9, false));
    }
    if (seq > session.sent.length) return connection.socket.close(closing.badSeq, "Invalid seq.");
    counters.resumes += 1;
    session.socket?.close(4000, "Another connection took over.");
    session.socket = connection.socket;
    connection.session = session;
    session.held.length = 0;
    for (const frame of session.sent.slice(seq)) sendFrame(connection.socket, frame);
    dispatch(session, "RESUMED", { _trace: [] }, false);
  }

  function isOver(session: Session): boolean {
    return session.socket === undefined && realm.clock.now() - session.lastSeen > options.resumeMs;
  }

  function hear(connection: Connection, raw: string): void {
    const { socket } = connection;
    const frame = readFrame(raw);
    if (frame === undefined) return socket.close(closing.decode, "Error while decoding payload.");
    const now = realm.clock.now();
    connection.heard.push(now);
    if (connection.heard.filter((at) => now - at < 60_000).length > 120) return socket.close(closing.rate, "Rate limited.");
    const { op, d } = frame;
    if (op === 1) {
      connection.beatAt = now;
      counters.heartbeats += 1;
      if (paused !== "everything") sendFrame(socket, control(11, null));
    } else if (op === 2 || op === 6) {
      if (connection.session !== undefined) return socket.close(closing.alreadyAuthenticated, "Already authenticated.");
      if (op === 2) identify(connection, d);
      else resume(connection, d);
    } else if (![3, 4, 8].includes(op)) socket.close(closing.unknownOp, "Unknown opcode.");
    else if (connection.session === undefined) socket.close(closing.notAuthenticated, "Not authenticated.");
  }

  /** A client that says goodbye cannot come back to its session; one that is cut off can. */
  function leave(connection: Connection, code: number): void {
    connections.delete(connection);
    const { session, socket } = connection;
    if (session === undefined || session.socket !== socket) return;
    session.socket = undefined;
    session.lastSeen = realm.clock.now();
    if (code === 1000 || code === 1001) sessions.delete(session.id);
  }

  const connected = () => [...connections].filter(({ session }) => session !== undefined);

  const controls: GatewayControls = {
    sessions: () =>
      [...sessions.values()].map(({ id, socket, sent, intents }) => ({ id, connected: socket !== undefined, seq: sent.length, intents })),
    disconnect(code) {
      for (const { socket } of connections) {
        if (code === undefined) socket.terminate();
        else socket.close(code);
      }
    },
    reconnect() {
      for (const { socket } of connected()) sendFrame(socket, control(7, null));
    },
    invalidate({ resumable = false } = {}) {
      if (!resumable) sessions.clear();
      for (const { socket } of connected()) sendFrame(socket, control(9, resumable));
    },
    forget: () => sessions.clear(),
    refuse(code) {
      refused = code;
    },
    pause(what = "events") {
      paused = what;
    },
    resume() {
      const greeted = paused !== "everything";
      paused = undefined;
      for (const { held, socket } of sessions.values()) for (const frame of held.splice(0)) if (socket) sendFrame(socket, frame);
      if (!greeted) for (const connection of connections) if (connection.session === undefined) greet(connection);
    },
  };

  return {
    controls,
    counters,
    url,
    attach(socket, path) {
      counters.connections += 1;
      const query = new URL(path, "ws://discord.test").searchParams;
      if (query.get("v") !== "10" || query.get("encoding") !== "json") options.violation(`a gateway connection to ${path}`);
      const connection: Connection = { socket, session: undefined, beatAt: realm.clock.now(), heard: [] };
      connections.add(connection);
      socket.on("close", (code) => leave(connection, code));
      socket.on("error", () => undefined); // a close follows
      socket.on("message", (raw) => hear(connection, raw.toString()));
      if (refused !== undefined) socket.close(refused);
      else if (paused !== "everything") greet(connection);
    },
    tell(event) {
      for (const session of sessions.values()) {
        if (isOver(session)) sessions.delete(session.id);
        else if (hears(realm, session, event))
          dispatch(session, event.name, event.data(readsContent(realm, session)), paused !== undefined);
      }
    },
    stop() {
      for (const { socket } of connections) socket.terminate();
    },
  };
}
