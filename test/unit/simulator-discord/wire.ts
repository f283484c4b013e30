import { WebSocket } from "ws";
import type { DiscordSimulator } from "../../../src/simulator/discord/simulator.ts";
import { until } from "../../support/until.ts";

export interface Frame {
  readonly op: number;
  readonly d: Readonly<Record<string, unknown>>;
  readonly s: number | null;
  readonly t: string | null;
}

/** A bare connection to the gateway. */
export interface Wire {
  readonly frames: readonly Frame[];
  /** Set once the connection has ended. */
  readonly closed: { code?: number };
  send(op: number, d: unknown): void;
  raw(text: string): void;
  event(name: string): Promise<Frame>;
  frame(op: number): Promise<Frame>;
  /** Ends the connection as a client that crashes does. */
  cut(): void;
  close(code: number): void;
}

export const everything = 37_377;

export function identify({ config }: DiscordSimulator, intents = everything): unknown {
  return { token: config.token, intents, properties: { os: "linux", browser: "test", device: "test" } };
}

export async function openWire(discord: DiscordSimulator, query = "?v=10&encoding=json"): Promise<Wire> {
  const frames: Frame[] = [];
  const closed: { code?: number } = {};
  const socket = new WebSocket(`${discord.url.replace("http", "ws")}/${query}`);
  socket.on("message", (raw) => void frames.push(JSON.parse(raw.toString())));
  socket.on("close", (code) => {
    closed.code = code;
  });
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("open", resolve));
  return {
    frames,
    closed,
    send: (op, d) => socket.send(JSON.stringify({ op, d })),
    raw: (text) => socket.send(text),
    event: (name) => until(() => frames.find(({ t }) => t === name), 10_000, name),
    frame: (op) => until(() => frames.find((one) => one.op === op), 10_000, `op ${op}`),
    cut: () => socket.terminate(),
    close: (code) => socket.close(code),
  };
}

/** A connection that has identified itself, and its session. */
export async function openSession(discord: DiscordSimulator, intents = everything): Promise<Wire & { readonly session: string }> {
  const wire = await openWire(discord);
  wire.send(2, identify(discord, intents));
  const ready = await wire.event("READY");
  return { ...wire, session: String(ready.d.session_id) };
}
