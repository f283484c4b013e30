import type { WebSocket } from "ws";
import { greet, hear, leave } from "./connect.ts";
import type { Dispatch } from "./events.ts";
import {
  type Connection,
  dispatch,
  type GatewayCounters,
  type Hub,
  hears,
  isOver,
  readsContent,
  sendControl,
  sendFrame,
} from "./session.ts";

/** What goes wrong with the gateway. */
export interface GatewayControls {
  /** Those that can still be resumed, the connected ones included. */
  sessions(): readonly { readonly id: string; readonly connected: boolean; readonly seq: number; readonly intents: number }[];
  /** Ends every connection with this close code; without one the network is cut. */
  disconnect(code?: number): void;
  /** Asks every client to connect again and resume (op 7). */
  reconnect(): void;
  /** Tells every client that its session is over (op 9), and forgets it unless it is resumable. */
  invalidate(options?: { readonly resumable?: boolean }): void;
  /** Forgets the sessions without a word: what happens from then on is lost, and a resume is refused. */
  forget(): void;
  /** Tells every session its last event once more, under a new number. */
  repeat(): void;
  /** New connections are closed at once with this code, until it is called without one. */
  refuse(code?: number): void;
  /** Events are held back; with `everything`, heartbeats are not answered either, nor are new connections greeted. */
  pause(what?: "events" | "everything"): void;
  resume(): void;
}

export interface Gateway {
  readonly controls: GatewayControls;
  readonly counters: Readonly<GatewayCounters>;
  attach(socket: WebSocket, path: string): void;
  tell(event: Dispatch): void;
  stop(): void;
}

/** `heartbeatMs`, `resumeMs` (how long a session can be resumed) and `identifyMs` (between two identifications) are in milliseconds. */
export type GatewayOptions = Pick<Hub, "realm" | "heartbeatMs" | "resumeMs" | "identifyMs" | "signal"> & {
  readonly violation: (words: string) => void;
};

/** The gateway (docs: gateway, connections), in front of a realm. */
export function createGateway({ violation, ...options }: GatewayOptions): Gateway {
  const hub: Hub = {
    ...options,
    sessions: new Map(),
    connections: new Set(),
    counters: { connections: 0, identifies: 0, resumes: 0, refusals: 0, heartbeats: 0 },
    lastIdentify: Number.NEGATIVE_INFINITY,
    refused: undefined,
    paused: undefined,
  };
  return {
    controls: createControls(hub),
    counters: hub.counters,
    attach(socket, path) {
      const query = new URL(path, "ws://discord.test").searchParams;
      if (query.get("v") !== "10" || query.get("encoding") !== "json") violation(`a gateway connection to ${path}`);
      attach(hub, socket);
    },
    tell(event) {
      for (const session of hub.sessions.values()) {
        if (isOver(hub, session)) hub.sessions.delete(session.id);
        else if (hears(hub, session, event)) dispatch(hub, session, event.name, event.data(readsContent(hub, session)));
      }
    },
    stop() {
      for (const { socket } of hub.connections) socket.terminate();
    },
  };
}

function attach(hub: Hub, socket: WebSocket): void {
  hub.counters.connections += 1;
  const connection: Connection = { socket, session: undefined, beatAt: 0, heard: [] };
  hub.connections.add(connection);
  socket.on("close", (code) => leave(hub, connection, code));
  socket.on("error", () => undefined); // a close follows
  socket.on("message", (raw) => hear(hub, connection, raw.toString()));
  if (hub.refused !== undefined) socket.close(hub.refused);
  else if (hub.paused !== "everything") greet(hub, connection);
}

function createControls(hub: Hub): GatewayControls {
  const { sessions, connections } = hub;
  const tellAll = (op: number, d: unknown) => {
    for (const connection of connections) if (connection.session !== undefined) sendControl(connection, op, d);
  };
  return {
    sessions: () =>
      [...sessions.values()].map(({ id, socket, sent, intents }) => ({ id, connected: socket !== undefined, seq: sent.length, intents })),
    disconnect(code) {
      for (const { socket } of connections) {
        if (code === undefined) socket.terminate();
        else socket.close(code);
      }
    },
    reconnect: () => tellAll(7, null),
    invalidate({ resumable = false } = {}) {
      if (!resumable) sessions.clear();
      tellAll(9, resumable);
    },
    forget: () => sessions.clear(),
    repeat() {
      for (const session of sessions.values()) {
        const last = session.sent.findLast(({ t }) => t !== "RESUMED");
        if (last?.t) dispatch(hub, session, last.t, last.d);
      }
    },
    refuse(code) {
      hub.refused = code;
    },
    pause(what = "events") {
      hub.paused = what;
    },
    resume() {
      const ungreeted = hub.paused === "everything" ? [...connections].filter(({ session }) => session === undefined) : [];
      hub.paused = undefined;
      for (const { held, socket } of sessions.values()) for (const frame of held.splice(0)) if (socket) sendFrame(socket, frame);
      for (const connection of ungreeted) greet(hub, connection);
    },
  };
}
