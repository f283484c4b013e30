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
  /** When it was last connected; milliseconds since 1970. */
  lastSeen: number;
}

/** Numbers an event and sends it, or keeps it for a resume while nobody is connected. */
export function dispatch(session: Session, t: string, d: unknown, paused: boolean): void {
  const frame: Frame = { op: 0, d, s: session.sent.length + 1, t };
  session.sent.push(frame);
  if (paused) session.held.push(frame);
  else if (session.socket) sendFrame(session.socket, frame);
}

/** Whether this session is told of an event: by its intents, and by what the bot can see. */
export function hears(realm: Realm, session: Session, { intent, channel }: Dispatch): boolean {
  if (intent !== 0 && (session.intents & intent) === 0) return false;
  return channel === undefined || may(realm, channel, bot, "viewChannel");
}

export function readsContent(realm: Realm, session: Session): boolean {
  return realm.app.messageContent && (session.intents & intents.messageContent) !== 0;
}

export function sendFrame(socket: WebSocket, frame: Frame): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
}
