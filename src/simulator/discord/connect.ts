import { randomBytes } from "node:crypto";
import { greeting, identifySchema, readFrame, refusalOf, resumeSchema } from "./handshake.ts";
import { type Connection, dispatch, type Hub, isOver, type Session, sendControl, sendFrame } from "./session.ts";

/** Docs: gateway opcodes. */
const ops = { heartbeat: 1, identify: 2, presence: 3, voice: 4, resume: 6, members: 8, invalid: 9, hello: 10, beatHeard: 11 } as const;

/** Docs: gateway close event codes. */
const closings = {
  unknownOp: [4001, "Unknown opcode."],
  unreadable: [4002, "Error while decoding payload."],
  notAuthenticated: [4003, "Not authenticated."],
  badToken: [4004, "Authentication failed."],
  alreadyAuthenticated: [4005, "Already authenticated."],
  badSequence: [4007, "Invalid seq."],
  tooMuch: [4008, "Rate limited."],
  timedOut: [4009, "Session timed out."],
} as const;

function close({ socket }: Connection, why: keyof typeof closings): void {
  const [code, word] = closings[why];
  socket.close(code, word);
}

/** Says hello. Whoever does not send its heartbeat from then on is cut off. */
export function greet(hub: Hub, connection: Connection): void {
  connection.beatAt = hub.realm.clock.now();
  sendControl(connection, ops.hello, { heartbeat_interval: hub.heartbeatMs });
  void watch(hub, connection);
}

async function watch({ realm, heartbeatMs, connections, signal }: Hub, connection: Connection): Promise<void> {
  while (connections.has(connection) && !signal.aborted) {
    await realm.clock.sleep(heartbeatMs, signal);
    if (realm.clock.now() - connection.beatAt > 2 * heartbeatMs) close(connection, "timedOut");
  }
}

/** What a client sends: more than 120 frames in a minute are too many (docs: gateway rate limiting). */
export function hear(hub: Hub, connection: Connection, raw: string): void {
  const frame = readFrame(raw);
  if (frame === undefined) return close(connection, "unreadable");
  const now = hub.realm.clock.now();
  connection.heard = [...connection.heard.filter((at) => now - at < 60_000), now];
  if (connection.heard.length > 120) return close(connection, "tooMuch");
  const { op, d } = frame;
  switch (op) {
    case ops.heartbeat:
      connection.beatAt = now;
      hub.counters.heartbeats += 1;
      if (hub.paused !== "everything") sendControl(connection, ops.beatHeard, null);
      return;
    case ops.identify:
    case ops.resume:
      if (connection.session !== undefined) return close(connection, "alreadyAuthenticated");
      return op === ops.identify ? identify(hub, connection, d) : resume(hub, connection, d);
    case ops.presence:
    case ops.voice:
    case ops.members:
      return connection.session === undefined ? close(connection, "notAuthenticated") : undefined;
    default:
      return close(connection, "unknownOp");
  }
}

/** Begins a session of its own; there may be several at a time, and each is told everything. */
function identify(hub: Hub, connection: Connection, d: unknown): void {
  const { realm, counters, sessions } = hub;
  const asked = identifySchema.safeParse(d);
  if (!asked.success) return close(connection, "unreadable");
  const refusal = refusalOf(realm, asked.data);
  const now = realm.clock.now();
  if (refusal !== undefined || now - hub.lastIdentify < hub.identifyMs) {
    counters.refusals += 1;
    return refusal === undefined ? sendControl(connection, ops.invalid, false) : connection.socket.close(...refusal);
  }
  hub.lastIdentify = now;
  counters.identifies += 1;
  const id = randomBytes(16).toString("hex");
  const session: Session = { id, intents: asked.data.intents, sent: [], held: [], socket: connection.socket, lastSeen: now };
  sessions.set(id, session);
  connection.session = session;
  for (const { name, data } of greeting(realm, session)) dispatch(hub, session, name, data);
}

/** Sends again what came after the number that the client knows, and then RESUMED. */
function resume(hub: Hub, connection: Connection, d: unknown): void {
  const { realm, counters, sessions } = hub;
  const asked = resumeSchema.safeParse(d);
  if (!asked.success) return close(connection, "unreadable");
  const { token, session_id, seq } = asked.data;
  if (token !== realm.app.token) return close(connection, "badToken");
  const session = sessions.get(session_id);
  if (session === undefined || isOver(hub, session)) {
    counters.refusals += 1;
    return sendControl(connection, ops.invalid, false);
  }
  if (seq > session.sent.length) return close(connection, "badSequence");
  counters.resumes += 1;
  session.socket?.close(4000, "Another connection took over.");
  session.socket = connection.socket;
  connection.session = session;
  session.held.length = 0;
  for (const frame of session.sent.slice(seq)) sendFrame(connection.socket, frame);
  dispatch(hub, session, "RESUMED", {});
}

/** A client that says goodbye cannot come back to its session; one that is cut off can (docs: gateway disconnects). */
export function leave({ realm, connections, sessions }: Hub, connection: Connection, code: number): void {
  connections.delete(connection);
  const { session, socket } = connection;
  if (session === undefined || session.socket !== socket) return;
  session.socket = undefined;
  session.lastSeen = realm.clock.now();
  if (code === 1000 || code === 1001) sessions.delete(session.id);
}
