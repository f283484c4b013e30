import bolt, { type App, type Receiver } from "@slack/bolt";
import type { Log } from "../../src/log.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { HttpRoute, RawRequest, RawResponse } from "../../src/model/http.ts";
import type { SlackConfig } from "./config.ts";
import type { Identity } from "./identity.ts";
import { asObject, isForUs, type Payload, parsePayload } from "./payload.ts";
import { isFromSlack } from "./verify.ts";
import { clientOptions, mute } from "./web.ts";

const bodyLimit = 1024 * 1024;

/** The door for Slack's requests, with Bolt behind it to find the listeners. */
export interface Door {
  readonly route: HttpRoute;
  /** For registering listeners, before the door is opened. */
  readonly app: App;
  /** From now on events are taken; before and after they are answered with 503, so that Slack sends them again. */
  open(): Promise<void>;
  /** Resolves when the last request is answered. */
  close(): Promise<void>;
}

export interface DoorOptions {
  readonly config: SlackConfig;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: () => Identity;
}

export function createDoor(options: DoorOptions): Door {
  const { config, clock, log } = options;
  const app = new bolt.App({
    receiver: passive,
    // Bolt needs to know who we are, not our token: it calls nobody.
    authorize: async () => {
      const { team, botUser, botId } = options.identity();
      return { teamId: team, botUserId: botUser, ...(botId && { botId }) };
    },
    deferInitialization: true,
    convoStore: false,
    clientOptions: clientOptions(config.apiUrl, options.fetch),
    logger: mute,
  });
  let isOpen = false;
  const pending = new Set<Promise<RawResponse>>();

  const handle = async (request: RawRequest): Promise<RawResponse> => {
    const { headers, body } = request;
    const signed = { body, timestamp: headers["x-slack-request-timestamp"], signature: headers["x-slack-signature"] };
    if (!isFromSlack(signed, config.signingSecret, clock.now())) return { status: 401 };
    const payload = parsePayload(headers["content-type"], body);
    if (!payload) return { status: 400 };
    const plain = answerAtOnce(payload, log);
    if (plain) return plain;
    if (!isOpen) return { status: 503 };
    if (!isForUs(payload, options.identity())) {
      // Sending it again would change nothing, so Slack is not asked to.
      log.warn({ team: idOf(payload.team_id), app: idOf(payload.api_app_id) }, "event of another workspace or app: refused");
      return { status: 200 };
    }
    return dispatch(app, payload, headers["x-slack-retry-num"], log);
  };

  return {
    app,
    route: {
      method: "POST",
      path: "/slack/events",
      bodyLimit,
      async handle(request) {
        const answer = handle(request);
        pending.add(answer);
        return answer.finally(() => pending.delete(answer));
      },
    },
    async open() {
      await app.init();
      isOpen = true;
    },
    async close() {
      isOpen = false;
      await Promise.allSettled(pending);
    },
  };
}

/** 200 with the listeners' answer once all of them are through; 503 when one of them failed. */
async function dispatch(app: App, body: Payload, retry: string | undefined, log: Log): Promise<RawResponse> {
  let answer: unknown;
  const retryNum = retry === undefined ? {} : { retryNum: Number(retry) };
  try {
    await app.processEvent({
      body,
      ...retryNum,
      ack: async (response) => {
        answer = response ?? answer;
      },
    });
  } catch (err) {
    log.error({ err, type: kindOf(body) }, "slack event not committed: slack is asked to send it again");
    return { status: 503 };
  }
  if (answer === undefined) return { status: 200 };
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(answer) };
}

/** What Slack asks of the door itself. https://docs.slack.dev/reference/events/url_verification */
function answerAtOnce(payload: Payload, log: Log): RawResponse | undefined {
  if (payload.type === "url_verification") {
    return { status: 200, headers: { "content-type": "text/plain" }, body: typeof payload.challenge === "string" ? payload.challenge : "" };
  }
  if (payload.type === "app_rate_limited") {
    log.error({ minute: payload.minute_rate_limited }, "slack withholds events: the app gets too many of them");
    return { status: 200 };
  }
  return payload.ssl_check === "1" || isHollow(payload) ? { status: 200 } : undefined;
}

/** Without what Bolt takes for granted. Sending it again would not fill it. */
function isHollow(payload: Payload): boolean {
  if (payload.type === "event_callback") return !asObject(payload.event);
  return payload.type === "block_actions" && !(Array.isArray(payload.actions) && asObject(payload.actions[0]));
}

/** The HTTP server is not Bolt's: it has nothing to start or stop. */
const passive: Receiver = { init: () => undefined, start: async () => undefined, stop: async () => undefined };

function kindOf(payload: Payload): unknown {
  return asObject(payload.event)?.type ?? payload.type ?? "command";
}

function idOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, 40) : undefined;
}
