import type { Clock } from "../../model/clock.ts";
import { systemClock } from "../../model/clock.ts";
import { type Acts, createActs, hasStopButton } from "./acts.ts";
import { type Call, createApi } from "./api.ts";
import { isRecord } from "./arguments.ts";
import { type Bend, httpLine, type SendOptions, sendOnce } from "./deliver.ts";
import { toEnvelope } from "./events.ts";
import { createFaults, type Fault, type Wrong } from "./fault.ts";
import { createFileStore } from "./files.ts";
import { createRateLimit } from "./limits.ts";
import type { Attempt, Payload } from "./line.ts";
import type { Desk } from "./method.ts";
import { createPost, type Post } from "./post.ts";
import { createResponseUrls } from "./response.ts";
import { startServer } from "./server.ts";
import { createSessions, type ThreadStatus } from "./sessions.ts";
import { deliveryIdOf, type Shown, type ShownPrivately, type ShownThread, show, showPrivately, showThread } from "./show.ts";
import { createSockets, type SocketDesk } from "./sockets.ts";
import {
  addChannel,
  addPerson,
  type Channel,
  type ChannelSpec,
  createWorkspace,
  directMessage,
  type Person,
  type PersonSpec,
  type Workspace,
} from "./workspace.ts";

export interface SlackSimulatorOptions {
  /** 0, the default, takes any free one. */
  readonly port?: number;
  readonly clock?: Clock;
  /** How long a stream lives; five minutes unless said otherwise, as at Slack. */
  readonly streamLifeMs?: number;
  /** Waits before an event is sent again; Slack waits 0, 1 and 5 minutes. */
  readonly retryDelaysMs?: readonly number[];
  /** How long an answer to an event may take; Slack waits three seconds. */
  readonly answerMs?: number;
  /** Events, commands and clicks go over sockets that the app opens, instead of signed requests to it. */
  readonly socketMode?: boolean;
  /** How long after its word of leave a socket is closed; Slack waits about ten seconds. */
  readonly leaveMs?: number;
  /** Slack's documented rate limits, answered with 429. Off unless asked for. */
  readonly rateLimits?: boolean;
  /** Added to, or taking the place of, the people and channels that are there anyway. */
  readonly people?: readonly PersonSpec[];
  readonly channels?: readonly ChannelSpec[];
}

/**
 * A Slack workspace on loopback: a strict Web API, signed events, people who act, and faults on demand.
 * It starts with the people UANN and UBEN in the public channel C1 and the private channel G1, the app (UBOT) in both.
 */
export interface SlackSimulator extends Acts, Pick<Post, "disturb" | "release" | "settled"> {
  /** For `slack` in the bridge's configuration: with a signing secret, or with an app-level token in Socket Mode. */
  readonly config: { readonly botToken: string; readonly signingSecret?: string; readonly appToken?: string; readonly apiUrl: string };
  /** Where signed requests go. */
  target(url: string | undefined): void;
  /** The sockets of Socket Mode. */
  readonly sockets: SocketDesk;
  readonly url: string;
  /** The state itself, to look into and to change: scopes, events, people, channels. */
  readonly workspace: Workspace;
  addPerson(spec: PersonSpec): Person;
  addChannel(spec: ChannelSpec): Channel;
  /** The id of the direct message between a person and the app. */
  direct(user: string): string;

