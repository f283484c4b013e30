import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { isRecord } from "./arguments.ts";
import type { Attempt, Line, Payload, Retry } from "./line.ts";
import type { Workspace } from "./workspace.ts";

/** Why Slack takes leave of a socket. */
export type DisconnectReason = "warning" | "refresh_requested" | "link_disabled";

/** The sockets that the app holds, and what can happen to them. */
export interface SocketDesk {
  /** Sockets that were greeted and are open. A frozen one counts: Slack does not know. */
  count(): number;
  /** Sockets that were ever greeted. */
  greeted(): number;
  /** Envelopes that were sent so far, sent again included, by how many came to each socket in the order of their greeting. */
  load(): readonly number[];
  /** Takes leave of the oldest socket, or of all of them: says why, and closes a little later. */
  disconnect(reason: DisconnectReason, which?: "oldest" | "all"): void;
  /** Breaks the line without a word. */
  drop(which?: "oldest" | "all"): void;
  /** The oldest socket, or all of them, is dead from now on although it looks open: nothing comes and nothing goes. */
  freeze(which?: "oldest" | "all"): void;
  /** Sockets are opened and never greeted, until called again with false. */
  mute(silent: boolean): void;
}

export interface SocketsOptions {
  readonly workspace: Workspace;
  /** How long an acknowledgement may take. */
  readonly answerMs: number;
  /** How long after its word of leave a socket is closed; Slack waits about ten seconds. */
  readonly leaveMs: number;
  readonly signal: AbortSignal;
}

/** Socket Mode (docs: using Socket Mode): up to ten connections, each event to one of them, sent again where it is not acknowledged. */
export interface Sockets extends SocketDesk {
  readonly line: Line;
  /** An address for one connection, also where Socket Mode is off: whoever connects is told. */
  open(): string;
  attach(server: Server): void;
  close(): void;
}

interface Held {
  readonly socket: WebSocket;
  readonly waiting: Map<string, (answer: unknown) => void>;
  load: number;
  leaving: boolean;
  frozen: boolean;
}

const limit = 10;
const pingMs = 5_000;

export function createSockets({ workspace, answerMs, leaveMs, signal }: SocketsOptions): Sockets {
  const { app, clock } = workspace;
  const server = new WebSocketServer({ noServer: true });
  const tickets = new Set<string>();
  const everyone: Held[] = [];
  let isMute = false;

  const open = () => everyone.filter(({ socket }) => socket.readyState === WebSocket.OPEN);
  const chosen = (which: "oldest" | "all") => (which === "all" ? open() : open().slice(0, 1));

  function greet(socket: WebSocket): void {
    const refusal = app.socketMode ? (open().length >= limit ? "too_many_websockets" : undefined) : "link_disabled";
    if (refusal !== undefined) {
      say(socket, { type: "disconnect", reason: refusal, debug_info: { host: "simulator" } });
      return socket.close();
    }
    const held: Held = { socket, waiting: new Map(), load: 0, leaving: false, frozen: false };
    everyone.push(held);
    socket.on("message", (data) => hear(held, String(data)));
    socket.on("error", () => undefined); // whoever sends nonsense is cut by the library, and `close` follows
    const pings = setInterval(() => held.frozen || socket.ping(), pingMs);
    socket.on("close", () => {
      clearInterval(pings);
      for (const give of held.waiting.values()) give(undefined);
    });
    const connection_info = { app_id: app.id };
    if (!isMute)
      say(socket, { type: "hello", num_connections: open().length, connection_info, debug_info: { approximate_connection_time: 18_060 } });
  }

  /** Sends one envelope over the next socket in turn. */
  async function send(payload: Payload, retry: Retry | undefined): Promise<Attempt> {
    const held = pick();
    if (held === undefined) return { status: 0, headers: {}, body: "no_connection" };
    const id = randomUUID();
    const acked = new Promise<unknown>((resolve) => held.waiting.set(id, resolve));
    held.load += 1;
    const again = retry && { retry_attempt: retry.number, retry_reason: retry.reason };
    const accepts_response_payload = payload.type !== "events_api";
    const envelope = { envelope_id: id, type: payload.type, payload: payload.body, accepts_response_payload, ...again };
    if (!held.frozen) say(held.socket, envelope);
    const over = new AbortController();
    const late = clock.sleep(answerMs, AbortSignal.any([over.signal, signal])).then(() => undefined);
    const answer = await Promise.race([acked, late]);
    over.abort();
    held.waiting.delete(id);
    if (!isRecord(answer)) return { status: 0, headers: {}, body: "timeout" };
    return { status: 200, headers: {}, body: answer.payload === undefined ? "" : JSON.stringify(answer.payload) };
  }

  /** The one that had the least so far, and rather one that stays. */
  function pick(): Held | undefined {
    const [next] = open().toSorted((a, b) => Number(a.leaving) - Number(b.leaving) || a.load - b.load);
    return next;
  }

  return {
    line: { isThere: () => true, send },
    open() {
      const ticket = randomUUID();
      tickets.add(ticket);
      return `${workspace.address.replace(/^http/, "ws")}/link/?ticket=${ticket}&app_id=${app.id}`;
    },
    attach(http) {
      http.on("upgrade", (request: IncomingMessage, line: Duplex, head: Buffer) => {
        const ticket = new URL(request.url ?? "/", "http://slack.test").searchParams.get("ticket") ?? "";
        // Each address is good for one connection.
        if (!tickets.delete(ticket)) return line.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
        server.handleUpgrade(request, line, head, greet);
      });
    },
    close() {
      for (const { socket } of everyone) socket.terminate();
      server.close();
    },
    count: () => open().length,
    greeted: () => everyone.length,
    load: () => everyone.map(({ load }) => load),
    disconnect(reason, which = "oldest") {
      if (reason === "link_disabled") app.socketMode = false;
      for (const held of chosen(which)) {
        held.leaving = true;
        say(held.socket, { type: "disconnect", reason, debug_info: { host: "simulator" } });
        void clock.sleep(leaveMs, signal).then(() => held.socket.close());
      }
    },
    drop(which = "oldest") {
      for (const { socket } of chosen(which)) socket.terminate();
    },
    freeze(which = "oldest") {
      for (const held of chosen(which)) {
        held.frozen = true;
        held.socket.pause();
      }
    },
    mute(silent) {
      isMute = silent;
    },
  };
}

/** Only acknowledgements are expected. */
function hear(held: Held, text: string): void {
  const message: unknown = JSON.parse(text);
  if (!isRecord(message) || typeof message.envelope_id !== "string") return;
  held.waiting.get(message.envelope_id)?.(message);
}

function say(socket: WebSocket, message: object): void {
  socket.send(JSON.stringify(message));
}
