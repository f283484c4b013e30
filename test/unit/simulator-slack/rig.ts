import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { Clock } from "../../../src/model/clock.ts";
import { createSlackSimulator, type SlackSimulator, type SlackSimulatorOptions } from "../../../src/simulator/slack/simulator.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { readonly ok?: boolean; readonly error?: string; readonly ts?: string };
}

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly body: { readonly event_id?: string; readonly event?: Readonly<Record<string, unknown>> };
}

/** `cut`: the connection is closed without an answer. `silent`: it stays open. */
export type Status = number | "cut" | "silent";

/** A simulator, a bare caller of its Web API, and a bare app that keeps what it is sent. */
export interface Rig extends AsyncDisposable {
  readonly slack: SlackSimulator;
  readonly received: Received[];
  /** Calls with the right token, form-encoded as the SDK does it. */
  call(method: string, args?: Record<string, unknown>): Promise<Answer>;
  /** What the app answers from now on; 200 in the beginning. */
  answer(next: (nth: number) => Status): void;
  events(type: string): Readonly<Record<string, unknown>>[];
}

export async function createRig(options: SlackSimulatorOptions = {}): Promise<Rig> {
  const slack = await createSlackSimulator({ retryDelaysMs: [0, 5, 5], ...options });
  const received: Received[] = [];
  let statusFor = (_nth: number): Status => 200;
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString();
    received.push({ headers: request.headers, raw, body: raw.startsWith("{") ? JSON.parse(raw) : {} });
    const status = statusFor(received.length);
    if (status === "cut") request.socket.destroy();
    else if (status !== "silent") response.writeHead(status).end();
  });
  slack.target(`${await listen(server)}/slack/events`);
  return {
    slack,
    received,
    call: (method, args = {}) => callApi(slack, method, args),
    answer(next) {
      statusFor = next;
    },
    events: (type) => received.flatMap(({ body }) => (body.event?.type === type ? [body.event] : [])),
    async [Symbol.asyncDispose]() {
      await slack.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function callApi(slack: SlackSimulator, method: string, args: Record<string, unknown>): Promise<Answer> {
  const fields = Object.entries(args).map(([key, value]): [string, string] => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const response = await fetch(slack.config.apiUrl + method, {
    method: "POST",
    headers: { authorization: `Bearer ${slack.config.botToken}` },
    body: new URLSearchParams(fields),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

/** A clock that stands still until it is moved; sleeping ends when its time has come. */
export function createFakeClock(start = 1_800_000_000_000): Clock & { move(ms: number): void } {
  let now = start;
  let sleepers: { until: number; wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        sleepers.push({ until: now + ms, wake: resolve });
        signal?.addEventListener("abort", () => resolve(), { once: true });
      }),
    after(ms, callback) {
      const sleeper = { until: now + ms, wake: callback };
      sleepers.push(sleeper);
      return () => {
        sleepers = sleepers.filter((one) => one !== sleeper);
      };
    },
    move(ms) {
      now += ms;
      const due = sleepers.filter(({ until }) => until <= now);
      sleepers = sleepers.filter(({ until }) => until > now);
      for (const { wake } of due) wake();
    },
  };
}
