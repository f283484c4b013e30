import bolt, { type App, LogLevel, type Receiver } from "@slack/bolt";
import type { Log } from "../../src/log.ts";
import type { SlackConfig } from "./config.ts";
import type { Identity } from "./identity.ts";
import { asObject, isForUs, type Payload } from "./payload.ts";

/** What became of a payload. `later`: nothing was committed, so Slack is to send it again. */
export type Taken = { readonly kind: "taken"; readonly answer?: unknown } | { readonly kind: "later" };

/** Where payloads go whatever way they came, with Bolt behind it to find the listeners. */
export interface Intake {
  /** For registering listeners, before it is opened. */
  readonly app: App;
  /** From now on payloads are taken; before and after they are to come later. */
  open(): Promise<void>;
  /** Resolves when every listener is through. Never rejects. */
  take(payload: Payload, retry?: number): Promise<Taken>;
  /** Resolves when the last payload is taken. */
  close(): Promise<void>;
}

export interface IntakeOptions {
  readonly config: Pick<SlackConfig, "apiUrl">;
  readonly fetch: typeof fetch;
  readonly log: Log;
  readonly identity: () => Identity;
}

export function createIntake(options: IntakeOptions): Intake {
  const { config, log } = options;
  const app = new bolt.App({
    receiver: passive,
    // Bolt needs to know who we are, not our token: it calls nobody.
    authorize: async () => {
      const { team, botUser, botId } = options.identity();
      return { teamId: team, botUserId: botUser, ...(botId && { botId }) };
    },
    deferInitialization: true,
    convoStore: false,
    clientOptions: { slackApiUrl: config.apiUrl, fetch: options.fetch },
    logger: mute,
  });
  let isOpen = false;
  const pending = new Set<Promise<Taken>>();

  const decide = async (payload: Payload, retry: number | undefined): Promise<Taken> => {
    if (isForNobody(payload, log)) return { kind: "taken" };
    if (!isOpen) return { kind: "later" };
    if (!isForUs(payload, options.identity())) {
      // Sending it again would change nothing, so Slack is not asked to.
      log.warn({ team: idOf(payload.team_id), app: idOf(payload.api_app_id) }, "event of another workspace or app: refused");
      return { kind: "taken" };
    }
    return dispatch(app, payload, retry, log);
  };

  return {
    app,
    async open() {
      await app.init();
      isOpen = true;
    },
    async take(payload, retry) {
      const taken = decide(payload, retry);
      pending.add(taken);
      return taken.finally(() => pending.delete(taken));
    },
    async close() {
      isOpen = false;
      await Promise.allSettled(pending);
    },
  };
}

/** Taken with the listeners' answer once all of them are through; to come later when one of them failed. */
async function dispatch(app: App, body: Payload, retryNum: number | undefined, log: Log): Promise<Taken> {
  let answer: unknown;
  try {
    await app.processEvent({
      body,
      ...(retryNum !== undefined && { retryNum }),
      ack: async (response) => {
        answer = response ?? answer;
      },
    });
  } catch (err) {
    log.error({ err, type: kindOf(body) }, "slack event not committed: slack is asked to send it again");
    return { kind: "later" };
  }
  return answer === undefined ? { kind: "taken" } : { kind: "taken", answer };
}

function isForNobody(payload: Payload, log: Log): boolean {
  if (payload.type === "app_rate_limited") {
    log.error({ minute: payload.minute_rate_limited }, "slack withholds events: the app gets too many of them");
    return true;
  }
  return isHollow(payload);
}

/** Without what Bolt takes for granted. Sending it again would not fill it. */
function isHollow(payload: Payload): boolean {
  if (payload.type === "event_callback") return !asObject(payload.event);
  return payload.type === "block_actions" && !(Array.isArray(payload.actions) && asObject(payload.actions[0]));
}

/** The SDK's log lines hold message text; what matters in them comes back as an error. */
const mute = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** Neither the HTTP server nor the sockets are Bolt's: it has nothing to start or stop. */
const passive: Receiver = { init: () => undefined, start: async () => undefined, stop: async () => undefined };

function kindOf(payload: Payload): unknown {
  return asObject(payload.event)?.type ?? payload.type ?? "command";
}

function idOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, 40) : undefined;
}
