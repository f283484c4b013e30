import type { WebSocket } from "ws";
import { type Dispatch, intents } from "./events.ts";
import { bot } from "./message.ts";
import { may } from "./permissions.ts";
import type { Realm } from "./realm.ts";

/** A frame of the gateway (docs: gateway event payload structure). */
export interface Frame {
  readonly op: number;
  readonly d: unknown;
  readonly s: number | null;
  readonly t: string | null;
}

/** What a client began with IDENTIFY. It outlives its connections for a while, and keeps what it sent. */
export interface Session {
  readonly id: string;
  readonly intents: number;
  readonly sent: Frame[];
  /** Numbered and not yet on the wire, while the gateway is paused. */
  readonly held: Frame[];
  socket: WebSocket | undefined;
  /** When its connection was lost; milliseconds since 1970. */
  lastSeen: number;
}

/** A connection before and after its client has said who it is. */
export interface Connection {
  readonly socket: WebSocket;
  session: Session | undefined;
  beatAt: number;
  /** When its last frames came. */
  heard: readonly number[];
}

export interface GatewayCounters {
  connections: number;
  identifies: number;
  resumes: number;
  /** Resumes and identifications that were refused. */
  refusals: number;
  heartbeats: number;
}

/** What is true of the gateway now. */
export interface Hub {
  readonly realm: Realm;
  readonly heartbeatMs: number;
  readonly resumeMs: number;
  readonly identifyMs: number;
  readonly signal: AbortSignal;
  readonly sessions: Map<string, Session>;
  readonly connections: Set<Connection>;
  readonly counters: GatewayCounters;
  lastIdentify: number;
  /** New connections are closed at once with this code. */
  refused: number | undefined;
  paused: "events" | "everything" | undefined;
}

/** Numbers an event and sends it, or keeps it for a resume while nobody is connected. */
export function dispatch({ paused }: Hub, session: Session, t: string, d: unknown): void {
  const frame: Frame = { op: 0, d, s: session.sent.length + 1, t };
  session.sent.push(frame);
  if (paused !== undefined) session.held.push(frame);
  else if (session.socket) sendFrame(session.socket, frame);
}

/** Whether this session is told of an event: by its intents, and by what the bot can see. */
export function hears({ realm }: Hub, session: Session, { intent, channel }: Dispatch): boolean {
  if (intent !== 0 && (session.intents & intent) === 0) return false;
  return channel === undefined || may(realm, channel, bot, "viewChannel");
}

export function readsContent({ realm }: Hub, session: Session): boolean {
  return realm.app.messageContent && (session.intents & intents.messageContent) !== 0;
}

/** Whether it can be resumed no more. */
export function isOver({ realm, resumeMs }: Hub, session: Session): boolean {
  return session.socket === undefined && realm.clock.now() - session.lastSeen > resumeMs;
}

export function sendFrame(socket: WebSocket, frame: Frame): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
}

/** A frame that is no event. */
export function sendControl({ socket }: Connection, op: number, d: unknown): void {
  sendFrame(socket, { op, d, s: null, t: null });
}