  /**
   * Sends any body once, as Slack would sign it; hostile tests bend it. A text is sent as it is, anything else as JSON. In Socket Mode the
   * body, an object, goes into an envelope.
   */
  deliver(body: unknown, bend?: Bend): Promise<Attempt>;
  /** An envelope around any event, for `deliver`. */
  envelope(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;

  fault(fault: Fault): void;
  /** The whole Web API goes wrong until it is called again without argument. */
  outage(wrong?: Wrong): void;
  clearFaults(): void;
  /** Every open stream dies now. */
  expireStreams(): void;

  /** What is seen in a thread now. */
  thread(channel: string, threadTs: string): ShownThread;
  /** The roots of a channel, oldest first. */
  channel(channel: string): readonly Shown[];
  /** What single persons were shown in a channel outside threads. */
  privately(channel: string): readonly ShownPrivately[];
  status(channel: string, threadTs: string): ThreadStatus & { readonly stopButton: boolean };
  /** A file that stands in the workspace, as `Shown.files` names it. */
  file(id: string): { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array } | undefined;
  /** Calls of the Web API so far, oldest first; with them the requests `upload` and `download` of a file's bytes. */
  calls(method?: string): readonly Call[];
  /** How many messages stand in the workspace for each delivery id. */
  deliveries(): ReadonlyMap<string, number>;
  /** Calls back after each change; returns the way to stop it. */
  onChange(callback: () => void): () => void;
  /** Ends everything; what is under way is given up. */
  stop(): Promise<void>;
}

export async function createSlackSimulator(options: SlackSimulatorOptions = {}): Promise<SlackSimulator> {
  const watchers = new Set<() => void>();
  const clock = options.clock ?? systemClock;
  const changed = () => {
    for (const watcher of watchers) watcher();
  };
  const workspace = createWorkspace({
    clock,
    streamLifeMs: options.streamLifeMs ?? 300_000,
    changed,
    socketMode: options.socketMode ?? false,
  });
  settle(workspace, options);
  const stopping = new AbortController();
  const send: SendOptions = {
    clock,
    secret: workspace.app.signingSecret,
    retryDelaysMs: options.retryDelaysMs ?? [0, 500, 2000],
    answerMs: options.answerMs ?? 3000,
    signal: stopping.signal,
  };
  const sockets = createSockets({ workspace, answerMs: send.answerMs, leaveMs: options.leaveMs ?? 1_000, signal: stopping.signal });
  let url: string | undefined;
  const post = createPost(workspace, options.socketMode ? sockets.line : httpLine(send, () => url), send);
  const desk: Desk = {
    workspace,
    sessions: createSessions(workspace),
    tell: (happening) => void post.tell(happening),
    openConnection: sockets.open,
  };
  const faults = createFaults();
  const rateLimit = options.rateLimits ? createRateLimit(clock) : undefined;
  const api = createApi({ desk, faults, rateLimit, signal: stopping.signal });
  const responses = createResponseUrls(desk);
  const files = createFileStore({ workspace, faults, note: api.note, signal: stopping.signal });
  const server = await startServer({ workspace, api, files, responses, port: options.port ?? 0 });
  sockets.attach(server);

  return {
    ...createActs({ desk, post, responses }),
    ...lookAt(desk),
    target(next) {
      url = next;
    },
    sockets,
    disturb: post.disturb,
    release: post.release,
    settled: post.settled,
    config: toConfig(workspace),
    url: workspace.address,
    workspace,
    addPerson: (spec) => addPerson(workspace, spec),
    addChannel: (spec) => addChannel(workspace, spec),
    direct: (user) => directMessage(workspace, user).id,
    async deliver(body, bend) {
      if (options.socketMode) return sockets.line.send(toPayload(body));
      if (url === undefined) throw new Error("the simulator has no target for events");
      return sendOnce(send, url, typeof body === "string" ? body : JSON.stringify(body), bend);
    },
    envelope: (event) => toEnvelope(workspace, event),
    fault: faults.add,
    outage: faults.outage,
    clearFaults: faults.clear,
    calls: (method) => api.calls.filter((call) => method === undefined || call.method === method),
    onChange(callback) {
      watchers.add(callback);
      return () => watchers.delete(callback);
    },
    async stop() {
      stopping.abort();
      post.release();
      await post.settled();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function toConfig({ app, address }: Workspace): SlackSimulator["config"] {
  const way = app.socketMode ? { appToken: app.appToken } : { signingSecret: app.signingSecret };
  return { botToken: app.token, ...way, apiUrl: `${address}/api/` };
}

function toPayload(body: unknown): Payload {
  if (!isRecord(body)) throw new Error("an envelope holds an object");
  return { type: body.type === "event_callback" || body.event !== undefined ? "events_api" : "interactive", body };
}

function settle(workspace: Workspace, { people = [], channels = [] }: SlackSimulatorOptions): void {
  addPerson(workspace, { id: "UANN", name: "Ann Archer", email: "ann@acme.test" });
  addPerson(workspace, { id: "UBEN", name: "Ben Baker", email: "ben@acme.test" });
  for (const spec of people) addPerson(workspace, spec);
  addChannel(workspace, { id: "C1", name: "helpdesk" });
  addChannel(workspace, { id: "G1", name: "private-matters", kind: "private" });
  for (const spec of channels) addChannel(workspace, spec);
}

type Looking = Pick<SlackSimulator, "expireStreams" | "thread" | "channel" | "privately" | "status" | "file" | "deliveries">;

function lookAt(desk: Desk): Looking {
  const { workspace, sessions } = desk;
  const all = () => [...workspace.messages.values()].flat();
  return {
    expireStreams() {
      for (const { stream } of all()) if (stream?.state === "open") stream.state = "expired";
      workspace.changed();
    },
    thread: (channel, threadTs) => showThread(workspace, channel, threadTs),
    channel: (channel) =>
      (workspace.messages.get(channel) ?? []).filter(({ threadTs }) => threadTs === undefined).map((message) => show(workspace, message)),
    privately: (channel) => showPrivately(workspace, channel, undefined),
    status: (channel, threadTs) => ({ ...sessions.look(channel, threadTs), stopButton: hasStopButton(desk, channel, threadTs) }),
    file: (id) => workspace.files.get(id),
    deliveries() {
      const counts = new Map<string, number>();
      for (const message of all()) {
        const id = deliveryIdOf(message);
        if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      return counts;
    },
  };
}
